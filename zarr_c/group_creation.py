"""The methods of a group that create its members; each is a function of `arrays.py`, placed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from zarr_c import arrays
from zarr_c.creation import DEFAULT_FILL_VALUE, create_at, parse_shape
from zarr_c.errors import ReadOnlyError
from zarr_c.nodes import below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from zarr_c.array import Array
    from zarr_c.array_config import ArrayConfigLike
    from zarr_c.group import Group
    from zarr_c.metadata.group import GroupMetadata
    from zarr_c.nodes import Metadata
    from zarr_c.storage.path import StorePath

__all__ = ["MemberCreation"]

N = TypeVar("N", "Array", "Group")


class MemberCreation:
    """What creates members; a part of `Group`."""

    __slots__ = ()

    if TYPE_CHECKING:
        _lock: bool | str | None

        @property
        def metadata(self) -> GroupMetadata: ...
        @property
        def store_path(self) -> StorePath: ...
        def __getitem__(self, path: str) -> Array | Group: ...
        def _lists(self, place: StorePath) -> bool: ...
        def _store_snapshot(self) -> None: ...
        def _node(self, place: StorePath, metadata: Metadata) -> Array | Group: ...

    def create_array(
        self,
        name: str,
        *,
        shape: Any = None,
        dtype: Any = None,
        data: Any = None,
        chunks: Any = "auto",
        shards: Any = None,
        filters: Any = "auto",
        compressors: Any = "auto",
        compressor: Any = "auto",
        serializer: Any = "auto",
        fill_value: Any = DEFAULT_FILL_VALUE,
        order: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        chunk_key_encoding: Any = None,
        dimension_names: Iterable[str | None] | None = None,
        storage_options: Mapping[str, Any] | None = None,
        overwrite: bool = False,
        config: ArrayConfigLike | None = None,
        write_data: bool = True,
    ) -> Array:
        """Create an array in the group, of the group's format.

        Parameters
        ----------
        name : str
            Name, or path, of the array.
        compressor : codec, optional
            The only codec of `compressors`, instead of them.
        **others
            As of `zarr_c.create_array`.

        Returns
        -------
        Array
            The new array.

        Raises
        ------
        ContainsArrayError, ContainsGroupError, TypeError, ValueError, ReadOnlyError
            As `zarr_c.create_array`.
        """
        if storage_options:
            raise TypeError(
                "storage_options: the group has its store already, so expected None"
            )
        create = partial(
            create_at,
            shape=shape,
            dtype=dtype,
            data=data,
            chunks=chunks,
            shards=shards,
            filters=filters,
            compressors=_compressors(compressor, compressors),
            serializer=serializer,
            fill_value=fill_value,
            order=order,
            zarr_format=self.metadata.zarr_format,
            attributes=attributes,
            chunk_key_encoding=chunk_key_encoding,
            dimension_names=dimension_names,
            overwrite=overwrite,
            config=config,
            write_data=write_data,
        )
        return self._make(name, overwrite, create)

    create = create_array

    def create_group(
        self,
        name: str,
        *,
        attributes: Mapping[str, Any] | None = None,
        overwrite: bool = False,
    ) -> Group:
        """Create a group in the group, of the same format.

        Parameters
        ----------
        name : str
            Name, or path, of the group; missing groups above it are created.
        attributes : mapping, optional
            User attributes.
        overwrite : bool, default False
            Whether to delete what is stored there.

        Raises
        ------
        ContainsArrayError, ContainsGroupError
            If there is a node and `overwrite` is false, or an array above the place.
        """
        from zarr_c.group import Group

        create = partial(
            Group.from_store,
            attributes=attributes,
            zarr_format=self.metadata.zarr_format,
            overwrite=overwrite,
        )
        return self._make(name, overwrite, create)

    def create_hierarchy(
        self, nodes: Mapping[str, Metadata], *, overwrite: bool = False
    ) -> Iterator[tuple[str, Array | Group]]:
        """Create arrays and groups below the group, and the groups above them.

        Parameters
        ----------
        nodes : mapping of str to ArrayMetadata or GroupMetadata
            The nodes by path in the group, of its format.
        overwrite : bool, default False
            Whether to delete what is stored at and below these paths.

        Returns
        -------
        iterator of (str, Array or Group)
            As of `zarr_c.create_hierarchy`.

        Raises
        ------
        ContainsArrayError, ContainsGroupError, ValueError, TypeError, ReadOnlyError
            As `zarr_c.create_hierarchy`. ValueError also if a node is of another format, or the
            group itself is among them.
        """
        from zarr_c.hierarchies.creating import create_nodes

        version = self.metadata.zarr_format
        places = [self._place_of(path) for path in nodes]  # refuses the group itself
        for path, metadata in nodes.items():
            if getattr(metadata, "zarr_format", version) != version:
                raise ValueError(
                    f"nodes[{path!r}]: expected Zarr format {version}, as the group has, "
                    f"found {metadata.zarr_format}"
                )
        replaces = overwrite and any(self._lists(place) for place in places)
        created = create_nodes(self.store_path, nodes, overwrite)
        if replaces:
            self._store_snapshot()
        return iter([(path, self._node(place, new)) for path, place, new in created])

    def require_group(self, name: str, *, overwrite: bool = False, **kwargs: Any) -> Group:
        """The group at a path, created if there is none.

        Parameters
        ----------
        name : str
            Name, or path, of the group.
        overwrite : bool, default False
            Whether to create it anew in any case.
        **kwargs
            As of `create_group`, for a new group.

        Raises
        ------
        TypeError
            If there is an array.
        """
        from zarr_c.group import Group

        if overwrite:
            return self.create_group(name, overwrite=True, **kwargs)
        try:
            found = self[name]
        except KeyError:
            return self.create_group(name, **kwargs)
        if isinstance(found, Group):
            return found
        raise TypeError(
            f"name {name!r}: expected a group, found an array at {found.store_path}"
        )

    def require_groups(self, *names: str) -> tuple[Group, ...]:
        """The groups at several paths, created where there is none."""
        return tuple(self.require_group(name) for name in names)

    def require_array(
        self,
        name: str,
        *,
        shape: Any,
        dtype: Any = None,
        exact: bool = False,
        config: ArrayConfigLike | None = None,
        **kwargs: Any,
    ) -> Array:
        """The array at a path, created if there is none.

        Parameters
        ----------
        name : str
            Name, or path, of the array.
        shape : int or tuple of int
            Shape that it must have.
        dtype : dtype-like, optional
            Type that its type must be castable to, or equal to if `exact`.
        exact : bool, default False
            Whether the type must be the same.
        config : ArrayConfig or mapping, optional
            Behaviour of the returned array.
        **kwargs
            As of `create_array`, for a new array.

        Raises
        ------
        TypeError
            If there is a group, or an array of another shape or type.
        """
        from zarr_c.group import Group

        try:
            found = self[name]
        except KeyError:
            return self.create_array(name, shape=shape, dtype=dtype, config=config, **kwargs)
        if isinstance(found, Group):
            raise TypeError(f"name {name!r}: expected an array, found a group")
        if found.shape != parse_shape(shape):
            raise TypeError(f"shape: expected {found.shape}, as {name!r} has, found {shape!r}")
        if dtype is not None:
            asked = np.dtype(dtype)
            fits = found.dtype == asked if exact else np.can_cast(found.dtype, asked)
            if not fits:
                raise TypeError(
                    f"dtype: expected {found.dtype}, as {name!r} has, found {asked}"
                )
        return found if config is None else found.with_config(config)

    # ---- filled arrays, with the arguments of `zarr_c.create`

    def empty(self, *, name: str, shape: Any, **kwargs: Any) -> Array:
        """Create an array without content; see `zarr_c.empty`."""
        return self._filled(partial(arrays.empty, shape), name, kwargs)

    def zeros(self, *, name: str, shape: Any, **kwargs: Any) -> Array:
        """Create an array of zeros; see `zarr_c.zeros`."""
        return self._filled(partial(arrays.zeros, shape), name, kwargs)

    def ones(self, *, name: str, shape: Any, **kwargs: Any) -> Array:
        """Create an array of ones; see `zarr_c.ones`."""
        return self._filled(partial(arrays.ones, shape), name, kwargs)

    def full(self, *, name: str, shape: Any, fill_value: Any, **kwargs: Any) -> Array:
        """Create an array of one value; see `zarr_c.full`."""
        return self._filled(partial(arrays.full, shape, fill_value), name, kwargs)

    def empty_like(self, *, name: str, data: Any, **kwargs: Any) -> Array:
        """Create an array without content like another; see `zarr_c.empty_like`."""
        return self._filled(partial(arrays.empty_like, data), name, kwargs)

    def zeros_like(self, *, name: str, data: Any, **kwargs: Any) -> Array:
        """Create an array of zeros like another; see `zarr_c.zeros_like`."""
        return self._filled(partial(arrays.zeros_like, data), name, kwargs)

    def ones_like(self, *, name: str, data: Any, **kwargs: Any) -> Array:
        """Create an array of ones like another; see `zarr_c.ones_like`."""
        return self._filled(partial(arrays.ones_like, data), name, kwargs)

    def full_like(self, *, name: str, data: Any, **kwargs: Any) -> Array:
        """Create an array of one value like another; see `zarr_c.full_like`."""
        return self._filled(partial(arrays.full_like, data), name, kwargs)

    def _filled(
        self, create: Callable[..., Array], name: str, arguments: dict[str, Any]
    ) -> Array:
        arguments = {"zarr_format": self.metadata.zarr_format} | arguments
        return self._make(
            name,
            arguments.get("overwrite", False),
            lambda place: create(**arguments | {"store": place}),
        )

    def _make(self, name: str, overwrite: bool, create: Callable[[StorePath], N]) -> N:
        """Create a member; consolidated metadata must not go on to tell what it replaces."""
        place = self._place_of(name)
        replaces = overwrite and self._lists(place)
        made = create(place)
        if replaces:
            self._store_snapshot()
        return self._locked(made)

    def _locked(self, made: N) -> N:
        """A new member that locks as all members of the group do."""
        from zarr_c.array import Array

        if self._lock is None:
            return made
        if isinstance(made, Array):
            return made if made.config.lock else made.with_config({"lock": self._lock})
        return made._with_lock(self._lock)

    def _place_of(self, name: str) -> StorePath:
        if not isinstance(name, str) or not name.strip("/"):
            raise ValueError(f"name: expected the name of a member, found {name!r}")
        if self.store_path.read_only:
            raise ReadOnlyError(
                f"{self.store_path}: cannot create {name!r}, the store is read-only"
            )
        return below(self.store_path, name, self.metadata.zarr_format)


def _compressors(compressor: Any, compressors: Any) -> Any:
    if isinstance(compressor, str) and compressor == "auto":
        return compressors
    if not (isinstance(compressors, str) and compressors == "auto"):
        raise ValueError("compressor, compressors: expected one of the two, found both")
    return compressor
