"""One entry of a ZIP archive: its headers, where its data lie, how they are coded and checked.

The names of fields are those of PKWARE's APPNOTE.TXT 6.3.10, in short.
"""

from __future__ import annotations

import struct
from typing import Protocol

from zarr_c.errors import ChunkCorruptError, StoreError, UnsafeKeyError
from zarr_c.storage.zip_coding import STORED, VERSIONS, compress, crc32, decompress

__all__ = ["Entry", "File", "Held"]

LIMIT32 = 0xFFFFFFFF  # a size or an offset from here on stands in a zip64 extra field

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s4B4H3L5H2L")
LOCAL_SIGNATURE, CENTRAL_SIGNATURE = b"PK\3\4", b"PK\1\2"
ZIP64 = 1  # id of the extra field

DESCRIPTOR, UTF8 = 1 << 3, 1 << 11  # flags
CODING = 1 << 1 | 1 << 2  # flags that belong to the compressed data
UNREADABLE = 1 << 0 | 1 << 5 | 1 << 6 | 1 << 13  # encrypted, patches, strongly, masked

UNIX = 3
MODE = 0o100644
MIDNIGHT, FIRST_DAY = 0, 0x21  # 1980-01-01, the first that a header can say
AHEAD = 1 << 16  # data up to this size are read, and copied, together with their header
SLACK = 64  # bytes of extra fields in a local header that are expected


class File(Protocol):
    """Bytes that are read by position."""

    def read(self, size: int, offset: int) -> bytes:
        """`size` bytes from `offset` on, fewer where the file ends."""
        ...


class Entry:
    """Where an object lies in a file and how it is coded.

    Attributes
    ----------
    file : File
        The file.
    header : int
        Offset of the local header.
    start : int
        Offset of the data, 0 until the local header has been checked.
    limit : int
        Offset that the data must not pass while `start` is 0.
    flags, method, crc, packed, size : int
        As of the directory; `packed` is the number of bytes in the file.
    """

    __slots__ = (
        "crc", "file", "flags", "header", "limit", "method", "packed", "size", "start",
    )  # fmt: skip

    def __init__(
        self, file: File, header: int, flags: int, method: int, crc: int, packed: int, size: int
    ) -> None:
        self.file, self.header = file, header
        self.flags, self.method, self.crc = flags, method, crc
        self.packed, self.size = packed, size
        self.start = self.limit = 0

    @property
    def span(self) -> int:
        """Bytes of header and data together, once `start` is known."""
        return self.start + self.packed - self.header

    def moved(self, key: str, file: File, header: int, length: int) -> Entry:
        """The same data behind a new local header of `length` bytes."""
        flags = flags_of(key, self.flags & CODING)
        entry = Entry(file, header, flags, self.method, self.crc, self.packed, self.size)
        entry.start = header + length
        return entry


def damaged(key: str, expected: str, found: object) -> ChunkCorruptError:
    """The error for an object that exists but is not what its archive says."""
    return ChunkCorruptError(f"{key!r}: expected {expected}, found {found}", key)


# ---- headers


def flags_of(key: str, coding: int = 0) -> int:
    """The flags of an entry that is written, `coding` those of its data."""
    return coding if key.isascii() else coding | UTF8


def raw_name(key: str, flags: int) -> bytes:
    """A key as the bytes that stand in headers.

    Raises
    ------
    UnsafeKeyError
        If no header can hold it.
    """
    try:
        name = key.encode("utf-8" if flags & UTF8 or key.isascii() else "cp437")
    except UnicodeEncodeError:
        raise UnsafeKeyError(f"key {key!r}: expected Unicode, found a surrogate") from None
    if len(name) > 0xFFFF:
        raise UnsafeKeyError(
            f"key {key[:40]!r}...: expected at most 65,535 bytes, found {len(name)}"
        )
    return name


def local_header(key: str, entry: Entry) -> bytes:
    """The header that stands before the data of an entry."""
    flags = flags_of(key, entry.flags & CODING)
    name, sizes, extra = raw_name(key, flags), (entry.packed, entry.size), b""
    if max(sizes) >= LIMIT32:
        extra = struct.pack("<2H2Q", ZIP64, 16, entry.size, entry.packed)
        sizes = (LIMIT32, LIMIT32)
    needed = max(VERSIONS.get(entry.method, 20), 45 if extra else 20)
    fields = (needed, flags, entry.method, MIDNIGHT, FIRST_DAY, entry.crc, *sizes)
    return LOCAL.pack(LOCAL_SIGNATURE, *fields, len(name), len(extra)) + name + extra


def central_record(key: str, entry: Entry, offset: int) -> bytes:
    """What the directory says of an entry whose local header stands at `offset`."""
    flags = flags_of(key, entry.flags & CODING)
    name, saturated = raw_name(key, flags), [entry.size, entry.packed, offset]
    wide = [value for value in saturated if value >= LIMIT32]
    size, packed, place = (min(value, LIMIT32) for value in saturated)
    extra = struct.pack(f"<2H{len(wide)}Q", ZIP64, 8 * len(wide), *wide) if wide else b""
    needed = max(VERSIONS.get(entry.method, 20), 45 if extra else 20)
    fields = (needed, UNIX, needed, 0, flags, entry.method, MIDNIGHT, FIRST_DAY, entry.crc)
    lengths = (packed, size, len(name), len(extra), 0)
    record = CENTRAL.pack(CENTRAL_SIGNATURE, *fields, *lengths, 0, 0, MODE << 16, place)
    return record + name + extra


