"""Chunk key encodings: from the coordinates of a chunk to its key.

``default`` gives ``c/1/2`` and ``v2`` gives ``1.2`` (Zarr v3 core, "Chunk key encoding"); both
take either separator. An array of Zarr v2 uses the encoding named ``v2``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.frozen import Frozen, set_field
from zarr_c.metadata.checks import invalid
from zarr_c.metadata.extension import parse_extension

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ChunkKeyEncoding", "parse"]

FIELD = "chunk_key_encoding"


class ChunkKeyEncoding(Frozen):
    """How the key of a chunk is made, relative to its array.

    Attributes
    ----------
    name : {"default", "v2"}
    separator : {"/", "."}
    """

    __slots__ = ("name", "separator")

    name: str
    separator: str

    def __init__(self, name: str, separator: str) -> None:
        set_field(self, "name", name)
        set_field(self, "separator", separator)

    def key(self, coords: Sequence[int]) -> str:
        """Make the key of the chunk at these grid coordinates.

        An array without dimensions has one chunk: ``c`` by default, ``0`` in v2.
        """
        joined = self.separator.join(map(str, coords))
        if self.name == "v2":
            return joined or "0"
        return f"c{self.separator}{joined}" if joined else "c"

    def to_json(self) -> dict[str, Any]:
        """Write it in full, as every implementation reads it."""
        return {"name": self.name, "configuration": {"separator": self.separator}}


_BY_NAME = {
    (name, separator): ChunkKeyEncoding(name, separator)
    for name in ("default", "v2")
    for separator in ("/", ".")
}
_DEFAULT_SEPARATOR = {"default": "/", "v2": "."}


def parse(spec: Any) -> ChunkKeyEncoding:
    """Read an encoding from a document or from an argument.

    Parameters
    ----------
    spec : dict, str, tuple or ChunkKeyEncoding
        ``{"name": "default", "configuration": {"separator": "/"}}``, the same without the inner
        object (``{"name": "default", "separator": "/"}``), ``"default"``, or ``("default",
        "/")``. Without a separator, ``default`` has ``/`` and ``v2`` has ``.``.

    Raises
    ------
    MetadataValidationError
        If the name or separator is unknown.
    """
    if isinstance(spec, ChunkKeyEncoding):
        return spec
    if isinstance(spec, tuple) and len(spec) == 2:
        name, configuration = spec[0], {"separator": spec[1]}
    elif isinstance(spec, dict) and "separator" in spec and "configuration" not in spec:
        name, configuration = spec.get("name"), {k: v for k, v in spec.items() if k != "name"}
    else:
        name, configuration = parse_extension(FIELD, spec)
        if len(configuration) == 1 and type(configuration.get("separator")) is str:
            found = _BY_NAME.get((name, configuration["separator"]))
            if found is not None:
                return found
    default = _DEFAULT_SEPARATOR.get(name) if isinstance(name, str) else None
    if default is None:
        raise invalid(f"{FIELD}.name", "'default' or 'v2'", name)
    separator = configuration.get("separator", default)
    if separator not in ("/", "."):
        raise invalid(f"{FIELD}.separator", "'/' or '.'", separator)
    if len(configuration) > ("separator" in configuration):
        raise invalid(FIELD, "no configuration but the separator", configuration)
    return _BY_NAME[name, separator]
