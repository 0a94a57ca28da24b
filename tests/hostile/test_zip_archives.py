"""Damaged and hostile ZIP archives: the right data or a typed error, in bounded memory."""

import io
import struct
import tracemalloc
import zipfile
from contextlib import suppress

import hypothesis.strategies as st
import pytest
from hypothesis import given
from zips import OBJECTS, archive, changed

from zarr_c.errors import ChunkCorruptError, StoreError, UnsafeKeyError
from zarr_c.storage.zip import ZipStore

ERRORS = (ChunkCorruptError, StoreError, UnsafeKeyError)
EVERY_METHOD = (0, 8, 12, 14)


def opened(data, mode="r"):
    return ZipStore(io.BytesIO(data), mode)


def check_right_or_refused(data, objects=OBJECTS):
    """Whatever can be read is what was written."""
    with suppress(*ERRORS):
        store = opened(data)
        for key in store:
            with suppress(ChunkCorruptError, StoreError):
                assert store[key] == objects.get(key)


# ---- the archive


@pytest.mark.parametrize("mode", ["r", "a"])
@pytest.mark.parametrize(
    "data",
    [b"P", b"PK\5\6", b"not an archive" * 100, b"PK\3\4" * 20_000, b"PK\5\6" * 30_000],
)
def test_what_is_no_archive(tmp_path, data, mode):
    (tmp_path / "a.zip").write_bytes(data)
    for path in (tmp_path / "a.zip", io.BytesIO(data)):
        with pytest.raises(StoreError, match="expected a whole ZIP archive"):
            ZipStore(path, mode)
    assert (tmp_path / "a.zip").read_bytes() == data


def test_an_empty_file(tmp_path):
    (tmp_path / "a.zip").touch()
    with pytest.raises(StoreError, match=r"a\.zip: .*no end record in 0 bytes"):
        ZipStore(tmp_path / "a.zip")


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_cut_at_every_byte(method):
    data = archive(method=method)
    assert dict(opened(data)) == OBJECTS
    for length in range(len(data)):
        with pytest.raises(StoreError):
            opened(data[:length])
        check_right_or_refused(data[length:])
        check_right_or_refused(data[: length // 2] + data[length:])


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_every_byte_changed(method):
    data = archive(method=method)
    for i in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            other = bytearray(data)
            other[i] ^= flip
            check_right_or_refused(bytes(other))


@given(st.binary(max_size=300))
def test_noise(noise):
    for data in (noise, archive()[:-22] + noise, noise + archive()[-22:], archive() + noise):
        check_right_or_refused(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total": 2, "here": 2}, "a directory of 2 entries"),
        ({"total": 4, "here": 4}, "a directory of 4 entries"),
        ({"total": 65_000, "here": 65_000}, "a directory of 65000 entries"),
        ({"total": 0xFFFF, "here": 0xFFFF}, "a directory of 65535 entries"),
        ({"here": 2}, "in one part"),
        ({"disk": 1}, "in one part"),
        ({"bytes": 0xFFFFFFFF}, "a directory of 3 entries"),
        ({"bytes": 10}, "a directory of 3 entries"),
        ({"start": 0xFFFFFFFF}, "a directory of 3 entries"),
        ({"start": 0, "bytes": 0}, "a directory of 3 entries"),
        ({"comment": 5}, "a whole ZIP archive"),
    ],
)
def test_an_end_record_that_lies(change, message):
    with pytest.raises(StoreError, match=message):
        opened(changed(archive(), end=change))


def test_a_comment_that_looks_like_an_end_record():
    """The record that reaches to the very end counts; zipfile finds none here."""
    plain = archive()
    comment = b"PK\5\6" + bytes(10)
    data = changed(plain, end={"comment": len(comment)}) + comment
    assert dict(opened(data)) == OBJECTS
    with opened(data, "a") as store:
        file = store.path
        store["a"] = b"1"
    assert dict(ZipStore(file)) == OBJECTS | {"a": b"1"}
    assert file.getvalue().endswith(comment)


def zip64(count=3, change=None):
    """The archive with the end records of zip64."""
    plain = archive()
    end = plain[-22:]
    size, start = struct.unpack_from("<2L", end, 12)
    at = len(plain) - 22
    fields = {
        "signature": b"PK\6\6", "length": 44, "made": 45, "needed": 45, "disk": 0, "first": 0,
        "here": count, "total": count, "size": size, "start": start, "mark": b"PK\6\7",
        "locator disk": 0, "offset": at, "disks": 1,
    } | (change or {})  # fmt: skip
    record = struct.pack("<4sQ2H2L4Q4sLQL", *fields.values())
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return plain[:-22] + record + end


def test_zip64_records():
    assert dict(opened(zip64())) == OBJECTS
    assert dict(opened(b"before" + zip64())) == OBJECTS


@pytest.mark.parametrize("value", [1, 7, 10**6, 2**32, 2**63, 2**64 - 1])
@pytest.mark.parametrize(
    "field", ["length", "disk", "first", "here", "total", "size", "start", "offset", "disks"]
)
def test_zip64_records_that_lie(field, value):
    """In particular a million entries that are not there."""
    if field in ("disk", "first", "disks"):
        value = value % 2**32 or 9
    if (field, value) == ("disks", 1):
        return
    tracemalloc.start()
    try:
        with pytest.raises(StoreError):
            opened(zip64(change={field: value}))
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_a_million_entries_in_a_hole(tmp_path):
    """The file is as large as it says, so only the entries themselves can refuse it."""
    size = 46 * 10**6
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        file.seek(size)
        file.write(
            struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**6, 10**6, size, 0)
        )
        file.write(struct.pack("<4sLQL", b"PK\6\7", 0, size, 1))
        file.write(
            struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *(0xFFFF,) * 2, *(2**32 - 1,) * 2, 0)
        )
    tracemalloc.start()
    try:
        with pytest.raises(StoreError, match="a record of the directory"):
            ZipStore(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


# ---- names


@pytest.mark.parametrize(
    "name",
    [
        "../x", "a/../../x", "/etc/passwd", "a/./b", "..", ".", "C:/x", "\\x", "a\\..\\b",
        "../", "/", "a/../",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["r", "a"])
def test_names_that_leave_the_root(name, mode):
    data = archive({"fine": b"", "y" * len(name): b""})
    data = data.replace(b"y" * len(name), name.encode())
    with pytest.raises(UnsafeKeyError, match="refused because of an entry"):
        opened(data, mode)


def test_names_that_are_none():
    for name, reason in ((b"\0", "NUL"), (b"", "empty")):
        data = bytearray(archive({"y": b""}).replace(b"y", name))
        if not name:
            data = changed(data, {"name": 0}, {"name": 0}, {"start": 30, "bytes": 46})
        with pytest.raises(UnsafeKeyError, match=reason):
            opened(bytes(data))
    data = archive({"é": b""}).replace("é".encode(), b"\xff\xfe")
    with pytest.raises(UnsafeKeyError, match="names in UTF-8"):
        opened(data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_stand_twice():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for value in (b"first", b"second", b"last"):
            made.writestr("a", value)
    assert dict(ZipStore(file)) == {"a": b"last"}
