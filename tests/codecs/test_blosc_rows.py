"""Rows, columns and elements of Blosc chunks, decoded stream by stream, beside NumPy."""

import numcodecs
import numpy as np
import pytest

import zarr_c as zarr
from zarr_c.errors import ChunkCorruptError

SHAPE, CHUNKS = (40, 60, 80), (40, 30, 80)
SELECTIONS = (
    (7, 11, 13),
    (7,),
    (slice(None), 7),
    (..., 7),
    (slice(None), slice(3, 5), slice(70, 75)),
    (slice(None, None, 3), slice(None, None, 7), 5),
    (slice(1, None, 11), slice(20, 40), slice(None, None, 9)),
    (slice(30, None), 59, slice(79, None)),
)


def contents():
    """What streams of bytes can be: one run, short repeats, copies far back, noise."""
    rng = np.random.default_rng(5)
    n = int(np.prod(SHAPE))
    steps = np.cumsum(rng.integers(-2, 3, n))
    return {
        "zeros": np.zeros(n),
        "constant": np.full(n, 1.5),
        "walk": steps,
        "noise": rng.standard_normal(n),
        "rounded": np.round(np.sin(steps / 50) * 2**10) / 2**10,
        **{f"period {k}": np.arange(n) % k for k in (2, 3, 5, 6, 7, 8, 9, 17, 300)},
        "rare": np.where(rng.random(n) < 1e-3, steps, 0),
    }


def stored(values, dtype, **settings):
    data = values.reshape(SHAPE).astype(dtype)
    codec = zarr.codecs.BloscCodec(cname="lz4", **settings)
    store = zarr.storage.MemoryStore()
    array = zarr.create_array(store, data=data, chunks=CHUNKS, compressors=codec)
    return data, array, store


@pytest.mark.parametrize("blocksize", [0, 512, 4096, 20_000])
@pytest.mark.parametrize("dtype", ["u2", "f4", "f8", "c16", "i1"])
@pytest.mark.parametrize("name", contents())
def test_selections_are_numpys(name, dtype, blocksize, tmp_path):
    data, array, _ = stored(
        contents()[name], dtype, clevel=5, shuffle="shuffle", blocksize=blocksize
    )
    for selection in SELECTIONS:
        np.testing.assert_array_equal(array[selection], data[selection], err_msg=selection)


@pytest.mark.parametrize("shuffle", ["noshuffle", "bitshuffle"])
def test_other_frames_as_well(shuffle):
    data, array, _ = stored(contents()["walk"], "f4", clevel=9, shuffle=shuffle)
    for selection in SELECTIONS:
        np.testing.assert_array_equal(array[selection], data[selection])


def test_frames_of_numcodecs(tmp_path):
    values = contents()["rounded"].reshape(SHAPE).astype("f4")
    array = zarr.create_array(
        tmp_path / "a", shape=SHAPE, chunks=CHUNKS, dtype="f4", zarr_format=2,
        compressors=numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE),
    )  # fmt: skip
    for i in range(2):
        chunk = np.ascontiguousarray(values[:, 30 * i : 30 * i + 30])
        encoded = numcodecs.Blosc("lz4", 5, numcodecs.Blosc.SHUFFLE).encode(chunk)
        (tmp_path / "a" / f"0.{i}.0").write_bytes(encoded)
    for selection in SELECTIONS:
        np.testing.assert_array_equal(array[selection], values[selection])


@pytest.mark.parametrize("name", ["walk", "rounded", "constant", "period 3"])
def test_damage_is_an_error_or_other_values(name):
    """Every answer but a crash: an LZ4 stream has no checksum."""
    data, array, store = stored(contents()[name], "f4", clevel=5, shuffle="shuffle")
    rng = np.random.default_rng(6)
    key = next(key for key in store if key.startswith("c/"))
    sound, errors = bytes(store[key]), 0
    for _ in range(300):
        damaged = bytearray(sound)
        for place in rng.integers(0, len(sound), rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        store[key] = bytes(
            damaged[: rng.integers(16, len(sound)) if rng.random() < 0.2 else None]
        )
        for selection in ((slice(None), 7), (..., 7), (33, 11, 13)):
            try:
                assert array[selection].shape == data[selection].shape
            except ChunkCorruptError:
                errors += 1
    assert errors