def _data_start(key: str, entry: Entry, head: bytes) -> int:
    """Where the data begin, after a local header that says what the directory says."""
    if len(head) < LOCAL.size:
        raise damaged(key, "a local header", f"{len(head)} bytes at the end of the file")
    signature, _, flags, method, _, _, crc, packed, size, name, extra = LOCAL.unpack_from(head)
    found_name = head[LOCAL.size : LOCAL.size + name]
    for what, expected, found in (
        ("signature", LOCAL_SIGNATURE, signature),
        ("name", raw_name(key, entry.flags), found_name),
        ("method", entry.method, method),
        ("encryption", entry.flags & UNREADABLE, flags & UNREADABLE),
    ):
        if expected != found:
            raise damaged(key, f"{what} {expected!r} in the local header", f"{found!r}")
    if not flags & DESCRIPTOR and (
        crc != entry.crc
        or packed not in (entry.packed, LIMIT32)
        or size not in (entry.size, LIMIT32)
    ):
        says, found = (entry.crc, entry.packed, entry.size), (crc, packed, size)
        raise damaged(key, f"CRC and sizes {says} in the local header", f"{found}")
    start = entry.header + LOCAL.size + int(name) + int(extra)
    if start + entry.packed > entry.limit:
        raise damaged(key, f"data up to offset {entry.limit}", f"{start + entry.packed}")
    return start


# ---- reading


def locate(key: str, entry: Entry, ahead: int = 0) -> bytes:
    """Check the local header, so that `start` is known; what was read `ahead` of the data."""
    if entry.start:
        return b""
    if entry.flags & UNREADABLE:
        raise StoreError(f"{key!r}: expected an entry that is not encrypted, found one that is")
    if entry.method not in VERSIONS:
        methods = ", ".join(map(str, VERSIONS))
        raise StoreError(f"{key!r}: expected method {methods}, found {entry.method}")
    if entry.method == STORED and entry.packed != entry.size:
        raise damaged(key, f"{entry.size} stored bytes", entry.packed)
    length = LOCAL.size + len(raw_name(key, entry.flags))
    head = entry.file.read(length + SLACK + ahead, entry.header)
    entry.start = _data_start(key, entry, head)
    return head[entry.start - entry.header :]


def read_packed(key: str, entry: Entry) -> bytes:
    """The bytes of an entry as they are in the file."""
    ahead = locate(key, entry, entry.packed if entry.packed <= AHEAD else 0)
    if len(ahead) >= entry.packed and ahead:
        return ahead[: entry.packed]
    return _read(key, entry, 0, entry.packed)


def _read(key: str, entry: Entry, first: int, size: int) -> bytes:
    data = entry.file.read(size, entry.start + first)
    if len(data) != size:
        raise damaged(key, f"{size} bytes from {first} on", f"{len(data)}, the file ends")
    return data


def read_value(key: str, entry: Entry) -> bytes:
    """The object, checked."""
    value = read_packed(key, entry)
    if entry.method != STORED:
        value = _decode(key, entry, value)
    crc = crc32(value)
    if crc != entry.crc:
        raise damaged(key, f"CRC {entry.crc:#010x}", f"{crc:#010x}")
    return value


def read_range(key: str, entry: Entry, start: int, length: int | None) -> bytes:
    """Part of the object; from the file only that part where it is stored as it is."""
    size = entry.size
    first = max(size + start, 0) if start < 0 else min(start, size)
    stop = size if length is None else min(first + length, size)
    if entry.method != STORED or stop - first == size:
        return read_value(key, entry)[first:stop]
    locate(key, entry)
    return _read(key, entry, first, stop - first)


def _decode(key: str, entry: Entry, data: bytes) -> bytes:
    try:
        value = decompress(data, entry.method, entry.size)
    except ValueError as error:
        raise damaged(key, f"{entry.size} bytes after decompression", error) from error
    if len(value) != entry.size:
        found = "more" if len(value) > entry.size else len(value)
        raise damaged(key, f"{entry.size} bytes after decompression", found)
    return value


# ---- writing


def encode(key: str, value: bytes, method: int) -> tuple[Entry, bytes]:
    """An entry for a new object, still without a place, and its bytes as in a file."""
    data, coding = compress(value, method)
    flags = flags_of(key, coding)
    return Entry(Held(b""), 0, flags, method, crc32(value), len(data), len(value)), data


class Held:
    """A file that is held in memory, for one entry.

    Parameters
    ----------
    data : bytes
        What it holds.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int, offset: int) -> bytes:
        """As of `File`."""
        return self._data[offset : offset + size]
