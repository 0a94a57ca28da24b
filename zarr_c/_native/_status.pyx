"""From status to exception: every failure of compiled code becomes a Python error here."""

from cpython.exc cimport PyErr_CheckSignals
from cpython.ref cimport Py_INCREF, Py_XDECREF, PyObject

import os
import sys

from zarr_c import errors


cdef zc_status hold_exception(zc_error *err) noexcept:
    """Keep the exception being handled in `err`; to be called inside an ``except`` block."""
    exception = sys.exc_info()[1]
    Py_INCREF(exception)
    Py_XDECREF(<PyObject *>err.exception)
    err.exception = <void *>exception
    err.code = ZC_PYTHON
    return ZC_PYTHON


cdef zc_status look_for_signals(zc_error *err) noexcept with gil:
    """Let Python handle signals such as Ctrl-C; what that raises is held in `err`."""
    try:
        PyErr_CheckSignals()
    except BaseException:
        return hold_exception(err)
    return ZC_OK


cdef str describe(zc_error *err):
    cdef str text = err.what.decode()
    if err.expected >= 0 and err.found >= 0:
        return f"{text}: expected {err.expected}, found {err.found}"
    if err.found >= 0:
        return f"{text}: found {err.found}"
    return text


cdef int tell_key(exception, str key) except -1:
    """Let an exception of Python code say which object it was about."""
    if isinstance(exception, errors.ChunkCorruptError) and not exception.key:
        exception.args = (f"{key!r}: {exception}",)
        exception.key = key
    elif not isinstance(exception, KeyboardInterrupt):
        exception.add_note(f"while working on {key!r}")
    return 0


cdef int raise_status(zc_error *err) except -1:
    """Raise what `err` holds. Call only after a function returned other than ``ZC_OK``."""
    cdef str key = err.key.decode(errors="replace")
    cdef str text = describe(err)
    cdef str where = f"{key!r}: " if key else ""
    if err.code == ZC_PYTHON:
        exception = <object>err.exception
        Py_XDECREF(<PyObject *>err.exception)
        err.exception = NULL
        if key:
            tell_key(exception, key)
        raise exception
    if err.code == ZC_MEMORY:
        raise MemoryError(where + text)
    if err.code == ZC_SYSTEM:
        raise OSError(err.os_error, f"{text}: {os.strerror(err.os_error)}", key)
    if err.code == ZC_UNSAFE_KEY:
        raise errors.UnsafeKeyError(where + text)
    if err.code == ZC_CODEC:
        raise errors.CodecError(where + text)
    if err.code == ZC_CORRUPT or err.code == ZC_LIMIT:
        raise errors.ChunkCorruptError(where + text, key)
    raise SystemError(f"{where}unexpected status {<int>err.code}: {text}")
