"""Chunks of zstd of which only the beginning is decoded, against the elements themselves."""

import numcodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c as zarr
from zarr_c.codecs import ZstdCodec
from zarr_c.errors import ChunkCorruptError

N = 1 << 18  # 1 MiB of float32: eight blocks
RNG = np.random.default_rng(7)
DATA = {
    "walk": np.cumsum(RNG.standard_normal(N)).astype("f4"),
    "noise": RNG.integers(0, 2**32, N, "u4").view("f4"),  # blocks stored as they are
    "constant": np.full(N, 2.5, "f4"),  # blocks of one byte, repeated
    "mixed": np.where(np.arange(N) // 50_000 % 2, 0, RNG.standard_normal(N)).astype("f4"),
}
KEY = "c/0"


def stored(data, tmp_path=None, level=3, checksum=False):
    array = zarr.create_array(
        {} if tmp_path is None else tmp_path,
        shape=N,
        chunks=N,
        dtype="f4",
        compressors=[ZstdCodec(level=level, checksum=checksum)],
        overwrite=True,
    )
    array[...] = data
    return array


@given(st.sampled_from(sorted(DATA)), st.slices(N), st.sampled_from([-5, 1, 3, 12]))
@settings(max_examples=60, deadline=None)
def test_any_part_is_that_of_the_elements(name, selection, level):
    data = DATA[name]
    array = stored(data, level=level)
    np.testing.assert_array_equal(array[selection].view("u4"), data[selection].view("u4"))


@pytest.mark.parametrize("where", [0, 1000, 32767, 32768, 100_000, N - 1])
@pytest.mark.parametrize("name", sorted(DATA))
def test_single_elements_of_a_file(tmp_path, name, where):
    array = stored(DATA[name], tmp_path)
    assert array[where : where + 1].tobytes() == DATA[name][where : where + 1].tobytes()


def frames(data):
    """Encodings by others, or in other forms, of one chunk."""
    raw, half = data.tobytes(), data.nbytes // 2
    zstd = numcodecs.Zstd(level=3)
    yield "checksum", numcodecs.Zstd(level=3, checksum=True).encode(raw)
    yield "two frames", zstd.encode(raw[:half]) + zstd.encode(raw[half:])
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    yield "a skippable frame before", skippable + zstd.encode(raw)
    yield "a skippable frame behind", zstd.encode(raw) + skippable


@pytest.mark.parametrize("name", sorted(DATA))
def test_frames_of_every_form(name):
    data = DATA[name]
    array = stored(data)
    for form, encoded in frames(data):
        array.store[KEY] = encoded
        for where in (3, 40_000, N - 2):
            assert array[where] == data[where] or data[where] != data[where], form


@pytest.mark.parametrize("sized", [True, False])
def test_a_block_that_is_larger_than_its_window(sized):
    """zstd decodes one of a repeated byte: then it does so however much is read of it."""
    array = zarr.create_array({}, shape=4096, dtype="u1", compressors=ZstdCodec())
    head = b"\x28\xb5\x2f\xfd" + (b"\x40\x00\x00\x0f" if sized else b"\x00\x00")
    block = (4096 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\x12"  # of 1,024 at most
    array.store[KEY] = head + block
    for selection in (..., slice(0, 3), slice(4000, None), slice(None, None, 64)):
        assert (array[selection] == 0x12).all()
    array.store[KEY] = head + (4097 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\x12"
    for selection in (..., slice(0, 3)):
        with pytest.raises(ChunkCorruptError, match=KEY):
            array[selection]


@pytest.mark.parametrize("cut", [1, 3, 1000, 100_000])
def test_a_chunk_that_is_cut_short_is_noticed_by_its_first_element(tmp_path, cut):
    array = stored(DATA["walk"], tmp_path)
    array.store[KEY] = array.store[KEY][:-cut]
    with pytest.raises(ChunkCorruptError, match=KEY):
        array[0]


def test_what_lies_behind_a_chunk_is_noticed_by_its_first_element():
    array = stored(DATA["walk"])
    array.store[KEY] += b"more"
    with pytest.raises(ChunkCorruptError, match=KEY):
        array[0]


def test_a_damaged_checksum_is_noticed_by_the_first_element():
    array = stored(DATA["walk"], checksum=True)
    array.store[KEY] = array.store[KEY][:-1] + bytes([array.store[KEY][-1] ^ 1])
    with pytest.raises(ChunkCorruptError, match=KEY):
        array[0]


@pytest.mark.parametrize("size", [N - 1, N + 1, 2 * N])
def test_a_frame_of_another_size_is_noticed_by_its_first_element(size):
    array = stored(DATA["walk"])
    wrong = np.resize(DATA["walk"], size)
    array.store[KEY] = numcodecs.Zstd(level=3).encode(wrong.tobytes())
    with pytest.raises(ChunkCorruptError, match=KEY):
        array[0]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_damage_gives_an_error_or_elements(seed):
    rng = np.random.default_rng(seed)
    array = stored(DATA["walk"])
    encoded = bytearray(array.store[KEY])
    for at in rng.integers(0, len(encoded) if seed % 2 else 40, 3):
        encoded[at] = rng.integers(256)
    array.store[KEY] = bytes(encoded)
    try:
        assert array[5:1000].shape == (995,)
    except ChunkCorruptError as error:
        assert error.key == KEY  # noqa: PT017


def test_only_what_is_needed_is_decoded():
    """The last block is damaged, and the first element does not need it."""
    array = stored(DATA["walk"])
    encoded = bytearray(array.store[KEY])
    encoded[-60_000:] = b"\xff" * 60_000
    array.store[KEY] = bytes(encoded)
    assert array[7] == DATA["walk"][7]
    with pytest.raises(ChunkCorruptError, match=KEY):
        array[...]
