"""The matrix of interoperability: every type and every chain of codecs, in both formats.

A case is an array of one type behind one chain, sharded or not. `document` describes it in the
words of the specifications, so that it does not depend on how any library spells arguments.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from matrix_tables import (
    BIG,
    BYTES,
    CORE,
    CRC32C,
    DTYPE,
    GROUPS,
    ITEMSIZE,
    NOT_YET,
    SHARDED,
    SMALL,
    TEXT,
    TYPES,
    V2,
    V3,
    named,
)

from zarr_c.metadata import v2, v3
from zarr_c.metadata.document import dumps

SHAPE, CHUNKS, SHARDS = (5, 4, 3), (3, 2, 3), (6, 4, 3)


class Case(NamedTuple):
    """One array of the matrix."""

    zarr_format: int
    type: str
    chain: str
    sharded: bool

    @property
    def tags(self):
        """Every name that a table may know the case by."""
        names = {f"v{self.zarr_format}", self.type, self.chain}
        names |= {"sharded"} if self.sharded else set()
        return names | {group for group, members in GROUPS.items() if names & members}

    @property
    def waits(self):
        """What zarr_c does not know of it so far."""
        tags = self.tags
        return {name for name in NOT_YET if tags.issuperset(name.split(" + "))}

    def __str__(self):
        return f"v{self.zarr_format}-{self.type}-{self.chain}{'-sharded' * self.sharded}"


def _takes(chain, type_name, kind):
    if kind == "O":  # its chain is that of the type
        return chain.kinds == "O" or (chain.common and "codecs" in chain.fields)
    if chain.kinds:  # numcodecs' lossy ones do not know other byte orders
        return kind in chain.kinds and (type_name in CORE or not chain.lossy)
    return chain.common or type_name in CORE


@cache
def cases():
    """All cases, in the order of the tables."""
    found = []
    for zarr_format, chains in ((3, V3), (2, V2)):
        for name, kind in TYPES.items():
            if (kind.v3 if zarr_format == 3 else kind.v2) is None:
                continue
            for chain in chains:
                if _takes(chains[chain], name, kind.kind):
                    shardings = (False, True)[: 1 + (zarr_format == 3 and chain in SHARDED)]
                    found += [Case(zarr_format, name, chain, s) for s in shardings]
    return found


def document(case):
    """The metadata of a case, as its format's specification has them."""
    kind = TYPES[case.type]
    if case.zarr_format == 3:
        return _v3_document(case, kind)
    return {
        "zarr_format": 2,
        "shape": list(SHAPE),
        "chunks": list(CHUNKS),
        "dtype": kind.v2,
        "fill_value": kind.fill if kind.fill_v2 is None else kind.fill_v2,
        "order": "C",
        "dimension_separator": ".",
    } | _filled(V2[case.chain].fields, kind)


def _v3_document(case, kind):
    fields = _filled(V3[case.chain].fields, kind)
    grid = SHARDS if case.sharded else CHUNKS
    if case.sharded:
        sharding = {
            "chunk_shape": list(CHUNKS),
            "codecs": fields["codecs"],
            "index_codecs": [named("bytes", endian="little"), CRC32C],
            "index_location": "end",
        }
        fields["codecs"] = [named("sharding_indexed", **sharding)]
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(SHAPE),
        "data_type": kind.v3,
        "chunk_grid": named("regular", chunk_shape=list(grid)),
        "chunk_key_encoding": named("default", separator="/"),
        "fill_value": kind.fill,
        "attributes": {},
    } | fields


def _filled(value, kind):
    """What a chain says, with what depends on the type filled in."""
    if isinstance(value, dict):
        return {key: _filled(item, kind) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, kind) for item in value]
    if value == DTYPE:
        return np.dtype(kind.dtype).str
    if value == ITEMSIZE:
        return kind.itemsize
    return _bytes_codec(kind, value) if value in (BYTES, BIG) else value


def _bytes_codec(kind, wanted):
    if kind.kind == "O":
        return {"name": "vlen-utf8" if kind.v3 == "string" else "vlen-bytes"}
    dtype = np.dtype(kind.dtype)
    if dtype.itemsize == 1 or dtype.kind == "S" or (dtype.char == "V" and not dtype.names):
        return {"name": "bytes"}
    return named("bytes", endian="little" if wanted == BYTES else "big")


def our_documents(given):
    """The documents of an array as zarr_c spells them, by key."""
    if given["zarr_format"] == 3:
        documents = {"zarr.json": v3.array_document(v3.parse_array(given, "zarr.json"))}
    else:
        documents = v2.array_documents(v2.parse_array(given, None, ".zarray"))
    return {key: dumps(content) for key, content in documents.items()}


@cache
def elements(case):
    """Elements that use every bit of their type; the first chunk holds nothing but fill."""
    kind = TYPES[case.type]
    chain = (V3 if case.zarr_format == 3 else V2)[case.chain]
    rng = np.random.default_rng(1)
    dtype = np.dtype(kind.dtype)
    if kind.kind in "OUS":
        words = ["", "a", "zarr", "\N{SNOWMAN}é", "12345"]
        data = rng.choice(words, SHAPE).astype(TEXT)
        if kind.kind == "S" or kind.v3 == "bytes":
            data = np.array([w.encode()[:5] for w in data.flat], object).reshape(SHAPE)
        if dtype.kind == "U":  # NumPy 2.4 makes big-endian text of StringDType in native order
            data = data.astype(dtype.newbyteorder("="))
        data = data.astype(dtype)
        data[:3, :2] = b"" if kind.kind == "S" or kind.v3 == "bytes" else ""
        return data
    if kind.kind == "b" or chain.lossy:
        data = rng.integers(0, 2 if kind.kind == "b" else 8, SHAPE).astype(dtype)
    elif case.type in SMALL:
        data = rng.integers(0, 2 ** min(8 * dtype.itemsize, _bits(case.type)), SHAPE)
        data = data.astype(f"u{dtype.itemsize}").view(dtype)
    else:
        data = rng.integers(0, 256, (*SHAPE, dtype.itemsize), "u1").view(dtype)[..., 0]
    data[:3, :2] = np.zeros((), dtype)
    return data


def _bits(name):
    """Bits of a small type that count: of int2 two, though it fills a byte."""
    digits = name.replace("uint", "").replace("int", "").replace("bfloat", "")
    return int(digits.replace("float", "").split("_")[0])


def bits(array):
    """What an array holds, to be compared: shape, kind, and elements to the bit."""
    array = np.asarray(array)
    if array.dtype.kind in "OT":
        return array.shape, "O", array.tolist()
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return array.shape, array.dtype.kind, np.ascontiguousarray(native).tobytes()
