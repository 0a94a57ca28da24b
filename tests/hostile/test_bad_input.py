"""Bad input is refused with a typed error: what it is about, expected and found."""

import json

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import (
    ArrayIndexError,
    ArrayNotFoundError,
    BoundsCheckError,
    ContainsArrayError,
    DataTypeValidationError,
    MetadataValidationError,
    NodeNotFoundError,
    ReadOnlyError,
    UnknownCodecError,
    UnsafeKeyError,
)
from zarr_c.storage import LocalStore, MemoryStore


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"shape": -1}, ValueError, "shape: expected lengths of at least 0, found -1"),
        ({"shape": (2, 1.5)}, TypeError, "shape: expected integers, found"),
        ({"shape": "ab"}, TypeError, "shape: expected integers, found 'ab'"),
        ({"shape": None}, ValueError, "shape: expected a shape"),
        (
            {"shape": (1,) * 65, "chunks": (1,) * 65},
            ValueError,
            "at most 64 dimensions, found 65",
        ),
        ({"shape": 4, "chunks": 0}, ValueError, "chunks"),
        ({"shape": 4, "chunks": -2}, ValueError, "chunks"),
        ({"shape": 4, "chunks": (2, 2)}, ValueError, "chunks"),
        ({"shape": 4, "chunks": "many"}, (ValueError, TypeError), "chunks.*'many'"),
        ({"shape": 4, "chunks": 1.5}, (ValueError, TypeError), "chunks"),
        ({"shape": 4, "dtype": "f3"}, (DataTypeValidationError, TypeError), "f3"),
        ({"shape": 4, "dtype": object}, (DataTypeValidationError, TypeError), "object|O"),
        ({"shape": 4, "dtype": "u1", "fill_value": 256}, (ValueError, OverflowError), "256"),
        ({"shape": 4, "dtype": "u1", "fill_value": "x"}, (ValueError, TypeError), "x"),
        ({"shape": 4, "zarr_format": 4}, ValueError, "zarr_format: expected 2, 3 .*found 4"),
        ({"shape": 4, "order": "K"}, ValueError, "order: expected 'C', 'F' .*found 'K'"),
        ({"shape": 4, "compressors": "zip"}, UnknownCodecError, "codec 'zip'"),
        ({"shape": 4, "compressors": 5}, TypeError, "compressors: expected codecs.*found 5"),
        ({"shape": 4, "filters": "zstd"}, ValueError, "filters: expected.*found 'zstd'"),
        ({"shape": 4, "serializer": "zstd"}, ValueError, "serializer: expected.*'zstd'"),
        ({"shape": 4, "chunks": 2, "shards": 3}, ValueError, "shards"),
        ({"shape": 4, "config": {"ordre": "C"}}, TypeError, "config: unknown keys"),
        ({"shape": 4, "dimension_names": ["a", "b"]}, ValueError, "dimension_names"),
        ({"shape": (2**62, 4), "chunks": (2**62, 4)}, ValueError, "chunk"),
        ({"shape": 2**70}, (ValueError, OverflowError), "shape"),
    ],
)
def test_arguments_of_a_new_array(arguments, error, message):
    """And nothing is stored."""
    store = {}
    with pytest.raises(error, match=message):
        zarr_c.create_array(store, **{"dtype": "i4"} | arguments)
    assert store == {}


@pytest.mark.parametrize(
    ("selection", "error", "message"),
    [
        (10, BoundsCheckError, "index 10 is out of bounds for axis 0 with size 10"),
        ((0, -11), BoundsCheckError, "index -11 is out of bounds for axis 1 with size 10"),
        ((0, 0, 0), ArrayIndexError, "too many indices.*at most 2, found 3"),
        (1.5, IndexError, "found 1.5 of type float"),
        ("field", IndexError, "'field'"),
        ((..., ...), IndexError, "at most one Ellipsis"),
        (slice(0, 5, 0), ValueError, "zero"),
    ],
)
def test_selections(selection, error, message):
    z = zarr_c.create_array({}, shape=(10, 10), dtype="i4")
    for use in (lambda: z[selection], lambda: z.__setitem__(selection, 1)):
        with pytest.raises(error, match=message):
            use()
    assert z.nchunks_initialized == 0


DOCUMENT = {
    "zarr_format": 3,
    "node_type": "array",
    "shape": [4],
    "data_type": "int32",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "fill_value": 0,
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
}


def grid(*chunks):
    return {"name": "regular", "configuration": {"chunk_shape": list(chunks)}}


def test_the_document_that_the_next_test_spoils():
    store = MemoryStore({"zarr.json": json.dumps(DOCUMENT).encode()})
    assert zarr_c.open_array(store, mode="r")[...].tolist() == [0] * 4


