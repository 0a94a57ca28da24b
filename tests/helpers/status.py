"""The pages of ``docs/status``, made of what the tests go through.

``python tests/helpers/status.py`` says which pages are out of date, ``--renew`` writes them.
"""

import argparse
from pathlib import Path

import api
from matrix import cases, document
from matrix_tables import TYPES, V2, V3
from peer_limits import asked, limit
from peers import PEERS

import zarr_c.storage
from zarr_c.codecs import get_codec_class
from zarr_c.codecs.base import BytesBytesCodec, Codec
from zarr_c.codecs.registry import get_v2_codec_class
from zarr_c.errors import MetadataValidationError, UnknownCodecError
from zarr_c.metadata import chunk_grid, chunk_key
from zarr_c.storage.primitives import Primitives

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "status"
HEAD = "<!-- made by `make status ARGS=--renew` -->\n\n"

# Other programs that read what a store wrote, or wrote what it reads, and the tests of it.
STORE_TESTS = {
    "LocalStore": ("all of the matrix", "tests/interop/test_matrix.py"),
    "MemoryStore": ("zarr-python", "tests/interop/test_properties.py"),
    "ZipStore": ("zarr-python, `zipfile`, `zip`", "tests/storage/test_zip_interop.py"),
    "FsspecStore": ("zarr-python, tensorstore over S3", "tests/remote/test_interop.py"),
    "ObjectStore": ("zarr-python, tensorstore over S3", "tests/remote/test_interop.py"),
    "GpuMemoryStore": ("", "tests/storage/test_gpu_contract.py"),
    "MappingStore": ("", "tests/storage/test_contract.py"),
    "ManagedMemoryStore": ("", "tests/storage/test_memory.py"),
    "WrapperStore": ("", "tests/storage/test_wrapper_contract.py"),
    "LoggingStore": ("", "tests/storage/test_wrapper_contract.py"),
    "CoroutineStore": ("zarr-python", "tests/storage/test_coroutine_store.py"),
    "CacheStore": ("", "tests/storage/test_wrapper_contract.py"),
}

GRIDS = {
    "`regular`": {"name": "regular", "configuration": {"chunk_shape": [2]}},
    "`rectilinear`": {
        "name": "rectilinear",
        "configuration": {"kind": "inline", "chunk_shapes": [[1, [2, 2]]]},
    },
    "`rectangular` (draft)": {
        "name": "rectangular",
        "configuration": {"chunk_shape": [[2, 3]]},
    },
    "`zarrs.regular_bounded`": {
        "name": "zarrs.regular_bounded",
        "configuration": {"chunk_shape": [2]},
    },
}
ENCODINGS = {
    "default": {},
    "v2": {},
    "suffix": {"suffix": ".tiff", "base_encoding": "default"},
    "prefix": {"prefix": "x/", "base_encoding": "default"},
    "fanout": {},
    "template": {"format": "{*}", "separator": "/"},
    "zarrs.default_suffix": {"suffix": ".tiff"},
}


