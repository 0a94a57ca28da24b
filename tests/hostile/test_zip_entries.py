"""Entries of ZIP archives that are damaged or lie: the right data or an error with the key."""

import io
import struct
import tracemalloc
import zipfile
import zlib
from contextlib import suppress

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from zips import archive, changed

from zarr_c.errors import ChunkCorruptError, StoreError
from zarr_c.storage.zip import ZipStore

COMPRESSED = (8, 12, 14)


def opened(data, mode="r"):
    return ZipStore(io.BytesIO(data), mode)


@pytest.mark.parametrize(
    ("local", "central", "message"),
    [
        ({"flags": 1}, {"flags": 1}, "not encrypted"),
        ({"flags": 1}, {}, "encryption"),
        ({"method": 93}, {"method": 93}, "expected method 0, 8, 12, 14, found 93"),
        ({"method": 8}, {}, "method 0 in the local header"),
        ({}, {"method": 8}, "method 8 in the local header"),
        ({"method": 8}, {"method": 8}, "after decompression"),
        ({"crc": 5}, {}, "CRC and sizes"),
        ({"crc": 5}, {"crc": 5}, "CRC 0x00000005"),
        ({"size": 5}, {}, "CRC and sizes"),
        ({}, {"size": 5}, "5 stored bytes"),
        ({"packed": 5, "size": 5}, {"packed": 5, "size": 5}, "CRC"),
        ({"name": 2}, {}, "name"),
        ({"name": 0xFFFF}, {}, "name"),
    ],
)
def test_entries_that_lie(local, central, message):
    """Only they are refused, and the archive keeps them until they are replaced."""
    data = changed(archive({"bad": b"1" * 100, "good": b"2"}), local, central)
    store = opened(data, "a")
    assert store["good"] == b"2"
    with pytest.raises((ChunkCorruptError, StoreError), match=f"'bad': .*{message}"):
        store["bad"]
    if message.startswith("CRC 0x") or message == "after decompression":
        return  # that shows only in the data, which are copied as they are
    store["new"] = b"3"
    if message != "CRC":
        with pytest.raises((ChunkCorruptError, StoreError), match=message):
            store.flush()
    store["bad"] = b"healed"
    store.close()
    assert dict(ZipStore(store.path)) == {"bad": b"healed", "good": b"2", "new": b"3"}


@pytest.mark.parametrize("field", ["packed", "offset", "extra", "comment", "name"])
@pytest.mark.parametrize("value", [0xFFFF, 0xFFFE, 5000])
def test_entries_that_end_behind_the_directory(field, value):
    with pytest.raises(StoreError):
        opened(changed(archive(), central={field: value}))


def test_data_that_are_moved_into_another_entry():
    """By an extra field in the local header, which the directory does not show."""
    data = bytearray(archive({"a": b"1" * 100, "b": b"2" * 100}))
    struct.pack_into("<H", data, 28, 50)
    store = opened(bytes(data))
    for use in (lambda: store["a"], lambda: store.get_range("a", 0, 10)):
        with pytest.raises(ChunkCorruptError, match="'a': expected data up to offset 131"):
            use()
    assert store["b"] == b"2" * 100


def test_entries_that_share_bytes():
    """One body for many names is how small bombs are made."""
    data = archive({"a": bytes(100), "b": bytes(100)})
    second = data.rindex(b"PK\1\2")
    for offset in (0, 5):
        other = bytearray(data)
        struct.pack_into("<L", other, second + 42, offset)
        with pytest.raises(StoreError, match="an entry that ends by offset"):
            opened(bytes(other))


def with_extra(extra):
    """An archive whose first offset stands in an extra field."""
    data = changed(archive({"a": b"1"}), central={"offset": 0xFFFFFFFF, "extra": len(extra)})
    at = data.index(b"PK\1\2") + 47
    size, start = struct.unpack_from("<2L", data, len(data) - 10)
    return changed(
        data[:at] + extra + data[at:], end={"bytes": size + len(extra), "start": start}
    )


def test_zip64_fields_among_others():
    extra = b"UT\5\0\3\1\2\3\4" + b"\1\0\x08\0" + bytes(8)
    assert dict(opened(with_extra(extra))) == {"a": b"1"}


@pytest.mark.parametrize("extra", [b"", b"\1\0", b"\1\0\x08\0", b"\1\0\x08\0" + b"\xff" * 8])
def test_zip64_fields_that_lie(extra):
    with pytest.raises(StoreError):
        opened(with_extra(extra))


@pytest.mark.parametrize("method", COMPRESSED)
def test_bombs(method):
    """What yields more than it says takes no more memory than it says."""
    bomb = archive({"a": bytes(300_000_000)}, method)
    small = {"size": 1000}
    store = opened(changed(bomb, small, small))
    tracemalloc.start()
    try:
        with pytest.raises(ChunkCorruptError, match=r"'a': expected 1000 bytes.*found more"):
            store["a"]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("method", COMPRESSED)
def test_promises_of_data_that_are_not_there(method):
    large = {"size": 0xFFFFFFF0}
    store = opened(changed(archive({"a": b"12" * 50}, method), large, large))
    tracemalloc.start()
    try:
        with pytest.raises(ChunkCorruptError, match="'a': expected 4294967280 bytes"):
            store["a"]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_an_lzma_window_that_is_claimed():
    """4 GiB for ten bytes; no more than the object is allocated."""
    data = archive({"a": b"0123456789"}, zipfile.ZIP_LZMA)
    properties = data.index(b"\x09\x04\x05\x00")
    data = data.replace(data[properties : properties + 9], data[properties:][:5] + b"\xff" * 4)
    tracemalloc.start()
    try:
        assert opened(data)["a"] == b"0123456789"
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    for byte in (225, 255, 44):
        bad = data.replace(data[properties:][:5], data[properties:][:4] + bytes([byte]))
        with pytest.raises(ChunkCorruptError, match="'a'"):
            opened(bad)["a"]


@given(st.data())
def test_changed_compressed_data(data):
    """zlib decides what is damage; it is never wrong data."""
    value = np.random.default_rng(0).integers(0, 4, 2000, "u1").tobytes()
    method = data.draw(st.sampled_from(COMPRESSED))
    plain = bytearray(archive({"a": value}, method))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(31, plain.index(b"PK\1\2") - 1))
        plain[at] = data.draw(st.integers(0, 255))
    with suppress(ChunkCorruptError):
        assert opened(bytes(plain))["a"] == value


def test_an_archive_that_shrinks_while_it_is_open(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(archive({"a": bytes(5000), "b": bytes(5000)}))
    store = ZipStore(path)
    store.get_range("b", 0, 1)
    with path.open("r+b") as file:
        file.truncate(6000)
    assert store["a"] == bytes(5000)
    for use in (lambda: store["b"], lambda: store.get_range("b", 4000, 10)):
        with pytest.raises(ChunkCorruptError, match=r"'b': expected .* the file ends"):
            use()
    with path.open("r+b") as file:
        file.truncate(0)
    with pytest.raises(ChunkCorruptError, match="'a'"):
        store["a"]


def test_the_crc_is_that_of_zlib():
    """Ours may come from another library."""
    file = io.BytesIO()
    value = np.random.default_rng(0).bytes(70_001)
    with ZipStore(file, "w") as store:
        store["a"] = value
    with zipfile.ZipFile(file) as made:
        assert zlib.crc32(value) == made.getinfo("a").CRC
