"""The central directory of a ZIP archive: read with suspicion, written plainly."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from zarr_c.errors import StoreError, UnsafeKeyError
from zarr_c.storage.keys import clean_key
from zarr_c.storage.zip_entry import (
    CENTRAL,
    CENTRAL_SIGNATURE,
    LIMIT32,
    LOCAL,
    UTF8,
    ZIP64,
    Entry,
    central_record,
    local_header,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from zarr_c.storage.zip_files import Draft, SizedFile

__all__ = ["archive_length", "read_directory", "write_directory"]

END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ4B2L4Q")
LOCATOR = struct.Struct("<4sLQL")
END_SIGNATURE, END64_SIGNATURE, LOCATOR_SIGNATURE = b"PK\5\6", b"PK\6\6", b"PK\6\7"
LIMIT16 = 0xFFFF
BLOCK = 1 << 20  # more than any record of the directory has


class _Bounds(NamedTuple):
    """Where the directory lies."""

    start: int
    stop: int
    entries: int
    before: int  # bytes before the archive, as a self-extracting one has
    comment: bytes


def _refused(place: str, expected: str, found: object) -> StoreError:
    return StoreError(f"{place}: expected {expected}, found {found}")


# ---- reading


def read_directory(file: SizedFile, place: str) -> tuple[dict[str, Entry], bytes]:
    """The entries of an archive under their keys, and its comment.

    Directories are no entries, and of entries with one name the last counts. Memory is taken
    for the entries that are there, not for those that the archive claims to have.

    Parameters
    ----------
    file : SizedFile
        The archive.
    place : str
        Its name in errors.

    Raises
    ------
    StoreError
        If it is no archive, is damaged or contradicts itself.
    UnsafeKeyError
        If a name would leave the root.
    """
    bounds = _find(file, place)
    table: dict[str, Entry] = {}
    spans: list[tuple[int, int, Entry]] = []
    for name, entry in _records(file, bounds, place):
        least = entry.header + LOCAL.size + len(name) + entry.packed
        spans.append((entry.header, least, entry))
        key = _key(name, entry.flags, place)
        if key[-1] != "/":
            table[key] = entry
    _check_spans(spans, bounds, place)
    return table, bounds.comment


def _key(name: bytes, flags: int, place: str) -> str:
    try:
        key = name.decode("utf-8" if flags & UTF8 or name.isascii() else "cp437")
        clean_key(key[:-1] if key[-1:] == "/" else key, normalize=False)
    except UnicodeDecodeError:
        raise UnsafeKeyError(f"{place}: expected names in UTF-8, found {name!r}") from None
    except UnsafeKeyError as error:
        raise UnsafeKeyError(f"{place}: refused because of an entry: {error}") from None
    return key


def _check_spans(spans: list[tuple[int, int, Entry]], bounds: _Bounds, place: str) -> None:
    """Tell each entry where the next begins, and refuse those that share bytes."""
    spans.sort(key=lambda span: span[0])
    limit = bounds.start
    for header, least, entry in reversed(spans):
        if least > limit:
            raise _refused(
                place, f"an entry that ends by offset {limit}", f"one from {header} to {least}"
            )
        entry.limit, limit = limit, header


def _find(file: SizedFile, place: str) -> _Bounds:
    """Find the directory by the record at the very end of the archive."""
    length = file.size()
    tail_start = max(0, length - END.size - LIMIT16)
    tail = file.read(length - tail_start, tail_start)
    at = len(tail)
    while True:
        at = tail.rfind(END_SIGNATURE, 0, at + len(END_SIGNATURE) - 1)
        if at < 0:
            found = f"no end record in {length} bytes"
            raise _refused(place, "a whole ZIP archive", found)
        if at + END.size <= len(tail):
            _, *values, comment = END.unpack_from(tail, at)
            if at + END.size + comment == len(tail):
                break
    end = tail_start + at
    values, stop = _find64(file, end, values, place) or (values, end)
    first, second, here, total, size, offset = values
    start = stop - size
    before = start - offset
    if first or second or here != total:
        raise _refused(place, "an archive in one part", "one in several")
    if before < 0 or start < 0 or total * CENTRAL.size > size:
        found = f"one of {size} bytes at offset {offset} before {stop}"
        raise _refused(place, f"a directory of {total} entries", found)
    return _Bounds(start, stop, total, before, tail[at + END.size :])


def _find64(
    file: SizedFile, end: int, values: list[int], place: str
) -> tuple[list[int], int] | None:
    """The values of the end record as zip64 has them, and where its own record begins."""
    at = end - LOCATOR.size
    if at < END64.size:
        return None
    signature, disk, offset, disks = LOCATOR.unpack(_read(file, LOCATOR.size, at, place))
    if signature != LOCATOR_SIGNATURE:
        return None
    at -= END64.size
    record = END64.unpack(_read(file, END64.size, at, place))
    signature, length, *_, disk64, disk64_start, here, total, size, start = record
    wide = [disk64, disk64_start, here, total, size, start]
    narrow = zip(values, wide, (LIMIT16,) * 4 + (LIMIT32,) * 2, strict=True)
    if (
        signature != END64_SIGNATURE
        or length != END64.size - 12
        or disk
        or disks > 1
        or offset != start + size
        or any(value not in (value64, limit) for value, value64, limit in narrow)
    ):
        raise _refused(place, "a zip64 record that agrees with the end record", record[1:])
    return wide, at


def _records(file: SizedFile, bounds: _Bounds, place: str) -> Iterator[tuple[bytes, Entry]]:
    buffer, at, place_in_file = b"", 0, bounds.start
    for _ in range(bounds.entries):
        if len(buffer) - at < BLOCK // 4 and place_in_file < bounds.stop:
            size = min(BLOCK, bounds.stop - place_in_file)
            buffer = buffer[at:] + _read(file, size, place_in_file, place)
            place_in_file, at = place_in_file + size, 0
        if len(buffer) - at < CENTRAL.size:
            break
        record = CENTRAL.unpack_from(buffer, at)
        name = at + CENTRAL.size
        extra = name + record[12]
        at = extra + record[13] + record[14]
        if record[0] != CENTRAL_SIGNATURE or at > len(buffer):
            raise _refused(place, "a record of the directory", record[0])
        yield (
            buffer[name:extra],
            _entry(file, record, buffer[extra : extra + record[13]], bounds, place),
        )
    else:
        if place_in_file == bounds.stop and at == len(buffer):
            return
    raise _refused(
        place,
        f"a directory of {bounds.entries} entries in {bounds.stop - bounds.start} bytes",
        "another number of them",
    )


def _entry(
    file: SizedFile, record: tuple[int, ...], extra: bytes, bounds: _Bounds, place: str
) -> Entry:
    flags, method, crc, packed, size, offset = *record[5:7], *record[9:12], record[18]
    if LIMIT32 in (packed, size, offset):
        size, packed, offset = _widened((size, packed, offset), extra, place)
    return Entry(file, offset + bounds.before, flags, method, crc, packed, size)


def _widened(values: tuple[int, int, int], extra: bytes, place: str) -> list[int]:
    """Sizes and offset, those that are too large for their field from the zip64 extra field."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == ZIP64:
            extra = extra[4 : 4 + length]
            wide = iter(struct.unpack_from(f"<{len(extra) // 8}Q", extra))
            break
        extra = extra[4 + length :]
    else:
        return [*values]
    try:
        return [next(wide) if value == LIMIT32 else value for value in values]
    except StopIteration:
        raise _refused(place, f"a zip64 field for {values}", f"{length} bytes") from None


