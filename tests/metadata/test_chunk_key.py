"""Chunk keys: every form of the encoding, with and without dimensions."""

from __future__ import annotations

import pickle

import pytest

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata.chunk_key import (
    DefaultChunkKeyEncoding,
    V2ChunkKeyEncoding,
    parse,
)

CORE = {"default": DefaultChunkKeyEncoding, "v2": V2ChunkKeyEncoding}


# format.md C4 C5 C6
@pytest.mark.parametrize(
    ("name", "separator", "coords", "key"),
    [
        ("default", "/", (1, 20, 3), "c/1/20/3"),
        ("default", ".", (0, 0), "c.0.0"),
        ("default", "/", (), "c"),
        ("default", ".", (), "c"),
        ("v2", ".", (1, 20, 3), "1.20.3"),
        ("v2", "/", (0, 0), "0/0"),
        ("v2", "/", (7,), "7"),
        ("v2", ".", (), "0"),
    ],
)
def test_keys(name, separator, coords, key):
    encoding = CORE[name](separator)
    assert encoding.encode_chunk_key(coords) == key
    assert encoding.decoder(len(coords))(key) == coords
    assert parse(encoding.to_json()) == encoding
    assert pickle.loads(pickle.dumps(encoding)) == encoding


# format.md E1 C4
@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("default", ("default", "/")),
        ("v2", ("v2", ".")),
        ({"name": "default"}, ("default", "/")),
        ({"name": "v2", "configuration": {}}, ("v2", ".")),
        ({"name": "v2", "configuration": {"separator": "/"}}, ("v2", "/")),
        ({"name": "default", "separator": "."}, ("default", ".")),
        ({"name": "default", "must_understand": True}, ("default", "/")),
        (("default", "."), ("default", ".")),
        (V2ChunkKeyEncoding("/"), ("v2", "/")),
    ],
)
def test_forms(spec, expected):
    name, separator = expected
    assert parse(spec) == CORE[name](separator)


# format.md E3 2.3 chunk_key_encoding
@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("v3", "found 'v3'"),
        (
            {"name": "braid", "must_understand": False},
            "chunk_key_encoding.name: expected one of",
        ),
        ({"name": "v2", "configuration": {"separator": "-"}}, "separator: expected '/' or '.'"),
        ({"name": "v2", "configuration": {"separator": ["/"]}}, "found ['/']"),
        ({"name": "v2", "configuration": {"separator": None}}, "found None"),
        ({"name": "v2", "configuration": {"x": 1}}, "no key but separator"),
        ({"name": "v2", "configuration": {"separator": "/", "x": 1}}, "no key but separator"),
        ({"separator": "/"}, "found None"),
        ({"name": ["v2"], "separator": "/"}, "found ['v2']"),
        (("default", "/", 1), "chunk_key_encoding: expected"),
        (("default", "-"), "found '-'"),
        (None, "chunk_key_encoding: expected"),
    ],
)
def test_unknown_encodings_are_named(spec, said):
    with pytest.raises(MetadataValidationError) as error:
        parse(spec)
    assert str(error.value).startswith("chunk_key_encoding")
    assert said in str(error.value)
