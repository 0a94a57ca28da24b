"""Blosc frames of elements of one byte: decoded by LZ4 itself, as numcodecs does."""

import numpy as np
import pytest
from codec_cases import decode, make_chain
from numcodecs import blosc

from zarr_c.codecs import BloscCodec
from zarr_c.errors import ChunkCorruptError

RNG = np.random.default_rng(7)
SIZES = [1, 17, 128, 1000, 65_536, 100_003]


def contents(n):
    """Constant, smooth, noisy, and noisy in the middle."""
    ramp = np.arange(n) // 7 % 251
    noise = RNG.integers(0, 256, n)
    mixed = np.where((np.arange(n) > n // 3) & (np.arange(n) < n // 2), noise, ramp)
    return [values.astype("u1").tobytes() for values in (0 * ramp, ramp, noise, mixed)]


def chain_of(n):
    return make_chain(BloscCodec(typesize=1, cname="lz4", shuffle="shuffle"), n)


@pytest.mark.parametrize("blocksize", [0, 256, 4096, 65_536])
@pytest.mark.parametrize("n", SIZES)
def test_frames_of_numcodecs(n, blocksize):
    for data in contents(n):
        for shuffle in (blosc.SHUFFLE, blosc.NOSHUFFLE):
            frame = blosc.compress(data, b"lz4", 5, shuffle, blocksize, typesize=1)
            assert decode(chain_of(n), frame) == data


@pytest.mark.parametrize("place", ["offset", "length", "stream", "end"])
def test_damage_is_an_error_or_has_the_right_length(place):
    data = contents(20_000)[3]
    frame = blosc.compress(data, b"lz4", 5, blosc.SHUFFLE, 4096, typesize=1)
    assert frame[2] & 0x23 == 0x21  # shuffled LZ4 that is not stored as it is
    start = int.from_bytes(frame[16:20], "little")
    at = {"offset": 16, "length": start, "stream": start + 4, "end": len(frame) - 8}[place]
    errors = 0
    for i in range(8 if place != "offset" else 20):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            damaged = bytearray(frame)
            damaged[at + i] = value
            try:
                assert len(decode(chain_of(len(data)), bytes(damaged))) == len(data)
            except ChunkCorruptError:
                errors += 1
    assert errors
