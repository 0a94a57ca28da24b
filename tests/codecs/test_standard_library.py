"""bz2 and LZMA: streams of Python's modules, decoded in bounded memory."""

import bz2
import lzma

import numpy as np
import pytest
from codec_cases import decode, encode, make_chain, sample

from zarr_c.codecs.numcodecs import BZ2, LZMA
from zarr_c.errors import ChunkCorruptError, CodecError, MetadataValidationError

DATA = sample(5000)
RAW = [{"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_LZMA2, "preset": 1}]
CODECS = {
    "bz2": (BZ2(), lambda data: bz2.compress(data, 1)),
    "lzma": (LZMA(), lzma.compress),
    "lzma-extreme": (
        LZMA(preset=9 | lzma.PRESET_EXTREME, check=lzma.CHECK_CRC32),
        lambda data: lzma.compress(data, preset=9, check=lzma.CHECK_CRC32),
    ),
    "lzma-alone": (
        LZMA(format=lzma.FORMAT_ALONE),
        lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
    ),
    "lzma-raw": (
        LZMA(format=lzma.FORMAT_RAW, filters=RAW),
        lambda data: lzma.compress(data, format=lzma.FORMAT_RAW, filters=RAW),
    ),
    "lzma-filters": (
        LZMA(filters=RAW),
        lambda data: lzma.compress(data, filters=RAW),
    ),
}


# format.md D3
@pytest.mark.parametrize("name", CODECS)
def test_streams_are_those_of_the_standard_library(name):
    codec, compress = CODECS[name]
    chain = make_chain(codec, len(DATA))
    assert decode(chain, encode(chain, DATA)) == DATA
    assert decode(chain, compress(DATA)) == DATA


@pytest.mark.parametrize("name", ["bz2", "lzma"])
def test_streams_one_behind_the_other_and_zeros_after_them(name):
    codec, compress = CODECS[name]
    chain = make_chain(codec, len(DATA))
    first, second = compress(DATA[:2000]), compress(DATA[2000:])
    assert decode(chain, first + bytes(8) + second + bytes(4)) == DATA


@pytest.mark.parametrize("name", CODECS)
def test_damage(name):
    codec, compress = CODECS[name]
    chain = make_chain(codec, len(DATA))
    whole = compress(DATA)
    wrong = {
        "empty": b"",
        "cut": whole[:-20],
        "short": compress(DATA[:-1]),
        "long": compress(DATA + b"!"),
        "rubbish": b"rubbish" * 9,
        "behind": whole + b"rubbish",
    }
    for stored in wrong.values():
        with pytest.raises(ChunkCorruptError, match=r"cannot decode|number of bytes"):
            decode(chain, stored)


@pytest.mark.parametrize(
    ("codec", "configuration", "message"),
    [
        (BZ2, {"level": 0}, "level: expected an integer from 1 to 9"),
        (BZ2, {"level": "9"}, "level: expected an integer from 1 to 9"),
        (BZ2, {"levels": 1}, "levels: expected one of"),
        (LZMA, {"format": 0}, "format: expected 1, 2 or 3"),
        (LZMA, {"check": 99}, "check: expected an integer"),
        (LZMA, {"preset": 10}, "preset: expected an integer"),
        (LZMA, {"format": 3}, "filters: expected one to four objects"),
        (LZMA, {"filters": [{}] * 5}, "filters: expected one to four objects"),
        (LZMA, {"filters": [{"id": "delta"}]}, "filters: expected one to four objects"),
    ],
)
def test_configurations_that_cannot_be(codec, configuration, message):
    with pytest.raises(MetadataValidationError, match=f"codec '{codec.name}': {message}"):
        codec.from_configuration(configuration)


@pytest.mark.parametrize("filters", [[{"id": 77}], [{"id": lzma.FILTER_DELTA, "dist": 2**40}]])
def test_filters_that_lzma_does_not_take(filters):
    chain = make_chain(LZMA(filters=filters), 4)
    with pytest.raises(CodecError, match="cannot encode"):
        chain.encode(np.zeros(4, "u1"))
