"""ZIP archives for tests: what `zipfile` finds in them, and how to falsify them."""

import io
import os
import struct
import zipfile

from zarr_c.storage.zip import ZipStore

OBJECTS = {"zarr.json": b"{}", "c/0": b"0123456789" * 20, "c/é": bytes(300)}

LOCAL = {"flags": 6, "method": 8, "crc": 14, "packed": 18, "size": 22, "name": 26}
CENTRAL = {"flags": 8, "method": 10, "crc": 16, "packed": 20, "size": 24, "name": 28}
CENTRAL |= {"extra": 30, "comment": 32, "disk": 34, "offset": 42}
END = {"disk": 4, "here": 8, "total": 10, "bytes": 12, "start": 16, "comment": 20}
LONG = ("crc", "packed", "size", "offset", "bytes", "start")


def contents(path):
    """What `zipfile` finds, each name once and every CRC right."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(set(names)) == len(names)
        return {name: archive.read(name) for name in names}


def least_size(path):
    """Bytes of an archive that holds its entries and nothing else."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    names = sum(len(entry.filename.encode()) for entry in entries)
    data = sum(entry.compress_size for entry in entries)
    return data + 2 * names + (30 + 46) * len(entries) + 22


def temporaries(path):
    return [name for name in os.listdir(path.parent) if name.startswith(".zc-tmp-")]


def archive(objects=OBJECTS, method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for key, value in objects.items():
            made.writestr(zipfile.ZipInfo(key), value, method)
    return file.getvalue()


def changed(data, local=(), central=(), end=()):
    """An archive with other values in the first header, the first record or the end record."""
    data = bytearray(data)
    for table, signature, changes in (
        (LOCAL, b"PK\3\4", local),
        (CENTRAL, b"PK\1\2", central),
        (END, b"PK\5\6", end),
    ):
        at = data.index(signature)
        for field, value in dict(changes).items():
            struct.pack_into("<L" if field in LONG else "<H", data, at + table[field], value)
    return bytes(data)


def fill(path, objects, mode="w", **options):
    with ZipStore(path, mode, **options) as store:
        store.update(objects)