@pytest.mark.parametrize(
    "changes",
    [
        *({"shape": shape} for shape in ([-1], [1.5], [True], ["4"], 4, None, [4, 4], [2**63])),
        {"shape": [1] * 65, "chunk_grid": grid(*[1] * 65)},
        *({"chunk_grid": grid(n)} for n in (0, -1, 1.5, "2", True, 2**62, 2**64, 2**200)),
        {"shape": [2**40] * 2, "chunk_grid": grid(2**40, 2**40)},
        {"chunk_grid": {"name": "hexagonal"}},
        {"chunk_key_encoding": {"name": "default", "configuration": {"separator": "-"}}},
        {"data_type": "int33"},
        {"data_type": "r7"},
        {"data_type": None},
        *({"fill_value": fill} for fill in ("x", None, 2**31, 1.5, [0], {}, "NaN")),
        {"codecs": []},
        {"codecs": "bytes"},
        {"codecs": [{"name": "nothing"}]},
        {"codecs": [*DOCUMENT["codecs"], {"name": "gzip", "configuration": {"level": 99}}]},
        {"node_type": "tensor"},
        {"zarr_format": 5},
        {"dimension_names": ["a", "b"]},
        {"storage_transformers": [{"name": "x"}]},
        {"surprise": {"name": "x", "must_understand": True}},
    ],
    ids=str,
)
def test_documents_with_one_wrong_field(changes):
    """At open, with the key of the document in the message."""
    store = MemoryStore({"zarr.json": json.dumps(DOCUMENT | changes).encode()})
    with pytest.raises(
        (MetadataValidationError, DataTypeValidationError, UnknownCodecError)
    ) as e:
        zarr_c.open_array(store, mode="r")
    assert len(str(e.value)) > 20


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        json.dumps(DOCUMENT).encode()[:-1],
        json.dumps(DOCUMENT).encode() + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        json.dumps(DOCUMENT).encode("utf-16"),
        b'{"zarr_format": 3, "shape": [' + b"9" * 5000 + b"]}",
    ],
    ids=range(11),
)
@pytest.mark.parametrize("key", ["zarr.json", ".zarray"])
def test_documents_that_are_no_json(text, key):
    with pytest.raises(MetadataValidationError, match=key):
        zarr_c.open_array(MemoryStore({key: text}), mode="r")


def test_a_document_may_have_a_byte_order_mark():
    store = MemoryStore({"zarr.json": b"\xef\xbb\xbf" + json.dumps(DOCUMENT).encode()})
    assert zarr_c.open_array(store, mode="r").shape == (4,)


def test_arrays_that_are_not_there(tmp_path):
    for mode in ("r", "r+"):
        with pytest.raises(ArrayNotFoundError, match="nothing"):
            zarr_c.open_array(tmp_path / "nothing", mode=mode)
        with pytest.raises(NodeNotFoundError, match="nothing"):
            zarr_c.open(tmp_path / "nothing", mode=mode)
    assert not (tmp_path / "nothing").exists()
    group = zarr_c.open_group(tmp_path / "g", mode="w")
    with pytest.raises(KeyError, match="absent"):
        group["absent"]


def test_modes_and_overwriting(tmp_path):
    zarr_c.create_array(tmp_path / "a", data=np.arange(3))
    with pytest.raises(ContainsArrayError, match="a"):
        zarr_c.create_array(tmp_path / "a", shape=3, dtype="i4")
    with pytest.raises(ValueError, match=r"mode.*'x'"):
        zarr_c.open_array(tmp_path / "a", mode="x")
    reader = zarr_c.open_array(tmp_path / "a", mode="r")
    for change in (
        lambda: reader.__setitem__(0, 1),
        lambda: reader.resize(5),
        lambda: reader.append([1]),
        lambda: reader.attrs.update(a=1),
    ):
        with pytest.raises(ReadOnlyError, match="read-only"):
            change()
    assert reader[...].tolist() == [0, 1, 2]


@pytest.mark.parametrize("key", ["..", "../x", "a/../../x", "a/./b", "a\0b", "C:\\x", "\ud800"])
@pytest.mark.parametrize("make", [MemoryStore, dict, "local"])
def test_keys_that_are_unsafe(key, make, tmp_path):
    store = LocalStore(tmp_path / "s") if make == "local" else make()
    group = zarr_c.open_group(store, mode="w")
    for use in (lambda: group.create_array(key, shape=1, dtype="u1"), lambda: group[key]):
        with pytest.raises((UnsafeKeyError, KeyError, ValueError)):
            use()
    if make == "local":
        assert [p.name for p in tmp_path.iterdir()] == ["s"]


def test_a_huge_chunk_costs_only_what_is_read():
    """Chunks larger than any memory are legal as long as nobody reads one."""
    z = zarr_c.create_array({}, shape=2**50, chunks=2**50, dtype="u1", compressors=None)
    assert z[2**49 : 2**49 + 3].tolist() == [0, 0, 0]
    with pytest.raises(MemoryError):
        z[0] = 1
