"""The methods of a group under the names that h5py and zarr-python 2 have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.group_creation import MemberCreation
from zarr_c.group_listing import MemberListing

if TYPE_CHECKING:
    from collections.abc import Callable

    from zarr_c.array import Array
    from zarr_c.group import Group

__all__ = ["FamiliarNames"]


class FamiliarNames(MemberCreation, MemberListing):
    """What creates and lists members, also under other names; a part of `Group`."""

    __slots__ = ()

    def create_dataset(
        self, name: str, shape: Any = None, dtype: Any = None, data: Any = None, **kwargs: Any
    ) -> Array:
        """Create an array; `create_array` as h5py and zarr-python 2 call it.

        Parameters
        ----------
        name : str
            Name, or path, of the array.
        shape : int or tuple of int, optional
            Its shape, into which `data` are brought; that of `data` by default.
        dtype : dtype-like, optional
            Type of its elements; that of `data`, or float64, by default.
        data : array-like, optional
            Values to write.
        **kwargs
            As of `create_array`.

        Returns
        -------
        Array
            The new array.
        """
        if data is None:
            return self.create_array(name, shape=shape, dtype=dtype, **kwargs)
        if dtype is not None or not hasattr(data, "dtype"):
            data = np.asarray(data, dtype=dtype)
        if shape is not None:
            data = np.reshape(data, shape)
        return self.create_array(name, data=data, **kwargs)

    def require_dataset(
        self, name: str, shape: Any, dtype: Any = None, exact: bool = False, **kwargs: Any
    ) -> Array:
        """The array at a path, created if there is none; `require_array` as h5py calls it.

        Parameters
        ----------
        name, shape, dtype, exact
            As of `require_array`.
        **kwargs
            As of `create_dataset`, for a new array.

        Returns
        -------
        Array
            The array.

        Raises
        ------
        TypeError
            If there is a group, or an array of another shape or type.
        """
        data = kwargs.pop("data", None)
        if data is not None and name not in self:
            return self.create_dataset(name, shape, dtype, data, **kwargs)
        return self.require_array(name, shape=shape, dtype=dtype, exact=exact, **kwargs)

    def array(self, name: str, data: Any, **kwargs: Any) -> Array:
        """Create an array of values; the same as ``create_dataset(name, data=data)``."""
        return self.create_dataset(name, data=data, **kwargs)

    def visititems(self, func: Callable[[str, Array | Group], Any]) -> Any:
        """Call a function with the path and the node of each node below.

        Parameters
        ----------
        func : callable
            Called as ``func(path, node)``, a group before its members, otherwise by name;
            what it returns ends the visit, unless it is None.

        Returns
        -------
        object
            What the function returned last.
        """
        found = sorted(self._descend(None), key=lambda item: item[0].split("/"))
        for path, node in found:
            value = func(path, node)
            if value is not None:
                return value
        return None

    def visit(self, func: Callable[[str], Any]) -> Any:
        """Call a function with the path of each node below; see `visititems`."""
        return self.visititems(lambda path, _: func(path))

    def visitkeys(self, func: Callable[[str], Any]) -> Any:
        """Call a function with the path of each node below; see `visititems`."""
        return self.visit(func)

    def visitvalues(self, func: Callable[[Array | Group], Any]) -> Any:
        """Call a function with each node below; see `visititems`."""
        return self.visititems(lambda _, node: func(node))
