"""Each codec of a chain works on what the one before it made."""

import numpy as np
import pytest

import zarr_c
from zarr_c.codecs import ArrayArrayCodec, ArrayBytesCodec, register_codec
from zarr_c.errors import MetadataValidationError
from zarr_c.metadata.dtype import parse_v3

DATA = np.arange(9 * 8, dtype="i4").reshape(9, 8)


class NegateCodec(ArrayArrayCodec):
    """Refuses arrays that are not as the chain promises."""

    name = "test.negate"

    def encode(self, data):
        assert data.shape == (3, 4)
        assert data.dtype == np.int32
        return -data

    def decode(self, data):
        return self.encode(data)


class WidenCodec(ArrayArrayCodec):
    """int32 as int64."""

    name = "test.widen"

    def encoded(self, given):
        return given.with_(data_type=parse_v3("int64"))

    def encode(self, data):
        return data.astype("i8")

    def decode(self, data):
        assert data.dtype == np.int64
        return data.astype("i4")


class TextCodec(ArrayBytesCodec):
    """Numbers in decimal."""

    name = "test.text"

    def encode(self, data):
        return " ".join(map(str, data.ravel())).encode()

    def decode(self, data):
        return np.array(bytes(data).decode().split(), "i4")


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr("zarr_c.codecs.registry._CODECS", {})
    for codec in (NegateCodec, WidenCodec, TextCodec):
        register_codec(codec.name, codec)


def transpose(*order):
    return {"name": "transpose", "configuration": {"order": list(order)}}


def bytes_codec(endian):
    return {"name": "bytes", "configuration": {"endian": endian}}


CHAINS = {
    "negated": (["test.negate"], bytes_codec("little"), -DATA[:3, :4]),
    "negated, big": (["test.negate"], bytes_codec("big"), (-DATA[:3, :4]).astype(">i4")),
    "negated, then transposed": (
        ["test.negate", transpose(1, 0)],
        bytes_codec("big"),
        (-DATA[:3, :4]).T.astype(">i4"),
    ),
    "transposed twice": (
        [transpose(1, 0), transpose(1, 0), "test.negate"],
        bytes_codec("little"),
        -DATA[:3, :4],
    ),
    "widened": (["test.widen"], bytes_codec("big"), DATA[:3, :4].astype(">i8")),
}


# format.md P2
@pytest.mark.parametrize("name", CHAINS)
def test_the_stored_bytes_are_those_of_each_step_in_turn(name):
    filters, serializer, stored = CHAINS[name]
    array = zarr_c.create_array(
        {},
        shape=DATA.shape,
        dtype="i4",
        chunks=(3, 4),
        filters=filters,
        serializer=serializer,
        compressors=None,
    )
    array[...] = DATA
    assert array.store["c/0/0"] == stored.tobytes()
    assert np.array_equal(array[...], DATA)
    assert np.array_equal(array[1:8, ::3], DATA[1:8, ::3])
    array[2:5, 3:6] = 7
    changed = DATA.copy()
    changed[2:5, 3:6] = 7
    assert np.array_equal(array[...], changed)


def test_a_codec_from_array_to_bytes_of_a_user_runs():
    array = zarr_c.create_array(
        {},
        shape=DATA.shape,
        dtype="i4",
        chunks=(3, 4),
        serializer="test.text",
        compressors=None,
    )
    array[...] = DATA
    assert array.store["c/0/0"] == b"0 1 2 3 8 9 10 11 16 17 18 19"
    assert np.array_equal(array[...], DATA)


# format.md P1
@pytest.mark.parametrize(
    ("codecs", "message"),
    [
        ([bytes_codec("little"), "test.negate"], "only before the codec from array to bytes"),
        (["gzip", bytes_codec("little")], "only after the codec from array to bytes"),
        ([bytes_codec("little"), "test.text"], "only once"),
        (["test.negate"], "expected one codec from array to bytes"),
    ],
)
def test_codecs_out_of_order_are_refused(codecs, message):
    with pytest.raises(MetadataValidationError, match=message):
        zarr_c.create(shape=4, store={}, dtype="i4", codecs=codecs)
