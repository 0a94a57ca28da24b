"""The read and write paths against a NumPy array that sees the same operations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

import zarr_c
from zarr_c.storage import LocalStore, MemoryStore

DTYPES = ["?", "i1", "<u2", "<i4", "<i8", "<f2", "<f4", "<f8", "<c8", "<c16", "V3", "V5"]
CODECS_V3 = [
    [],
    ["crc32c"],
    ["zstd"],
    [{"name": "gzip", "configuration": {"level": 1}}],
    [{"name": "blosc", "configuration": {"cname": "lz4", "shuffle": "bitshuffle"}}],
    [{"name": "blosc", "configuration": {"cname": "zstd", "blocksize": 64}}],
    ["crc32c", {"name": "blosc", "configuration": {"shuffle": "bitshuffle"}}, "crc32c"],
]
CODECS_V2 = [
    None,
    {"id": "zlib", "level": 1},
    {"id": "blosc", "cname": "lz4hc", "clevel": 3, "shuffle": -1, "blocksize": 0},
    {"id": "lz4"},
    {"id": "bz2", "level": 1},
]


def random_elements(rng, dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype("?")
    if dtype.kind == "V" or rng.integers(2):  # any bits, NaN payloads among them
        data = rng.integers(0, 256, int(np.prod(shape)) * dtype.itemsize, "u1")
        return data.view(dtype).reshape(shape)
    return rng.integers(0, 3, shape).astype(dtype)


@st.composite
def arrays(draw, tmp_path):
    """An array of zarr_c and its twin, filled with the fill value."""
    shape = tuple(draw(st.lists(st.integers(0, 12), max_size=5)))
    chunks = tuple(draw(st.integers(1, max(1, n + 2))) for n in shape)
    dtype = draw(st.sampled_from(DTYPES))
    common = {"shape": shape, "chunks": chunks, "dtype": dtype, "overwrite": True}
    store = draw(st.sampled_from(["memory", "local", "dict"]))
    store = {"memory": MemoryStore, "dict": dict, "local": lambda: LocalStore(tmp_path)}[
        store
    ]()
    if np.dtype(dtype).kind != "V":
        common["fill_value"] = draw(st.sampled_from([0, 1]))
    common["config"] = {
        "order": draw(st.sampled_from(["C", "F"])),
        "write_empty_chunks": draw(st.booleans()),
    }
    if draw(st.booleans()):
        axes = draw(st.permutations(range(len(shape))))
        filters = [{"name": "transpose", "configuration": {"order": axes}}]
        endian = draw(st.sampled_from(["little", "big"]))
        z = zarr_c.create_array(
            store,
            **common,
            filters=filters if draw(st.booleans()) else None,
            serializer={"name": "bytes", "configuration": {"endian": endian}},
            compressors=draw(st.sampled_from(CODECS_V3)),
        )
    else:
        if draw(st.booleans()):
            common["dtype"] = np.dtype(dtype).newbyteorder(">")
        z = zarr_c.create_array(
            store,
            **common,
            zarr_format=2,
            order=draw(st.sampled_from(["C", "F"])),
            compressors=draw(st.sampled_from(CODECS_V2)),
        )
    twin = np.zeros(shape, common["dtype"])
    if "fill_value" in common:
        twin[...] = common["fill_value"]
    return z, twin


def out_like(draw, expected):
    """An `out` of any layout."""
    axes = draw(st.permutations(range(expected.ndim)))
    steps = [draw(st.sampled_from([1, 1, 2, -1])) for _ in axes]
    base = np.zeros([expected.shape[a] * abs(s) for a, s in zip(axes, steps, strict=True)])
    base = base.astype(expected.dtype)
    view = base[tuple(slice(None, None, s) for s in steps)].transpose(np.argsort(axes))
    return view if base.ndim else base


# format.md P5
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_sequence_of_reads_and_writes(tmp_path_factory, data):
    """Formats, orders, byte orders, codecs, stores, shapes and selections in one model."""
    draw = data.draw
    z, twin = draw(arrays(tmp_path_factory.mktemp("z")))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    with zarr_c.config.set({"threads": draw(st.sampled_from([1, 3]))}):
        for _ in range(draw(st.integers(1, 4))):
            selection = draw(basic_indices(twin.shape, allow_newaxis=True, max_dims=7))
            value = random_elements(rng, twin.dtype, twin[selection].shape)
            if draw(st.booleans()) and value.ndim and value.size:  # broadcast
                value = value[:1]
            z[selection] = value
            twin[selection] = value
            selection = draw(basic_indices(twin.shape, allow_newaxis=True, max_dims=7))
            same(z[selection], twin[selection])
            selection = draw(basic_indices(twin.shape))
            out = out_like(draw, np.asarray(twin[selection], twin.dtype))
            assert z.get_basic_selection(selection, out=out) is out
            same(out, np.asarray(twin[selection], twin.dtype))
        same(z[...], twin)
        again = zarr_c.open_array(z.store, mode="r")
        same(again[...], twin)


def same(found, expected):
    """Equal in type, shape and every bit; the bytes of a bool are 0 and 1."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.ndim == 0:  # a scalar of NumPy has the byte order of the machine
        found = found.astype(found.dtype.newbyteorder(expected.dtype.byteorder))
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


