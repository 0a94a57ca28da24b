"""Pcodec: what others wrote is read, what is written is what the library reads."""

import sys
from pathlib import Path

import numpy as np
import pytest
from codec_cases import decode, encode

import zarr_c
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.numcodecs import PCodec
from zarr_c.codecs.representation import Representation
from zarr_c.errors import ChunkCorruptError, MetadataValidationError
from zarr_c.metadata.dtype import from_numpy

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "zarrs"


def chain_of(codec, data):
    rep = Representation(data.shape, from_numpy(data.dtype, 2), bytes(data.itemsize))
    return Chain([codec.stage(rep)], data.nbytes)


def walk(dtype, shape, seed=0):
    """A random walk, which is smooth."""
    steps = np.random.default_rng(seed).normal(size=int(np.prod(shape)))
    return np.cumsum(steps * 20).clip(0, 120).reshape(shape).astype(dtype)


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"level": 13}, "level: expected an integer from 0 to 12"),
        ({"mode_spec": "best"}, "mode_spec: expected 'auto' or 'classic'"),
        ({"delta_spec": "all"}, "delta_spec: expected one of"),
        ({"delta_spec": "try_consecutive"}, "delta_encoding_order: expected an integer"),
        ({"delta_encoding_order": 8}, "delta_encoding_order: expected an integer"),
        ({"equal_pages_up_to": 0}, "equal_pages_up_to: expected a positive integer"),
        ({"paging_spec": None}, "paging_spec: expected 'equal_pages_up_to'"),
    ],
)
def test_configurations_that_cannot_be(configuration, message):
    with pytest.raises(MetadataValidationError, match=f"codec 'numcodecs.pcodec': {message}"):
        PCodec.from_configuration(configuration)


@pytest.mark.parametrize("dtype", ["?", "u1", "c8", ">i4"])
def test_elements_that_it_cannot_take(dtype):
    with pytest.raises(MetadataValidationError, match="data_type: expected one of"):
        chain_of(PCodec(), np.zeros(3, dtype))


# format.md 2.2 numcodecs.*
@pytest.mark.skipif(not CORPORA.is_dir(), reason=f"there are no corpora in {CORPORA}")
@pytest.mark.parametrize(
    ("path", "zarr_format"),
    [
        ("v3/array_pcodec.zarr", 3),
        ("v3_zarr_python/array_pcodec.zarr", 3),
        ("v2/array_pcodec_C.zarr", 2),
    ],
)
def test_arrays_of_others(path, zarr_format):
    """The same ramp as in an array without compression."""
    pytest.importorskip("pcodec")
    expected = zarr_c.open_array(CORPORA / "v2" / "array_none_C.zarr", mode="r")[...]
    found = zarr_c.open_array(CORPORA / path, zarr_format=zarr_format, mode="r")[...]
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"])
@pytest.mark.parametrize(
    "configuration",
    [
        {},
        {"level": 2, "mode_spec": "classic", "delta_spec": "no_op"},
        {"delta_spec": "try_consecutive", "delta_encoding_order": 2, "equal_pages_up_to": 50},
        {"delta_encoding_order": 1},
        {"delta_spec": "none"},
        {"delta_spec": "try_lookback"},
    ],
)
def test_pcodec(dtype, configuration):
    pytest.importorskip("pcodec")
    data = walk(dtype, (13, 9))
    chain = chain_of(PCodec(**configuration), data)
    stored = encode(chain, data.tobytes())
    assert decode(chain, stored) == data.tobytes()
    from pcodec import ChunkConfig, standalone

    assert np.array_equal(standalone.simple_decompress(stored), data.ravel())
    for wrong in (
        b"",
        stored[:-9],
        b"rubbish",
        standalone.simple_compress(data.ravel()[1:], ChunkConfig()),
    ):
        with pytest.raises(ChunkCorruptError, match="cannot decode"):
            decode(chain, wrong)


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pcodec", None)
    with pytest.raises(ImportError, match=r"pip install 'zarr_c\[pcodec\]'"):
        chain_of(PCodec(), walk("f4", (4,)))
