"""Golden stores: what zarr_c writes, kept to be read for ever.

One small store for each codec and format lies in ``tests/golden``. ``python
tests/helpers/golden.py`` says which would be written otherwise now, ``--renew`` writes those
anew.
"""

import argparse
import json
import shutil
from pathlib import Path

from matrix import cases, document, elements, our_documents
from matrix_tables import TYPES

import zarr_c
from zarr_c.storage import MemoryStore

GOLDEN = Path(__file__).parents[1] / "golden"

# Whatever is behind these may differ between versions of the libraries that compress.
COMPRESSORS = ("blosc", "bz2", "gzip", "lz4", "lzma", "pcodec", "zfp", "zlib", "zstd")


def golden_cases():
    """One case for each chain, of the first of these types that it takes, by its folder."""
    found = {}
    for kind in ("int16", "float32", "float64", "bool", "|O", *TYPES):
        for case in cases():
            if case.type == kind and not case.waits:
                sharded = "sharded-" if case.sharded else ""
                found.setdefault(f"v{case.zarr_format}/{sharded}{case.chain}", case)
    # that an array is sharded is one more codec, and not as many as there are chains
    return {
        name: case
        for name, case in found.items()
        if not case.sharded or case.chain in ("none", "zstd")
    }


def exact(case):
    """Whether the format alone decides on every byte."""
    text = json.dumps(document(case))
    return not any(f'"{name}"' in text or f'.{name}"' in text for name in COMPRESSORS)


def written(case):
    """What zarr_c writes for a case, by key."""
    store = MemoryStore(our_documents(document(case)))
    array = zarr_c.open_array(store, mode="r+", zarr_format=case.zarr_format)
    array[...] = elements(case)
    return {key: bytes(store[key]) for key in store}


def stored(name):
    """What a golden store holds, by key."""
    folder = GOLDEN / name
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def chunks(files):
    """Those of the files that are no metadata documents."""
    return {key: files[key] for key in files if not key.startswith((".z", "zarr.json"))}


def names():
    """The golden stores that there are."""
    return sorted(str(path.relative_to(GOLDEN)) for path in GOLDEN.glob("v[23]/*"))


def renew():
    """Write those that are new or would be written otherwise now, and remove what is gone."""
    wanted = golden_cases()
    for name in set(names()) - wanted.keys():
        shutil.rmtree(GOLDEN / name)
    for name, case in wanted.items():
        found, old = written(case), stored(name)
        if found.keys() == old.keys() and not exact(case):
            found |= {
                key: old[key] for key in old if not key.endswith(("zarr.json", ".zarray"))
            }
        if found == old:
            continue
        shutil.rmtree(GOLDEN / name, ignore_errors=True)
        for key, value in found.items():
            path = GOLDEN / name / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(value)
        print(f"{name} is new")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--renew", action="store_true", help="write those that differ anew")
    if parser.parse_args().renew:
        renew()
    for name, case in golden_cases().items():
        if stored(name) != written(case):
            print(f"{name} would be written {'otherwise' if exact(case) else 'in other bytes'}")


if __name__ == "__main__":
    main()