# format.md 1.6 transpose 5.26
@pytest.mark.parametrize("order", [[1, 2, 0], [2, 0, 1], [2, 1, 0], "F", "C"])
def test_the_bytes_of_a_transposed_chunk(order):
    """The order is not its own inverse, which is where other implementations went wrong."""
    data = np.arange(24, dtype="<u2").reshape(2, 3, 4)
    store = MemoryStore()
    codec = {"name": "transpose", "configuration": {"order": order}}
    z = zarr_c.create_array(store, data=data, chunks=(2, 3, 4), filters=codec, compressors=None)
    axes = (
        {"F": [2, 1, 0], "C": [0, 1, 2]}.get(order, order) if isinstance(order, str) else order
    )
    assert store["c/0/0/0"] == data.transpose(axes).tobytes()
    assert np.array_equal(z[...], data)


def test_a_stored_bool_is_true_or_false():
    """A byte of 2 must not reach what takes it for a bool."""
    store = MemoryStore()
    z = zarr_c.create_array(store, shape=4, chunks=4, dtype="?", compressors=None)
    store["c/0"] = b"\0\1\2\xff"
    assert z[...].tobytes() == b"\0\1\1\1"
    assert z[2].tobytes() == b"\1"


@pytest.mark.parametrize(
    ("zarr_format", "dtype", "fill", "bits"),
    [
        # only v3 has a spelling for other NaNs than the canonical one
        (3, "f4", np.array(0x7FA00001, "u4").view("f4")[()], "0100a07f"),
        (3, "f8", np.array(0xFFF8000000000123, "u8").view("f8")[()], "230100000000f8ff"),
        *((version, "f4", -0.0, "00000080") for version in (2, 3)),
        *((version, "f2", np.float16("inf"), "007c") for version in (2, 3)),
        *(
            (version, "c8", complex(-0.0, float("nan")), "000000800000c07f")
            for version in (2, 3)
        ),
    ],
)
def test_fill_values_to_the_bit(zarr_format, dtype, fill, bits):
    store = MemoryStore()
    zarr_c.create_array(
        store, shape=6, chunks=2, dtype=dtype, fill_value=fill, zarr_format=zarr_format
    )
    z = zarr_c.open_array(store)
    assert z[...].tobytes().hex() == bits * 6
    z[0] = 1
    assert z[1:3].tobytes().hex() == bits * 2
    z[0] = z[1]
    assert z.nchunks_initialized == 0
    z[:2] = np.zeros(2, dtype)
    assert z.nchunks_initialized == 1, "0.0 was taken for -0.0 or NaN"