def _read(file: SizedFile, size: int, offset: int, place: str) -> bytes:
    data = file.read(size, offset)
    if len(data) != size:
        raise _refused(place, f"{size} bytes at offset {offset}", len(data))
    return data


# ---- writing


def write_directory(
    draft: Draft, table: Mapping[str, Entry], comment: bytes, allow_zip64: bool
) -> None:
    """Write the directory of entries that all lie in a draft, behind them.

    Raises
    ------
    StoreError
        If that needs zip64, which is not allowed.
    """
    start, pending, waiting = draft.length, [], 0
    for key, entry in sorted(table.items(), key=lambda item: item[1].header):
        pending.append(central_record(key, entry, entry.header))
        waiting += len(pending[-1])
        if waiting > BLOCK:
            draft.append(*pending)
            pending, waiting = [], 0
    draft.append(*pending)
    draft.append(_end_records(len(table), draft.length - start, start, comment, allow_zip64))


def _end_records(count: int, size: int, start: int, comment: bytes, allow_zip64: bool) -> bytes:
    wide = b""
    if count > LIMIT16 or max(start, size) >= LIMIT32:
        if not allow_zip64:
            raise StoreError(
                f"allowZip64: expected at most 65,535 entries and 4 GiB without it, "
                f"found {count} and {start + size} bytes"
            )
        needed = 45
        wide = END64.pack(
            END64_SIGNATURE, END64.size - 12, needed, 3, needed, 0, 0, 0, count, count, size,
            start,
        ) + LOCATOR.pack(LOCATOR_SIGNATURE, 0, start + size, 1)  # fmt: skip
    count = min(count, LIMIT16)
    sizes = min(size, LIMIT32), min(start, LIMIT32)
    return wide + END.pack(END_SIGNATURE, 0, 0, count, count, *sizes, len(comment)) + comment


def archive_length(items: Iterable[tuple[str, Entry]], comment: bytes) -> int:
    """Bytes of an archive that holds these entries and nothing else."""
    start = size = count = 0
    for key, entry in items:
        count += 1
        size += len(central_record(key, entry, start))
        start += len(local_header(key, entry)) + entry.packed
    return start + size + len(_end_records(count, size, start, comment, True))
