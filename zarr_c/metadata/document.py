"""JSON documents as bytes: lenient when reading, strict when writing.

Zarr's documents are JSON in UTF-8 (RFC 8259). Many in the wild are not quite: they start with a
byte order mark, or hold Python's ``NaN`` and ``Infinity``. These are read; they are never
written unless asked for, because other implementations refuse the whole document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from zarr_c.config import config
from zarr_c.errors import MetadataValidationError
from zarr_c.limits import exceeded, expect_within
from zarr_c.metadata.checks import shown

__all__ = ["dumps", "loads"]

_BOM = b"\xef\xbb\xbf"


def _parse_int(token: str) -> int | float:
    return -0.0 if token == "-0" else int(token)


@cache
def _decoder(negative_zero: bool) -> Callable[[str], Any]:
    """What turns text into JSON; made, and `json` imported, when it is first needed."""
    from json import JSONDecoder

    # The hook costs a Python call for every integer, so only documents that need it pay.
    return JSONDecoder(parse_int=_parse_int if negative_zero else None).decode


def loads(data: bytes, key: str) -> dict[str, Any]:
    """Parse a metadata document.

    Parameters
    ----------
    data : bytes
        JSON in UTF-8. A byte order mark and the literals NaN, Infinity and -Infinity are
        accepted; of two equal names the last counts; the integer ``-0`` becomes ``-0.0``, since
        a fill value may be written so.
    key : str
        The key of the document, for errors.

    Raises
    ------
    MetadataValidationError
        If the data is not UTF-8, not JSON, nested too deeply, or not an object.
    LimitError
        If the data is longer than the setting ``limits.metadata_bytes``, or its lists and
        objects are nested more deeply than ``limits.json_depth``.
    """
    expect_within("metadata_bytes", len(data), f"{key}: bytes")
    try:
        text = str(data[3:] if data[:3] == _BOM else data, "utf-8")
    except UnicodeDecodeError as error:
        raise MetadataValidationError(
            f"{key}: expected JSON in UTF-8, found at byte {error.start}: {error.reason}"
        ) from None
    try:
        document = _decoder("-0" in text)(text)
    except RecursionError:
        raise MetadataValidationError(f"{key}: expected JSON, found it too deep") from None
    except ValueError as error:  # says line and column, or that an integer is too long
        raise MetadataValidationError(f"{key}: expected JSON, found: {error}") from None
    if not isinstance(document, dict):
        raise MetadataValidationError(f"{key}: expected a JSON object, found {shown(document)}")
    _expect_shallow(document, data, key)
    return document


def _expect_shallow(document: dict[str, Any], data: bytes, key: str) -> None:
    """Refuse what is nested so deeply that copying or showing it would exhaust the stack."""
    most = config.get("limits.json_depth")
    if data.count(b"[") + data.count(b"{") <= most:  # as of nearly all documents
        return
    level: list[Any] = [document]
    for _ in range(most):
        inner = (value.values() if type(value) is dict else value for value in level)
        level = [value for values in inner for value in values if type(value) in (dict, list)]
        if not level:
            return
    raise exceeded("json_depth", "more", f"{key}: levels of lists and objects")


def dumps(
    document: Mapping[str, Any], *, allow_nan: bool = False, indent: int | None = 2
) -> bytes:
    """Write a metadata document.

    Parameters
    ----------
    document : dict
        JSON values; NumPy scalars become numbers and NumPy arrays become lists.
    allow_nan : bool
        Write the literals NaN and Infinity, which are not JSON, for readers known to take them.

    indent : int or None
        Spaces per level; None writes one line.

    Raises
    ------
    MetadataValidationError
        If something in it is not JSON; the message says where.
    """
    import json

    try:
        text = json.dumps(document, indent=indent, allow_nan=allow_nan, default=_to_json)
    except (TypeError, ValueError, RecursionError) as error:
        where = next(_offenders(document, "", allow_nan, 0), str(error))
        raise MetadataValidationError(f"metadata that is not JSON: {where}") from error
    return text.encode("ascii")


def _to_json(value: Any) -> Any:
    """Convert what JSON does not know but NumPy users expect to store."""
    if isinstance(value, np.generic) and value.dtype.kind in "biufSU":
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


_TOO_DEEP = 100


def _offenders(value: Any, path: str, allow_nan: bool, depth: int) -> Iterator[str]:
    """Find what made `json.dumps` fail, as ``attributes['x'][3]: ...``."""
    if depth > _TOO_DEEP:
        yield f"{path[:80]}...: nested too deeply, or within itself"
        return
    if isinstance(value, np.ndarray | np.generic | Mapping) and not isinstance(value, dict):
        try:
            value = _to_json(value)
        except TypeError:
            yield f"{path}: expected a JSON value, found {type(value).__name__} {shown(value)}"
            return
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str | int | float | None):
                yield f"{path}: expected strings as names, found {shown(name)}"
            yield from _offenders(
                item, f"{path}[{name!r}]" if path else str(name), allow_nan, depth + 1
            )
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _offenders(item, f"{path}[{i}]", allow_nan, depth + 1)
    elif isinstance(value, float):
        if not allow_nan and not np.isfinite(value):
            yield f"{path}: expected a finite number, found {value!r}"
    elif not isinstance(value, str | int | None):
        yield f"{path}: expected a JSON value, found {type(value).__name__} {shown(value)}"