def table(head, rows):
    """A table of Markdown; empty cells are dashes."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([(cell or "-").replace("|", r"\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def tested(found):
    """The peers that do one of these cases, and which way where it is only one."""
    names = []
    for peer in PEERS:
        ways = [
            does
            for does in ("read", "write")
            if any(
                asked(peer, case, does) and not limit(peer, case, does, newest=True)
                for case in found
                if not case.waits
            )
        ]
        if ways:
            names.append(peer if len(ways) == 2 else f"{peer} ({ways[0]}s)")
    return ", ".join(names)


def support(found):
    """Whether zarr_c reads and writes these cases: the matrix has it do both or neither."""
    return "yes" if any(not case.waits for case in found) else "not yet"


# ---- pages


def data_types():
    """Each row of the table of types."""
    rows = []
    for name, kind in TYPES.items():
        found = [case for case in cases() if case.type == name]
        v3 = kind.v3 if kind.v3 is None or isinstance(kind.v3, str) else kind.v3["name"]
        v2 = kind.v2 if kind.v2 is None or isinstance(kind.v2, str) else name
        spelled = [f"`{text}`" if text else "" for text in (v3, v2)]
        rows.append([*spelled, support(found), tested(found)])
    head = ["Zarr v3", "Zarr v2", "read and written", "tested with"]
    return "# Data types\n\n" + HEAD + _PEERS_TEXT + table(head, rows)


def codecs():
    """Each codec of the table of chains."""
    parts = []
    for zarr_format, chains in ((3, V3), (2, V2)):
        rows = []
        for name, members in _codecs(zarr_format, chains).items():
            rows.append(
                [f"`{name}`", support(members), made(name, zarr_format), tested(members)]
            )
        head = ["codec", "read and written", "made", "tested with"]
        parts.append(f"## Zarr v{zarr_format}\n\n{table(head, sorted(rows))}")
    return "# Codecs\n\n" + HEAD + _PEERS_TEXT + "\n".join(parts)


def _codecs(zarr_format, chains):
    """The cases of every codec that the chains of a format have."""
    found = {}
    for case in cases():
        if case.zarr_format != zarr_format or case.chain not in chains:
            continue
        given = document(case)
        if zarr_format == 3:
            names = {codec["name"] for codec in _flat(given["codecs"])}
        else:
            used = [*(given["filters"] or []), given["compressor"]]
            names = {codec["id"] for codec in used if codec}
        for name in names:
            found.setdefault(name, []).append(case)
    return found


def _flat(chain):
    """The codecs of a chain and of shards within."""
    for codec in chain:
        yield codec
        yield from _flat(codec.get("configuration", {}).get("codecs", ()))


def made(name, zarr_format):
    """How a codec is made: natively, or by the package that it is adapted from."""
    if zarr_format == 2:
        return "natively" if get_v2_codec_class(name) else "by numcodecs"
    try:
        codec = get_codec_class(name)
    except UnknownCodecError:
        return ""
    stages = [cls.stage for cls in codec.__mro__ if "stage" in vars(cls)]
    adapted = stages and stages[0] in (BytesBytesCodec.stage, getattr(Codec, "stage", None))
    return "in Python" if adapted else "natively"


def grids():
    """Grids, key encodings and storage transformers, by asking zarr_c."""
    v2 = [["v2 `chunks`", "yes", ""]]
    rows = [[name, _answer(chunk_grid.parse, spec, (5,)), "v3"] for name, spec in GRIDS.items()]
    rows = [row[:2] for row in [*rows, *v2]]
    keys = [
        [f"`{name}`", _answer(chunk_key.parse, {"name": name, "configuration": configuration})]
        for name, configuration in ENCODINGS.items()
    ]
    return (
        f"# Chunk grids, key encodings, storage transformers\n\n{HEAD}"
        + table(["chunk grid", "read and written"], rows)
        + "\n"
        + table(["chunk key encoding", "read and written"], keys)
        + "\nNo storage transformer is registered; an array with one is refused.\n"
    )


def _answer(parse, *arguments):
    try:
        parse(*arguments)
    except MetadataValidationError:
        return "refused"
    return "yes"


def stores():
    """Each store, and the other programs that its objects were exchanged with."""
    rows = []
    for name in zarr_c.storage.__all__:
        cls = getattr(zarr_c.storage, name)
        if not (isinstance(cls, type) and issubclass(cls, Primitives)) or name == "Store":
            continue
        others, test = STORE_TESTS[name]
        words = cls.__doc__.splitlines()[0].replace("``", "`")
        rows.append([f"`{name}`", words, _moved(cls), others, f"`{test}`"])
    head = ["store", "what it is", "chunks are moved", "exchanged with", "tests"]
    return f"# Stores\n\n{HEAD}{table(head, rows)}"


def _moved(cls):
    if issubclass(cls, zarr_c.storage.WrapperStore):
        return "as by the store within"
    native = cls._native is not Primitives._native
    return "natively" if native else "with the GIL, once for an object"


_PEERS_TEXT = (
    f"Tested with {', '.join(PEERS)}: each reads what zarr_c wrote and writes what zarr_c\n"
    'reads, to the bit; "(reads)" and "(writes)" name the only one of the two it can.\n\n'
)
PAGE_MAKERS = {page.__name__: page for page in (data_types, codecs, grids, stores)}
PAGE_MAKERS["api"] = api.page


def outdated():
    """The pages that are not what would be made now."""
    paths = {name: PAGES / f"{name}.md" for name in PAGE_MAKERS}
    return [
        name
        for name, path in paths.items()
        if not path.exists() or path.read_text() != PAGE_MAKERS[name]()
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--renew", action="store_true", help="write those that are out of date")
    renew = parser.parse_args().renew
    for name in outdated():
        print(f"{name}.md is {'renewed' if renew else 'out of date'}")
        if renew:
            PAGES.mkdir(exist_ok=True)
            (PAGES / f"{name}.md").write_text(PAGE_MAKERS[name]())


if __name__ == "__main__":
    main()
