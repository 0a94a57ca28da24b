"""Fields of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.errors import ArrayIndexError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["field_spans"]

Span = tuple[int, int, int]
"""Where bytes begin in a record, where in an element of the result, and how many they are."""


def field_spans(
    dtype: np.dtype[Any], fields: str | list[str] | None
) -> tuple[np.dtype[Any], list[Span]]:
    """The data type of some fields, and where their bytes lie.

    Parameters
    ----------
    dtype : numpy.dtype
        Of the records.
    fields : str, list of str or None
        One field, records of some, or None for whole elements.

    Returns
    -------
    tuple of numpy.dtype and list of (int, int, int)
        The spans; none for whole elements.

    Raises
    ------
    IndexError
        If `dtype` has no such field.
    """
    if fields is None:
        return dtype, []
    names = [fields] if isinstance(fields, str) else list(fields)
    known: Mapping[str, Any] = dtype.fields or {}
    for name in names:
        if name not in known:
            raise ArrayIndexError(f"fields: expected some of {list(known)}, found {name!r}")
    if not names or len(set(names)) != len(names):
        raise ArrayIndexError(f"fields: expected different names, found {fields!r}")
    if isinstance(fields, str):
        return dtype[fields], [(known[fields][1], 0, dtype[fields].itemsize)]
    some = np.dtype([(name, dtype[name]) for name in names])
    offsets = {name: field[1] for name, field in (some.fields or {}).items()}
    return some, [(known[name][1], offsets[name], dtype[name].itemsize) for name in names]
