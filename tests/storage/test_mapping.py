"""A store over somebody's mapping."""

import pytest

from zarr_c.storage import MappingStore


def test_the_mapping_is_used_as_it_is():
    mapping = {"a": bytearray(b"1")}
    store = MappingStore(mapping)
    store["b"] = b"2"
    assert mapping["b"] == b"2"
    assert store["a"] == b"1"
    assert type(store["a"]) is bytes
    assert store.mapping is mapping
    assert store == MappingStore(mapping)
    assert hash(store) == hash(MappingStore(mapping))


def test_a_value_that_is_no_bytes_names_its_key():
    with pytest.raises(TypeError, match="'a': expected a bytes-like object, found str"):
        MappingStore({"a": "text"})["a"]


def test_it_needs_a_mutable_mapping():
    with pytest.raises(TypeError, match="mapping: expected"):
        MappingStore([("a", b"1")])


def test_errors_of_the_mapping_come_through():
    class Broken(dict):
        def __getitem__(self, key):
            raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        MappingStore(Broken())["a"]
