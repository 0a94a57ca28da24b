"""Repairing: removing what is provably rubbish, and consolidating again."""

from __future__ import annotations

from operator import ge
from typing import TYPE_CHECKING

from zarr_c import node_changes
from zarr_c.hierarchies.consolidating import consolidate_metadata
from zarr_c.metadata.document import loads
from zarr_c.node_documents import main_document
from zarr_c.storage.path import StorePath

if TYPE_CHECKING:
    from zarr_c.metadata.array import ArrayMetadata
    from zarr_c.verification.hierarchy import Hierarchy
    from zarr_c.verification.report import Finding
    from zarr_c.verification.stored_array import StoredArray

__all__ = ["Repair"]


class Repair:
    """What may be repaired of a hierarchy.

    Parameters
    ----------
    hierarchy : Hierarchy
        What is stored.
    older_than : float
        Age in seconds from which a temporary is left over.
    outside : dict
        Keys of chunks outside of grids, with the arrays whose they are.
    """

    def __init__(
        self, hierarchy: Hierarchy, older_than: float, outside: dict[str, list[StoredArray]]
    ) -> None:
        self._hierarchy, self._older_than, self._outside = hierarchy, older_than, outside
        self._store = hierarchy.place.store
        self._rebuilt: dict[str, str | None] = {}
        self._removed: dict[StoredArray, set[str]] = {}

    def run(self, findings: list[Finding]) -> list[Finding]:
        """Repair what can be; the findings with what has been done about them."""
        self._doubtful = {f.key for f in findings if f.kind in ("metadata", "unreadable")}
        self._missing = [f.key for f in findings if f.kind == "missing"]
        results = list(findings)
        for first in (True, False):  # a stale copy of a shape would keep chunks outside of it
            for i, found in enumerate(findings):
                if (found.kind == "consolidation") is first:
                    results[i] = self._repaired(found)
        return results

    def _repaired(self, found: Finding) -> Finding:
        try:
            action = self._repair(found)
        except Exception as error:
            return found.with_(message=f"{found.message}; not repaired: {error}")
        return found if action is None else found.with_(action=action)

    def _repair(self, found: Finding) -> str | None:
        if found.kind == "temporary":
            removed = self._store._remove_temporary(found.key, self._older_than)
            return "removed" if removed else None
        if found.kind == "orphan" and len(self._outside.get(found.key, ())) == 1:
            (array,) = self._outside[found.key]
            if array not in self._removed:
                self._removed[array] = set()
                self._removed[array] |= self._remove_outside(array)
            return "removed" if found.key in self._removed[array] else None
        if found.kind == "consolidation":
            if found.key not in self._rebuilt:
                self._rebuilt[found.key] = None
                self._rebuilt[found.key] = self._consolidate(found.key)
            return self._rebuilt[found.key]
        return None

    def _consolidate(self, key: str) -> str | None:
        """Consolidate a group again, unless its copy may be all that is left of a node."""
        path, _, name = key.rpartition("/")
        head = f"{path}/" if path else ""
        unseen = [*self._missing, *self._hierarchy.unlistable]
        if any(other.startswith(head) for other in unseen):
            return None
        place = StorePath(self._store, path)
        consolidate_metadata(place, zarr_format=3 if name == "zarr.json" else 2)
        return "consolidated again"

    # ---- chunks that no reader sees, but that would come back when the array grows

    def _remove_outside(self, array: StoredArray) -> set[str]:
        """Remove the chunks outside of an array; the keys of those that are gone.

        Who appends stores chunks first and the shape last, but keeps the array locked.
        """
        place = array.place
        removed: set[str] = set()
        if place.key(main_document(array.metadata)) in self._doubtful:
            return removed
        with node_changes.alone(place, array.metadata):
            fresh = node_changes.read_again(place, array.metadata)
            if not all(self._agrees(up, place, fresh) for up in place.parents):
                return removed
            for key, arrays in self._outside.items():
                if arrays == [array] and self._is_outside(fresh, key[len(place.key("")) :]):
                    self._store.delete(key)
                    removed.add(key)
        return removed

    def _is_outside(self, metadata: ArrayMetadata, name: str) -> bool:
        coords = metadata.chunk_key.decode_chunk_key(name)
        return coords is not None and any(map(ge, coords, metadata.grid_shape))

    def _agrees(self, group: StorePath, place: StorePath, metadata: ArrayMetadata) -> bool:
        """Whether a group above an array has no copy of its metadata with another shape."""
        name = "zarr.json" if metadata.zarr_format == 3 else ".zmetadata"
        data = self._store._get(group.key(name))
        if data is None:
            return True
        document = loads(data, group.key(name))
        path = place.relative_to(group)
        if metadata.zarr_format == 3:
            listed = document.get("consolidated_metadata") or {}
            copy = (listed.get("metadata") or {}).get(path)
        else:
            copy = (document.get("metadata") or {}).get(f"{path}/.zarray")
        return copy is None or copy.get("shape") == [*metadata.shape]
