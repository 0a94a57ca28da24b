"""Reads and writes of any `Selection`, and of fields of records.

The paths are those of basic selections: `_read`, `_write`.
"""

from libc.stddef cimport size_t

from zarr_c._plan cimport Plan
from zarr_c._read cimport read_region
from zarr_c._regions cimport plan_selection
from zarr_c._write cimport write_region
from zarr_c.indexing._elements cimport ZC_OBJECT
from zarr_c.indexing._grid cimport zc_region

import numpy as np

from zarr_c._read import check_out
from zarr_c._write import broadcast, held_objects
from zarr_c.elements import as_elements
from zarr_c.indexing.fields import field_spans
from zarr_c.metadata.dtype import from_numpy


def read_selection(
    Plan plan not None, selection, int threads, data_type, str order, out=None, fields=None
):
    """Read any selection.

    Parameters
    ----------
    plan, threads, data_type, order, out
        As of `read`.
    selection : Selection
        What to read.
    fields : str or list of str, optional
        Which fields of each record; a list gives records of these.

    Returns
    -------
    numpy.ndarray or scalar
        `out` itself where it was given.

    Raises
    ------
    IndexError
        If a point lies outside the array, or there is no such field.
    ValueError, TypeError
        If `out` does not fit the result.
    ChunkCorruptError
        If a stored chunk is damaged.
    """
    cdef zc_region region
    cdef char *base
    cdef size_t work
    dtype, spans = field_spans(data_type.dtype, fields)
    shape = selection.flat_shape
    if dtype.subdtype is not None:   # read as records, of which NumPy makes an array
        found = read_selection(plan, selection, threads, data_type, order, None, [fields])
        return put_out(found[fields], out)
    if out is None:
        flat = np.empty(shape, dtype, order)
    else:
        check_out(out, selection.shape, dtype)
        flat = out.reshape(shape)   # a copy if joint axes have no common stride
    if flat.size:
        owners = plan_selection(plan, selection, flat, spans, threads, &region, &base)
        # points may lie anywhere in their chunks
        work = max(<size_t>flat.nbytes, region.chunks * plan.c.nbytes)
        read_region(plan, &region, base, work, threads)
        del owners
        if data_type.needs_normalizing:
            (data_type if fields is None else from_numpy(dtype, 2)).normalize(flat)
    result = flat.reshape(selection.shape)
    if out is None:
        return result[()] if selection.scalar else result
    if not np.may_share_memory(flat, out):
        out[...] = result
    return out


def put_out(result, out):
    """A result, or `out` with the result in it."""
    if out is None:
        return result
    check_out(out, result.shape, result.dtype)
    out[...] = result
    return out


def write_selection(
    Plan plan not None, selection, int threads, data_type, value, fields=None
):
    """Write any selection. Of two values for one element, the last one stays.

    Parameters
    ----------
    plan, threads, data_type
        As of `write`.
    selection : Selection
        Where to write.
    value : array-like
        Broadcast to the selection.
    fields : str or list of str, optional
        Which fields of each record to write; others stay as they are.

    Raises
    ------
    IndexError
        If a point lies outside the array, or there is no such field.
    ValueError
        If `value` cannot be broadcast to the selection.
    TypeError, OverflowError
        If `value` cannot be cast to it.
    """
    cdef zc_region region
    cdef char *base
    dtype, spans = field_spans(data_type.dtype, fields)
    shape = selection.shape
    if dtype.subdtype is not None:
        records = np.empty(shape, [(fields, dtype)])
        records[fields] = as_elements(value, from_numpy(dtype.base, 2))
        value, fields = records, [fields]
    if plan.c.kind == ZC_OBJECT:
        value = held_objects(value, data_type, shape)
    elif fields is None:
        value = as_elements(value, data_type)
    else:
        record = from_numpy(dtype if dtype.subdtype is None else records.dtype, 2)
        value = as_elements(value, record).astype(record.dtype, copy=False)
    if value.shape != shape:
        value = broadcast(value, shape, None)
    value = value.reshape(selection.flat_shape)
    if value.size:
        owners = plan_selection(plan, selection, value, spans, threads, &region, &base)
        write_region(plan, &region, base, threads)
        del owners
