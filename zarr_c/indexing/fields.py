"""Fields of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.errors import ArrayIndexError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Fields", "field_spans", "given_fields", "split_fields"]

Fields = str | list[str] | None
"""A field of records, several of them, or whole records."""

Span = tuple[int, int, int]
"""Where bytes begin in a record, where in an element of the result, and how many they are."""


def field_spans(dtype: np.dtype[Any], fields: Fields) -> tuple[np.dtype[Any], list[Span]]:
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


def given_fields(fields: Any) -> Fields:
    """What users give as ``fields``; an empty list stands for whole records.

    Raises
    ------
    ArrayIndexError
        If it is neither a name nor a list of names.
    """
    if fields is None or isinstance(fields, str):
        return fields
    if isinstance(fields, list | tuple) and all(isinstance(name, str) for name in fields):
        return list(fields) or None
    raise ArrayIndexError(f"fields: expected a name or a list of names, found {fields!r}")


def split_fields(selection: Any) -> tuple[Fields, Any]:
    """Take fields, which are strings and lists of strings, out of what stood between brackets.

    Returns
    -------
    tuple
        The fields, and the other items.
    """
    items = selection if isinstance(selection, tuple) else (selection,)
    named = [item for item in items if _is_named(item)]
    if not named:
        return None, selection
    rest = tuple(item for item in items if not _is_named(item))
    if len(named) == 1:
        return named[0], rest
    return [
        name for item in named for name in ([item] if isinstance(item, str) else item)
    ], rest


def _is_named(item: Any) -> bool:
    if isinstance(item, list):
        return bool(item) and all(isinstance(name, str) for name in item)
    return isinstance(item, str)