@pytest.mark.parametrize("keep", [True, False])
def test_chunks_of_nothing_but_fill(keep):
    z = zarr_c.create_array(
        MemoryStore(), shape=6, chunks=2, dtype="f4", config={"write_empty_chunks": keep}
    )
    z[...] = 0.0
    assert z.nchunks_initialized == (3 if keep else 0)
    z[...] = -0.0
    assert z.nchunks_initialized == 3
    assert np.signbit(z[...]).all()
    z[1:5] = 0.0
    assert z.nchunks_initialized == (3 if keep else 2)
    assert np.signbit(z[...]).tolist() == [True, False, False, False, False, True]


# format.md P6
def test_edge_chunks_are_padded_with_fill():
    store = MemoryStore()
    z = zarr_c.create_array(
        store, shape=5, chunks=4, dtype="u1", fill_value=9, compressors=None
    )
    z[...] = 1
    assert store["c/1"] == b"\1\x09\x09\x09"


@pytest.mark.parametrize(
    ("dtype", "value", "error"),
    [
        ("i4", 1.5, TypeError),
        ("i4", float("nan"), TypeError),
        ("i4", 1e30, TypeError),
        ("i4", np.arange(4.0) + 0.5, TypeError),
        ("u1", 256, OverflowError),
        ("u1", -1, OverflowError),
        ("f4", 1j, TypeError),
        ("?", 2, TypeError),
        ("i4", "4", TypeError),
        ("i4", None, TypeError),
        ("i4", [1, 2, 3], ValueError),
        ("i4", np.zeros((2, 4), "i4"), ValueError),
    ],
)
def test_values_that_do_not_fit(dtype, value, error):
    """Nothing is written, and the message says what was found."""
    store = MemoryStore()
    z = zarr_c.create_array(store, shape=4, dtype=dtype)
    with pytest.raises(error, match=r"value|out of bounds|range"):
        z[...] = value
    assert z.nchunks_initialized == 0


def test_values_that_fit():
    z = zarr_c.create_array(MemoryStore(), shape=4, dtype="i4")
    for value in (
        3,
        3.0,
        np.float64(3),
        True,
        [1, 2, 3, 4],
        np.ones((1, 1, 4), "i8"),
        range(4),
    ):
        z[...] = value
        assert np.array_equal(z[...], np.broadcast_to(np.asarray(value), (1, 1, 4))[0, 0])
    z[...] = zarr_c.array(np.arange(4, dtype="i2"))
    assert np.array_equal(z[...], np.arange(4))


def test_newaxis_counts_when_broadcasting():
    z = zarr_c.create_array(MemoryStore(), shape=(3, 3), dtype="i4")
    with pytest.raises(ValueError, match="cannot broadcast"):
        z[:, None] = np.zeros((3, 3), "i4")
    z[:, None] = np.arange(9).reshape(3, 1, 3)
    assert np.array_equal(z[...], np.arange(9).reshape(3, 3))


def test_one_big_endian_element_keeps_its_order():
    """NumPy's scalars have the byte order of the machine."""
    z = zarr_c.create_array(MemoryStore(), shape=(), dtype=">u2", zarr_format=2)
    for selection in ((), ..., None, (None, None)):
        z[selection] = np.array([[0x1234]], ">u2")
        assert z[()] == 0x1234


@pytest.mark.parametrize(
    ("out", "error"),
    [
        (np.zeros(3, "i4"), ValueError),
        (np.zeros(4, "i8"), TypeError),
        (np.zeros(4, ">i4"), TypeError),
        ([0] * 4, TypeError),
        (np.broadcast_to(np.zeros(1, "i4"), 4), ValueError),
    ],
)
def test_an_out_that_does_not_fit(out, error):
    z = zarr_c.create_array(MemoryStore(), shape=4, dtype="i4")
    with pytest.raises(error, match=r"out: expected .*, found"):
        z.get_basic_selection(..., out=out)


def test_the_named_form_of_a_basic_write():
    z = zarr_c.create_array({}, shape=(5, 7), chunks=(2, 3), dtype="i4")
    z.set_basic_selection((slice(1, 4), -1), [7, 8, 9])
    expected = np.zeros((5, 7), "i4")
    expected[1:4, -1] = [7, 8, 9]
    assert np.array_equal(z[...], expected)
    assert z.cdata_shape == (3, 3)
    assert z.nchunks == 9
