"""Changes documents and chunks of stores at random, and reads what comes out.

``python mutations.py documents|chunks ROUNDS STORE...``
"""

import copy
import json
import random
import sys
import warnings
from pathlib import Path

import zarr_c
from zarr_c.errors import BaseZarrError, DataTypeValidationError

OURS = (BaseZarrError, DataTypeValidationError, MemoryError, ImportError)
HOSTILE = [
    -1,
    0,
    1,
    2,
    255,
    2**31,
    2**32 - 1,
    2**62,
    2**63,
    2**64,
    1e308,
    0.5,
    float("nan"),
    None,
    True,
    "",
    "x",
    "/",
    "..",
    "\\\\0",
    "4" * 400,
    [],
    {},
    [[]],
    [None],
    {"name": "x"},
    [0],
    [1] * 70,
    {"name": "bytes"},
    "|O",
    "<f8",
    "int4",
    "string",
]


def paths(value, here=()):
    yield here
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from paths(item, (*here, key))


def change_document(rng, data):
    document = json.loads(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        path = rng.choice([p for p in paths(document) if p] or [()])
        if not path:
            return json.dumps(rng.choice(HOSTILE)).encode()
        at = document
        for key in path[:-1]:
            at = at[key]
        how = rng.random()
        if how < 0.15:
            del at[path[-1]]
        elif how < 0.3 and isinstance(at, list):
            at.append(copy.deepcopy(at[path[-1]]))
        elif how < 0.4 and isinstance(at, dict):
            at["key"] = at.pop(path[-1])
        elif type(at[path[-1]]) is int and how < 0.6:
            at[path[-1]] += rng.choice([-1, 1, 7, 1000])
        else:
            at[path[-1]] = copy.deepcopy(rng.choice(HOSTILE))
    return json.dumps(document).encode()


def change_chunk(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        at = rng.randrange(len(data)) if data else 0
        how = rng.random()
        if how < 0.5 and data:
            data[at] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
        elif how < 0.6:
            data = data[:at]
        elif how < 0.7:
            data += rng.randbytes(rng.choice([1, 16]))
        elif how < 0.8:
            del data[at : at + rng.randrange(9)]
        elif how < 0.9:
            data[at : at + 8] = (2 ** rng.randrange(65) - 1).to_bytes(9, "little")[:8]
        else:
            data[at:at] = rng.randbytes(4)
    return bytes(data)


def read(store):
    array = zarr_c.open_array(dict(store), mode="r")
    for selection in ((0,) * array.ndim, (-1,) * array.ndim):
        if array.size:
            array[selection]
    if array.nbytes < 2**22 and max(array.shape, default=0) < 2**31:  # NumPy's own limits
        array[...]


def change(kind, folder, rounds):
    """Read a store that was changed in so many ways; yields what went wrong."""
    files = {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
    documents = [key for key in files if key.endswith(("zarr.json", ".zarray"))]
    chunks = [key for key in files if not key.endswith((".json", ".zarray", ".zattrs"))]
    for number in range(rounds):
        rng = random.Random(f"{kind} {folder.parent.name}/{folder.name} {number}")
        store = dict(files)
        key = rng.choice(documents if kind == "documents" else chunks)
        store[key] = CHANGES[kind](rng, store[key])
        try:
            read(store)
        except OURS:
            pass
        except BaseException as error:
            where = f"{folder.parent.name}/{folder.name} {number}"
            yield [where, f"{type(error).__name__}: {error}", repr(store[key])]


CHANGES = {"documents": change_document, "chunks": change_chunk}


def main(kind, rounds, *folders):
    """Print each failure, then the most memory in MiB that this process has had."""
    warnings.simplefilter("ignore")
    for folder in folders:
        for failure in change(kind, Path(folder), int(rounds)):
            print(json.dumps(failure))
    with open("/proc/self/status") as file:  # ru_maxrss would be that of the parent, if larger
        print(next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM:")))


if __name__ == "__main__":
    main(*sys.argv[1:])
