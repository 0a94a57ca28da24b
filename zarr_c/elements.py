"""What users assign, cast to an array's data type so that nothing but precision is lost."""

from __future__ import annotations

import warnings
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from zarr_c.metadata.data_type import DataType

__all__ = ["as_elements", "exactly"]

Array = np.ndarray[Any, Any]


def as_elements(value: Any, data_type: DataType) -> Array:
    """Cast a value to the data type of an array, so that nothing but precision can be lost.

    Floats are rounded as NumPy rounds them, and integers become floats. Every other cast that
    NumPy would not call safe, such as from int64 to uint8 or from float to int, must be exact:
    strings are not cut, times not rounded, records matched by the names of their fields.

    Parameters
    ----------
    value : array-like
        Records may be tuples. Objects, bytes of any length among them, come in lists, in arrays
        of objects, or alone.
    data_type : DataType

    Returns
    -------
    numpy.ndarray
        Of ``data_type.dtype``. Where that is object, the elements are what the type stores.

    Raises
    ------
    TypeError
        If the kinds do not go together, or a value has a part that the type has no place for.
    OverflowError
        If a number is out of range.
    ValueError
        If lists are of unequal lengths, or those in a record do not fit its subarray.
    """
    if data_type.family != "number":
        return _CASTS[data_type.family](value, data_type)
    dtype = data_type.dtype
    if isinstance(value, int) and dtype.kind in "iufc":
        return np.array(value, dtype)
    array = np.asarray(value)
    if array.dtype == dtype:
        return array
    if array.dtype.isbuiltin == 2:
        array = _widened(array)
    if np.can_cast(array.dtype, dtype, "safe") or (
        array.dtype.kind in "iufc"
        and dtype.kind in "fc"
        and np.can_cast(array.dtype, dtype, "same_kind")
    ):
        return array.astype(dtype)
    if array.dtype.kind in "biufc" and dtype.kind in "biufc":
        return exactly(array, dtype)
    raise _kind_error(dtype, array.dtype)


