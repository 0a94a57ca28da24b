"""What is installed is what other packages need: stubs, headers, declarations, and no more."""

import importlib.metadata
import sysconfig
import textwrap
from pathlib import Path

import pytest
from extensions import build, run

import zarr_c

C = r"""
#include <Python.h>
#include "zarr_c/codec.h"
static PyObject *abi(PyObject *self, PyObject *unused) {
    return (void)self, (void)unused, PyLong_FromLong(ZC_CODEC_ABI);
}
static PyMethodDef methods[] = {{"abi", abi, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "extension", .m_methods = methods};
PyMODINIT_FUNC PyInit_extension(void) { return PyModule_Create(&module); }
"""

CYTHON = """
from libc.stdint cimport uint8_t
from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_worker
from zarr_c._native._status cimport zc_error, zc_status
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return n

cdef zc_status encode(const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n,
                      zc_buffer *dst, zc_error *err) noexcept nogil:
    cdef size_t i
    if zc_reserve(dst, n, err) == 0:
        for i in range(n):
            dst.data[i] = src[i] ^ 1
        dst.size = n
    return err.code

cdef zc_status decode(const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n,
                      zc_buffer *dst, size_t limit, zc_error *err) noexcept nogil:
    return encode(codec, worker, src, n, dst, err)

cdef class Flip(Stage):
    def __cinit__(self):
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
"""


@pytest.fixture(scope="module")
def files() -> set[str]:
    """Paths of the installed package's files."""
    try:
        listed = importlib.metadata.files("zarr_c") or []
    except importlib.metadata.PackageNotFoundError:
        listed = []
    found = {file.as_posix() for file in listed}
    if "zarr_c/__init__.py" not in found:
        pytest.skip("zarr_c is not installed from a wheel")
    return found


def test_every_kernel_has_a_stub_and_every_public_declaration_is_there(files):
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    kernels = {file.removesuffix(suffix) for file in files if file.endswith(suffix)}
    assert len(kernels) > 15
    assert {f"{kernel}.pyi" for kernel in kernels} <= files
    assert {f"zarr_c/{name}.pxd" for name in ("codecs/_chain", "_native/_status")} <= files
    assert "zarr_c/py.typed" in files
    assert any(file.endswith("licenses/LICENSE") for file in files)


def test_only_public_headers_and_no_sources(files):
    headers = {file for file in files if file.endswith(".h")}
    assert headers == {f"zarr_c/include/zarr_c/{name}.h" for name in ("codec", "status")}
    assert not [file for file in files if file.endswith((".pyx", ".c", ".a"))]


def test_get_include_has_the_headers():
    include = Path(zarr_c.get_include())
    assert (include / "zarr_c" / "codec.h").is_file()
    assert (include / "zarr_c" / "status.h").is_file()


def test_c_extension_compiles_without_a_warning(tmp_path):
    build(tmp_path, "extension.c", C, "-Wall -Wextra -Werror")
    assert run(tmp_path, "-c", "import extension; print(extension.abi())") == "2\n"


def test_cython_extension_adds_a_codec(tmp_path):
    pytest.importorskip("Cython")
    build(tmp_path, "extension.pyx", "# cython: language_level=3\n" + CYTHON)
    program = """
        from extension import Flip
        from zarr_c.codecs._chain import Chain
        chain = Chain([Flip(), Flip(), Flip()], 4)
        assert chain.encode(b"abcd") == b"`cbe"
        assert chain.decode(b"`cbe") == b"abcd"
    """
    run(tmp_path, "-c", textwrap.dedent(program))


def test_libraries_of_the_build_are_not_needed(tmp_path):
    program = """
        import sys
        sys.modules["blosc"] = sys.modules["blosc2"] = None   # importing them fails
        import zarr_c as zarr
        array = zarr.create_array(store={}, shape=8, dtype="i4", chunks=4, compressors="auto")
        array[:] = range(8)
        assert array[:].tolist() == list(range(8))
    """
    run(tmp_path, "-c", textwrap.dedent(program))
