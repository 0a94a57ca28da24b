"""Codecs that another package writes in C, registered by hand and by entry point."""

import textwrap

import pytest
from extensions import build, run

import zarr_c
from zarr_c.codecs import BytesBytesCodec, register_codec
from zarr_c.codecs._capsule import CapsuleStage

# Adds a number to every byte; a stored byte of 255 is damage.
C = r"""
#include <Python.h>
#include "zarr_c/codec.h"

typedef struct { zc_codec table; uint8_t number; } Adder;

static size_t bound(const zc_codec *codec, size_t n) { return (void)codec, n; }

static zc_status add(const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n,
                     zc_buffer *dst, zc_error *err)
{
    (void)worker;
    if (PyGILState_Check()) {
        return zc_fail(err, ZC_CODEC, "called with the GIL", -1, -1);
    }
    if (zc_reserve(dst, n, err) != ZC_OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        dst->data[i] = (uint8_t)(src[i] + *(const uint8_t *)codec->state);
    }
    dst->size = n;
    return ZC_OK;
}

static zc_status subtract(const zc_codec *codec, zc_worker *worker, const uint8_t *src,
                          size_t n, zc_buffer *dst, size_t limit, zc_error *err)
{
    (void)worker;
    if (n > limit) {
        return zc_fail(err, ZC_CORRUPT, "too many bytes", (int64_t)limit, (int64_t)n);
    }
    if (zc_reserve(dst, n, err) != ZC_OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        if (src[i] == 255) {
            return zc_fail(err, ZC_CORRUPT, "a byte that addition never gives", -1, (int64_t)i);
        }
        dst->data[i] = (uint8_t)(src[i] - *(const uint8_t *)codec->state);
    }
    dst->size = n;
    return ZC_OK;
}

static int freed = 0;

static void destroy(PyObject *capsule)
{
    free(PyCapsule_GetPointer(capsule, "zarr_c.codec"));
    freed++;
}

static PyObject *adder(PyObject *self, PyObject *args)
{
    unsigned char number;
    unsigned abi = ZC_CODEC_ABI;
    Adder *made;

    (void)self;
    if (!PyArg_ParseTuple(args, "b|I", &number, &abi)) {
        return NULL;
    }
    made = calloc(1, sizeof *made);
    made->number = number;
    made->table.abi = abi;
    made->table.state = &made->number;
    made->table.bound = bound;
    made->table.encode = add;
    made->table.decode = abi == ZC_CODEC_ABI && number == 0 ? NULL : subtract;
    return PyCapsule_New(&made->table, "zarr_c.codec", destroy);
}

static PyObject *count(PyObject *self, PyObject *unused)
{
    return (void)self, (void)unused, PyLong_FromLong(freed);
}

static PyMethodDef methods[] = {
    {"adder", adder, METH_VARARGS, NULL}, {"count", count, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "extension", .m_methods = methods};
PyMODINIT_FUNC PyInit_extension(void)
{
    PyObject *made = PyModule_Create(&module);
    PyObject *args = Py_BuildValue("(i)", 1);
    PyModule_AddObject(made, "one", adder(NULL, args));
    Py_DECREF(args);
    return made;
}
"""


@pytest.fixture(scope="module")
def extension(tmp_path_factory):
    """A folder with the built extension, and a package that offers it by an entry point."""
    folder = tmp_path_factory.mktemp("extension")
    build(folder, "extension.c", C, "-Wall -Wextra -Werror -Wno-cast-function-type")
    installed = folder / "extension-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: extension\nVersion: 1.0\n"
    )
    (installed / "entry_points.txt").write_text("[zarr_c.codecs]\ntest.one = extension:one\n")
    return folder


def program(folder, text):
    return run(folder, "-c", "import sys; sys.path.insert(0, '')\n" + textwrap.dedent(text))


def test_a_codec_by_entry_point_runs_in_the_workers(extension):
    program(
        extension,
        """
        import numpy as np
        import zarr_c
        data = (np.arange(4000) % 200).astype("u1")
        store = {}
        array = zarr_c.create_array(store, data=data, chunks=500, compressors=["test.one"])
        assert store["c/0"] == (data[:500] + 1).tobytes()
        again = zarr_c.open_array(store)
        assert np.array_equal(again[...], data)
        assert np.array_equal(again[37:3100:7], data[37:3100:7])
        array[10:700] = 5
        data[10:700] = 5
        assert np.array_equal(again[...], data)
        """,
    )


def test_a_registered_capsule(extension):
    program(
        extension,
        """
        import gc
        import numpy as np
        import extension
        import zarr_c
        from zarr_c.codecs import BytesBytesCodec, register_codec
        from zarr_c.errors import ChunkCorruptError
        register_codec("test.seven", extension.adder(7))
        gc.collect()
        store = {}
        data = np.arange(9, dtype="u1")
        array = zarr_c.create_array(store, data=data, compressors="test.seven")
        assert list(store["c/0"]) == list(range(7, 16))
        assert array[...].tolist() == list(range(9))
        assert extension.count() == 0
        store["c/0"] = store["c/0"][:-1] + b"\\xff"
        try:
            array[...]
        except ChunkCorruptError as error:
            assert "'c/0': a byte that addition never gives: found 8" in str(error)
        else:
            raise SystemExit("damage was read")
        """,
    )


def test_a_codec_with_parameters_is_a_class_around_capsules(extension):
    program(
        extension,
        """
        import gc
        import numpy as np
        import extension
        import zarr_c
        from zarr_c.codecs import BytesBytesCodec, CapsuleStage, register_codec
        class Adder(BytesBytesCodec):
            name = "test.adder"
            parameters = ("number",)
            def __init__(self, *, number=1):
                self.number = number
            def stage(self, itemsize):
                return CapsuleStage(extension.adder(self.number))
        register_codec("test.adder", Adder)
        store = {}
        codecs = [Adder(number=2), Adder(number=40)]
        zarr_c.create_array(store, data=np.arange(9, dtype="u1"), compressors=codecs)
        assert list(store["c/0"]) == list(range(42, 51))
        assert zarr_c.open_array(store)[...].tolist() == list(range(9))
        gc.collect()
        assert extension.count() >= 2   # capsules go with the arrays
        """,
    )


def test_what_does_not_fit_is_refused(extension):
    program(
        extension,
        """
        import extension
        from zarr_c.codecs import register_codec
        from zarr_c.errors import CodecError
        for capsule, message in (
            (extension.adder(1, 77), "expected one built for ABI 2 of zarr_c, found 77"),
            (extension.adder(0), "expected the functions bound, encode and decode"),
        ):
            try:
                register_codec("test.wrong", capsule)
            except CodecError as error:
                assert message in str(error), error
            else:
                raise SystemExit(message)
        """,
    )


def test_other_capsules_are_refused():
    import datetime

    with pytest.raises(TypeError, match="expected a capsule named"):
        register_codec("test.time", datetime.datetime_CAPI)
    with pytest.raises(TypeError, match="expected a capsule named"):
        CapsuleStage(zarr_c)


def test_python_codecs_have_no_capsule():
    class Plain(BytesBytesCodec):
        name = "test.plain"

    with pytest.raises(TypeError, match="expected a subclass"):
        register_codec("test.plain", Plain())
