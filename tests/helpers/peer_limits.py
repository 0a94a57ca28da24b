"""What other implementations cannot do in the matrix, and why.

The tests see to it that the table stays true: a case that a row covers must fail.
"""

from typing import NamedTuple

from matrix import cases
from matrix_tables import GROUPS, INTEGERS, TYPES, V2, V3
from peers import PEERS

BOTH = ("read", "write")


class Limit(NamedTuple):
    """One thing that a peer cannot do.

    tags : names of which a case must have all (see `matrix.Case.tags`)
    reason : what happens instead
    does : "read" what zarr_c wrote, "write" what zarr_c reads, or both
    until : a version that can, None if there is none yet
    """

    tags: set[str]
    reason: str
    does: tuple[str, ...] = BOTH
    until: str | None = None


def _no(reason, *names, also=(), **options):
    """A limit for each of several names."""
    return [Limit({name, *also}, reason, **options) for name in names]


_META_CODECS = ("conditional", "n5_default")  # zarr-python has the latter with `zarr-n5`
_EXTENSION_CODECS = ("packbits", "bitround", "reshape", "scale_offset", "cast_value")

LIMITS = {
    "zarr-python": [
        *_no("has no such type", "small types", "r24", also=["v3"]),
        *_no("has no such type", "struct", until="3.2"),
        *_no("has no such codec", "packbits", "bitround", "reshape", also=["v3"]),
        *_no("has no such codec", "scale_offset", "cast_value", until="3.3"),
        *_no("has no such codec", *_META_CODECS),
        *_no(
            "cannot hash its fill value in a shard",
            "raw_bytes",
            also=["sharded"],
            until="3.2",
        ),
        *_no("refuses arrays within records (#3583)", "records-nested"),
    ],
    "tensorstore": [
        *_no("has no such type", "text types", "times", "float8_e4m3", "float6_e2m3fn"),
        *_no("has no such type", "float6_e3m2fn", "uint2", "uint4"),
        *_no("wants the fill value in base64", "r24", also=["v3"]),
        *_no("aborts, or adds a dimension of bytes", "r24", also=["v2"]),
        *_no("aborts, or adds a dimension of bytes", "raw_bytes"),
        *_no("opens one field at a time", "struct", "records", "records-nested"),
        *_no("has no such codec", "numcodecs.*", *_EXTENSION_CODECS, also=["v3"]),
        *_no("has no such codec", *_META_CODECS),
        *_no("has no such codec", "lzma", "lz4", also=["v2"]),
        *_no("has no filters", "filters", also=["v2"]),
        *_no("writes 0.0 for 2**-127, its least value", "float8_e8m0fnu", does=("write",)),
    ],
    "zarrs": [
        *_no("zarr-python, around it, has no such type", "small types", "r24", also=["v3"]),
        *_no("has no such type", "raw_bytes", "text types", "times", "struct", "records"),
        *_no("has no such type", "r24", "records-nested", also=["v2"]),
        *_no("zarr-python, around it, has no such codec", "packbits", "bitround", also=["v3"]),
        *_no("zarr-python, around it, has no such codec", "reshape"),
        *_no("zarr-python, around it, has no such codec", "scale_offset", "cast_value"),
        *_no("zarr-python, around it, has no such codec", *_META_CODECS),
        *_no(
            "has no such codec",
            *(f"numcodecs.{name}" for name in ("gzip", "lzma", "lz4", "zstd", "blosc")),
            *(f"numcodecs.{name}" for name in ("crc32", "crc32c", "adler32", "fletcher32")),
            *(f"numcodecs.{name}" for name in ("delta", "bitround", "quantize", "astype")),
            "numcodecs.packbits",
        ),
        *_no("has no such codec", "lzma", "lz4", "delta", "delta-fortran", also=["v2"]),
        *_no("has no such codec", "crc32", "crc32c", "adler32", "fletcher32", also=["v2"]),
        *_no("has no such codec", "packbits", "bitround", "quantize", "astype", also=["v2"]),
        *_no(
            "swaps whole complex numbers",
            *("big", "transpose-zstd"),
            also=["complex types"],
            does=("read",),
        ),
        *_no("has no such type in this codec", "fixedscaleoffset", also=["float16"]),
        *_no("has no such type in this codec", "numcodecs.fixedscaleoffset", also=["float16"]),
        *_no("reads native byte order only", "big-endian types", does=("read",)),
        *_no("reads order C only", "order F", does=("read",)),
    ],
    "z5py": [
        *_no("takes big for little-endian", "wide numbers", also=["big"], does=("read",)),
    ],
    "zarr-python 2": [],
}

# Of z5py only what it says it can do: types and chains.
_Z5_TYPES = {*INTEGERS, "float32", "float64"}
_Z5_CHAINS = {"none", "gzip", "zlib", "bz2", "zstd", "slashes", *GROUPS["blosc"]} - {
    "blosc-auto"
}


def asked(peer, case, does):
    """Whether a case is one to ask a peer for."""
    if case.zarr_format not in PEERS[peer].formats:
        return False
    if peer != "z5py":
        return True
    chains = _Z5_CHAINS | ({"big"} if does == "read" else set())
    return case.type in _Z5_TYPES and case.chain in chains


def limit(peer, case, does, *, newest=False):
    """The reason that a peer cannot do a case, or None.

    Parameters
    ----------
    newest : bool
        Ask for its newest version and not for the one that is here.
    """
    for row in LIMITS[peer]:
        if row.tags <= case.tags and does in row.does and not _over(row, peer, newest):
            return row.reason
    return None


def _over(row, peer, newest):
    if row.until is None or newest:
        return row.until is not None
    version = [int(part) for part in PEERS[peer].version.split(".")[:2]]
    return version >= [int(part) for part in row.until.split(".")]


def unknown_names():
    """Names in the table that no case has, misspelt or gone."""
    known = {"v2", "v3", "sharded", *GROUPS, *TYPES, *V3, *V2}
    return {name for rows in LIMITS.values() for row in rows for name in row.tags} - known


def main():
    """Print the size of the matrix, and what each peer cannot do of it."""
    waiting = [case for case in cases() if case.waits]
    print(f"{len(cases())} cases, {len(waiting)} of which zarr_c does not read yet")
    for name, peer in PEERS.items():
        for does in BOTH:
            wanted = [case for case in cases() if asked(name, case, does)]
            print(f"\n{name} is to {does} {len(wanted)} cases")
            if peer.why_absent:
                print(f"  {peer.why_absent}")
                continue
            reasons = [limit(name, case, does) for case in wanted]
            for reason in sorted({*reasons} - {None}):
                failing = [str(c) for c, r in zip(wanted, reasons, strict=True) if r == reason]
                print(f"  {len(failing):5} {reason}: {', '.join(failing[:4])}, ...")


if __name__ == "__main__":
    main()