def exactly(array: Array, dtype: np.dtype[Any]) -> Array:
    """Cast numbers that all stay what they are.

    Raises
    ------
    OverflowError
        If an integer is out of range.
    TypeError
        If a number has a part that `dtype` has no place for.
    """
    with np.errstate(invalid="ignore", over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        cast = array.astype(dtype)
    _check_exact(cast != array, array, dtype)
    return cast


def _check_exact(wrong: Array, array: Array, dtype: np.dtype[Any]) -> None:
    if not wrong.any():
        return
    found = array[wrong].flat[0]
    integers = array.dtype.kind in "iu" and "int" in dtype.name
    raise (OverflowError if integers else TypeError)(
        f"value: expected numbers that {dtype} can hold, found {found} of {array.dtype}; "
        f"convert them with .astype({dtype.name!r}) if losing something is what you mean"
    )


def _kind_error(expected: object, found: object) -> TypeError:
    return TypeError(f"value: expected what casts to {expected}, found {found}")


# ---- numbers of ml_dtypes


def _widened(array: Array) -> Array:
    """Numbers of ml_dtypes in a type of NumPy that holds them all exactly."""
    name = array.dtype.name
    if "complex" in name:
        return array.astype(np.complex64)
    return array.astype(np.int8 if "int" in name else np.float32)


def _small(value: Any, data_type: Any) -> Array:
    """Cast to a number of few bits: integers exactly, floats rounded but within the range."""
    dtype, layout = data_type.dtype, data_type.layout
    array = np.asarray(value)
    if array.dtype == dtype:
        return array
    if array.dtype.isbuiltin == 2:
        array = _widened(array)
    if array.dtype.kind not in "biufc":
        raise _kind_error(dtype, array.dtype)
    if "complex" in dtype.name:
        return array.astype(np.complex128).astype(dtype)
    if "int" in dtype.name:
        whole = array if array.dtype.kind in "iu" else exactly(array, np.dtype(np.int64))
        _check_exact((whole < layout.low) | (whole > layout.high), array, dtype)
        return whole.astype(dtype)
    if array.dtype.kind == "c":
        array = exactly(array, np.dtype(np.float64))
    wide = array.astype(np.float64)
    cast = wide.astype(dtype)
    absent = np.isnan(wide)
    wrong = np.isnan(cast.astype(np.float64)) & ~absent
    if layout.inf is None:  # ml_dtypes makes the largest number of what is too large
        wrong |= np.abs(wide) > layout.packer.limit
    _check_exact(wrong | absent if layout.nan is None else wrong, array, dtype)
    return cast


# ---- times


def _times(value: Any, data_type: DataType) -> Array:
    """Cast times to the unit, where they have no part that is finer; integers count units."""
    from zarr_c.metadata.time_types import cast_times

    dtype = data_type.dtype
    array = np.asarray(value)
    if array.dtype == dtype:
        return array
    found = array.dtype
    if found.kind == "U" and (array == "NaT").all():
        return np.full(array.shape, "NaT", dtype)
    if found.kind == "O" or (found.kind == "U" and dtype.kind == "M"):
        try:
            array = array.astype(f"{dtype.kind}8")
        except (TypeError, ValueError) as error:
            raise TypeError(f"value: expected times for {dtype}, found {error}") from None
    if array.dtype.kind in "iu":
        return exactly(array, np.dtype(np.int64)).astype(dtype)
    if array.dtype.kind != dtype.kind:
        raise _kind_error(dtype, found)
    cast, wrong = cast_times(array, dtype)
    if wrong.any():
        raise TypeError(
            f"value: expected times that {dtype} can hold, found {array[wrong].flat[0]} of "
            f"{array.dtype}"
        )
    return cast


# ---- bytes and strings


def _text(value: Any, data_type: DataType) -> Array:
    """Cast to NumPy's S or U without cutting anything; S and U mix where they are ASCII."""
    dtype = data_type.dtype
    array = np.asarray(value)
    if array.dtype == dtype:
        return array
    if array.dtype.kind in "OT":
        array = array.astype(object)
        _check_each(array, str if dtype.kind == "U" else bytes | str, dtype)
        array = np.array(array.tolist() if array.size else array, dtype.kind)
    if array.dtype.kind not in "SU":
        raise _kind_error(dtype, array.dtype)
    try:
        whole = array.astype(dtype.kind)
    except UnicodeError as error:
        raise TypeError(f"value: expected ASCII for {dtype}, found {error}") from None
    length = dtype.itemsize // (4 if dtype.kind == "U" else 1)
    wrong = np.strings.str_len(whole) > length
    if wrong.any():
        raise TypeError(
            f"value: expected a length of at most {length} for {dtype}, found "
            f"{whole[wrong].tolist()[0]!r}"
        )
    return whole.astype(dtype)


def _strings(value: Any, data_type: DataType) -> Array:
    """Cast to NumPy's strings of any length; zeros at the end of Python's strings stay."""
    dtype = data_type.dtype
    array = _nested(value, (list, tuple)) if _plain(value) else np.asarray(value)
    if array.dtype == dtype:
        return array
    if array.dtype.kind not in "OTU":
        raise _kind_error(dtype, array.dtype)
    if array.dtype.kind != "U":  # missing values would become strings
        array = array.astype(object)
        _check_each(array, str, dtype)
    try:
        return array.astype(dtype)
    except UnicodeError as error:
        raise TypeError(f"value: expected strings in Unicode, found {error}") from None


def _bytes(value: Any, data_type: DataType) -> Array:
    """Collect bytes of any length."""
    array = _nested(value, (list, tuple)) if _plain(value) else np.asarray(value)
    if array.dtype.kind not in "OS":
        raise _kind_error(data_type.name, array.dtype)
    array = array.astype(object)
    _check_each(array, bytes | bytearray | memoryview, data_type.name)
    flat = array.reshape(-1)
    for i, item in enumerate(flat):
        flat[i] = bytes(item)
    return flat.reshape(array.shape)


def _raw(value: Any, data_type: DataType) -> Array:
    """Take voids, and bytes of exactly the length."""
    dtype = data_type.dtype
    array = _nested(value, (list, tuple)) if _plain(value) else np.asarray(value)
    if array.dtype == dtype:
        return array
    plain = array.dtype.isbuiltin != 2 and array.dtype.names is None
    if array.dtype.kind in "SV" and plain and array.dtype.itemsize == dtype.itemsize:
        return np.array(array, order="C").view(dtype)
    if array.dtype.kind != "O":
        raise _kind_error(f"{dtype.itemsize} bytes", array.dtype)
    _check_each(array, bytes | bytearray | memoryview | np.void, f"{dtype.itemsize} bytes")
    items = [
        item.tobytes() if isinstance(item, np.void) else bytes(item) for item in array.flat
    ]
    short = next((item for item in items if len(item) != dtype.itemsize), None)
    if short is not None:
        raise TypeError(f"value: expected {dtype.itemsize} bytes, found {len(short)}")
    return np.frombuffer(b"".join(items), dtype).reshape(array.shape)


def _objects(value: Any, data_type: DataType) -> Array:
    """Take any objects; lists are axes, as in NumPy, unless an array of objects holds them."""
    if isinstance(value, list | tuple):
        return np.array(value, object)
    if hasattr(value, "__array__"):
        return np.asarray(value).astype(object)
    return _nested(value, ())


def _plain(value: Any) -> bool:
    """Whether it is Python's own, of which NumPy might make something else."""
    return isinstance(value, _PYTHON) and not isinstance(value, np.generic)


_PYTHON = (list, tuple, str, bytes, bytearray, memoryview)


def _nested(value: Any, axes: tuple[Any, ...]) -> Array:
    """An array of objects out of nested lists, of which only the types `axes` are axes."""
    shape: list[int] = []
    inner: Any = value
    while isinstance(inner, axes):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    flat: list[Any] = [value]
    for length in shape:
        if any(not isinstance(item, axes) or len(item) != length for item in flat):
            raise ValueError(
                "value: expected nested lists of equal lengths, found unequal ones"
            )
        flat = [part for item in flat for part in item]
    if any(isinstance(item, axes) for item in flat):
        raise ValueError("value: expected nested lists of equal depth, found unequal ones")
    array = np.empty(len(flat), object)
    for i, item in enumerate(flat):
        array[i] = item
    return array.reshape(shape)


def _check_each(array: Array, expected: Any, target: object) -> None:
    for index, item in np.ndenumerate(array):
        if not isinstance(item, expected):
            at = list(index) if index else ""
            raise TypeError(
                f"value{at}: expected what casts to {target}, found {item!r} of "
                f"{type(item).__name__}"
            )


# ---- records


def _records(value: Any, data_type: Any) -> Array:
    """Match fields by name, or those of tuples in order, and cast each."""
    dtype, fields = data_type.dtype, data_type.fields
    array = np.asarray(value) if hasattr(value, "dtype") else _nested(value, (list,))
    if array.dtype == dtype and data_type.packed:
        return array
    columns = _columns(array, [field.name for field in fields])
    result = np.zeros(array.shape, dtype)  # zeros in the padding too
    for field, column in zip(fields, columns, strict=True):
        try:
            part = as_elements(column, field.data_type)
            result[field.name] = _fitted(part, array.shape, field.shape)
        except (TypeError, ValueError, OverflowError) as error:
            rest = str(error).removeprefix("value")
            raise type(error)(f"value[{field.name!r}]{rest}") from None
    return result


def _fitted(part: Array, shape: tuple[int, ...], inner: tuple[int, ...]) -> Array:
    """The values of a field, of which a subarray may have one for all its elements."""
    count = prod(shape)
    if part.size == count * prod(inner):
        return part.reshape(shape + inner)
    if part.size == count:
        return part.reshape(shape + (1,) * len(inner))
    raise ValueError(f"value: expected shape {inner}, found {part.shape[1:]}")


def _columns(array: Array, names: list[str]) -> list[Any]:
    """The values of each field, by name or by place."""
    if array.dtype.names is not None:
        if set(array.dtype.names) != set(names):
            raise _kind_error(f"records of {names}", f"records of {list(array.dtype.names)}")
        return [array[name] for name in names]
    if array.dtype.kind != "O":
        raise _kind_error(f"records of {names}", array.dtype)
    rows = [item.item() if isinstance(item, np.void) else item for item in array.flat]
    for row in rows:
        if not isinstance(row, tuple) or len(row) != len(names):
            raise _kind_error(f"records of {names}", f"{row!r} of {type(row).__name__}")
    return [[row[i] for row in rows] for i in range(len(names))]


_CASTS: dict[str, Callable[[Any, Any], Array]] = {
    "small": _small,
    "time": _times,
    "text": _text,
    "string": _strings,
    "bytes": _bytes,
    "raw": _raw,
    "object": _objects,
    "struct": _records,
}
