"""The tables of the matrix of interoperability: data types, and chains of codecs.

A type or chain more is a row here; so is what it means to be refused so far (`NOT_YET`).
"""

from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

TURNED = [1, 2, 0]  # not its own inverse

# Tags of cases that zarr_c refuses so far. A list that only gets shorter: a case that is not
# refused any more fails until its name is taken out.
NOT_YET: set[str] = set()


class Type(NamedTuple):
    """A data type.

    dtype : of the elements in memory
    v3, v2 : what the documents of a format say, None where it has no such type
    kind : as of NumPy; "x" for those that only some codecs can take
    fill : the fill value of documents; in v2 it may be another one
    """

    dtype: Any
    v3: Any
    v2: Any
    kind: str
    fill: Any = 0
    fill_v2: Any = None

    @property
    def itemsize(self):
        return np.dtype(self.dtype).itemsize


def _number(name):
    dtype = np.dtype(name)
    fill = {"b": False, "f": 0.0, "c": [0.0, 0.0]}.get(dtype.kind, 0)
    return Type(name, name, dtype.str, dtype.kind, fill)


def _small(name):
    fill = 0 if "int" in name else 0.0
    # that of powers of two has no zero, so the bits say what is meant
    fill = "0x00" if name == "float8_e8m0fnu" else fill
    return Type(getattr(ml_dtypes, name), name, None, "x", fill)


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
CORE = ["bool", *INTEGERS, "float16", "float32", "float64", "complex64", "complex128"]
SMALL = [
    *("bfloat16", "float8_e3m4", "float8_e4m3", "float8_e4m3fnuz", "float8_e4m3b11fnuz"),
    *("float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float6_e2m3fn", "float6_e3m2fn"),
    *("float4_e2m1fn", "int2", "int4", "uint2", "uint4"),
]
_FIELDS = [{"name": "x", "data_type": "float32"}, {"name": "n", "data_type": "int16"}]
_NESTED = [["x", "<f4"], ["y", "<i2", [2, 2]], ["z", [["q", "<i4"]]]]
TEXT = np.dtypes.StringDType()

TYPES = {
    **{name: _number(name) for name in CORE},
    **{name: _small(name) for name in SMALL},
    "r24": Type("V3", "r24", "|V3", "x", [0, 0, 0], "AAAA"),
    "raw_bytes": Type("V3", named("raw_bytes", length_bytes=3), None, "x", "AAAA"),
    "string": Type(TEXT, "string", None, "O", ""),
    "bytes": Type(object, "bytes", None, "O", ""),
    "utf32": Type("<U5", named("fixed_length_utf32", length_bytes=20), None, "U", ""),
    "null-bytes": Type("S5", named("null_terminated_bytes", length_bytes=5), None, "S", ""),
    "datetime64": Type(
        "<M8[ms]", named("numpy.datetime64", unit="ms", scale_factor=1), None, "M", 0
    ),
    "timedelta64": Type(
        "<m8[10s]", named("numpy.timedelta64", unit="s", scale_factor=10), None, "m", 0
    ),
    "struct": Type(
        [("x", "<f4"), ("n", "<i2")],
        named("struct", fields=_FIELDS),
        None,
        "x",
        {"x": 0.0, "n": 0},
    ),
    **{text: Type(text, None, text, text[1]) for text in (">i2", ">u4", ">i8", ">f4", ">f8")},
    ">c16": Type(">c16", None, ">c16", "c", [0.0, 0.0]),
    "|S5": Type("|S5", None, "|S5", "S", ""),
    **{text: Type(text, None, text, "U", "") for text in ("<U5", ">U5")},
    "<M8[ms]": Type("<M8[ms]", None, "<M8[ms]", "M", 0),
    ">m8[10s]": Type(">m8[10s]", None, ">m8[10s]", "m", 0),
    "|O": Type(TEXT, None, "|O", "O", ""),
    "records": Type(
        [("x", "<f4"), ("n", ">i2")], None, [["x", "<f4"], ["n", ">i2"]], "x", "AAAAAAAA"
    ),
    "records-nested": Type(
        [("x", "<f4"), ("y", "<i2", (2, 2)), ("z", [("q", "<i4")])],
        None,
        _NESTED,
        "x",
        "AAAAAAAAAAAAAAAAAAAAAA==",
    ),
}


class Chain(NamedTuple):
    """Codecs and whatever else a document says beside its type.

    fields : of the document, over those that every document has
    kinds : of the types that it takes, "" for all
    lossy : elements must be small integers to come back
    common : crossed with all types and not only with numbers
    """

    fields: dict
    kinds: str = ""
    lossy: bool = False
    common: bool = False


BYTES, BIG = "the bytes codec of the type", "the same, big-endian"
DTYPE, ITEMSIZE = "the type as NumPy writes it", "bytes of one element"
ZSTD = named("zstd", level=3, checksum=False)
CRC32C = {"name": "crc32c"}
TRANSPOSE = named("transpose", order=TURNED)


def _blosc(cname, shuffle):
    return named(
        "blosc", cname=cname, shuffle=shuffle, typesize=ITEMSIZE, clevel=5, blocksize=0
    )


def _v3(*codecs, **options):
    chain = codecs if {BYTES, BIG} & {c for c in codecs if isinstance(c, str)} else None
    return Chain({"codecs": list(chain or [BYTES, *codecs])}, **options)


def _numcodec(name, first=False, kinds="uf", lossy=False, **configuration):
    codec = named(f"numcodecs.{name}", **configuration)
    return _v3(*([codec, BYTES] if first else [codec]), kinds=kinds, lossy=lossy)


def _keys(name, separator):
    encoding = {"chunk_key_encoding": named(name, separator=separator)}
    return Chain(_v3(ZSTD).fields | encoding)


V3 = {
    "none": _v3(BYTES, common=True),
    "big": _v3(BIG, common=True),
    "transpose": _v3(TRANSPOSE, BYTES, common=True),
    "transpose-zstd": _v3(TRANSPOSE, BIG, ZSTD),
    "gzip": _v3(named("gzip", level=5)),
    "zstd": _v3(ZSTD, common=True),
    "zstd-checksum": _v3(named("zstd", level=-3, checksum=True)),
    "crc32c": _v3(CRC32C),
    "zstd-crc32c": _v3(ZSTD, CRC32C),
    "blosc-lz4": _v3(_blosc("lz4", "shuffle"), common=True),
    "blosc-lz4hc": _v3(_blosc("lz4hc", "noshuffle")),
    "blosc-blosclz": _v3(_blosc("blosclz", "bitshuffle")),
    "blosc-zstd": _v3(_blosc("zstd", "bitshuffle")),
    "blosc-zlib": _v3(_blosc("zlib", "shuffle")),
    "keys-dots": _keys("default", "."),
    "keys-v2": _keys("v2", "."),
    "keys-v2-slashes": _keys("v2", "/"),
    "packbits": Chain({"codecs": [named("packbits", padding_encoding="first_byte")]}, "b"),
    "bitround": _v3(named("bitround", keepbits=5), BYTES, kinds="f", lossy=True),
    "reshape": _v3(named("reshape", shape=[-1, [2]]), BYTES, kinds="iuf"),
    "scale_offset": _v3(
        named("scale_offset", offset=1, scale=2), BYTES, kinds="if", lossy=True
    ),
    "cast_value": _v3(named("cast_value", data_type="int8"), BYTES, kinds="if", lossy=True),
    "conditional": _v3(named("conditional", codecs=[ZSTD, CRC32C])),
    "n5_default": Chain(
        {"codecs": [named("n5_default", codecs=[named("transpose", order=[2, 1, 0]), BIG])]},
        "iu",
    ),
    "numcodecs.zlib": _numcodec("zlib", level=1),
    "numcodecs.gzip": _numcodec("gzip", level=1),
    "numcodecs.bz2": _numcodec("bz2", level=1),
    "numcodecs.lzma": _numcodec("lzma", format=1, check=-1, preset=None, filters=None),
    "numcodecs.lz4": _numcodec("lz4", acceleration=1),
    "numcodecs.zstd": _numcodec("zstd", level=1),
    "numcodecs.blosc": _numcodec("blosc", cname="lz4", clevel=5, shuffle=1, blocksize=0),
    "numcodecs.shuffle": _numcodec("shuffle", elementsize=ITEMSIZE),
    "numcodecs.crc32": _numcodec("crc32"),
    "numcodecs.crc32c": _numcodec("crc32c"),
    "numcodecs.adler32": _numcodec("adler32"),
    "numcodecs.fletcher32": _numcodec("fletcher32"),
    "numcodecs.delta": _numcodec("delta", True, "iu", dtype=DTYPE),
    "numcodecs.bitround": _numcodec("bitround", True, "f", True, keepbits=5),
    "numcodecs.fixedscaleoffset": _numcodec(
        "fixedscaleoffset", True, "f", True, offset=1, scale=2, dtype=DTYPE, astype="<i2"
    ),
    "numcodecs.quantize": _numcodec("quantize", True, "f", True, digits=2, dtype=DTYPE),
    "numcodecs.astype": _numcodec(
        "astype", True, "f", True, encode_dtype="<f4", decode_dtype=DTYPE
    ),
    "numcodecs.packbits": _numcodec("packbits", True, "b"),
}


# Chains that are also crossed with sharding: one of each sort, and what comes before the shard.
SHARDED = {
    *("none", "big", "gzip", "zstd", "crc32c", "zstd-crc32c", "blosc-lz4"),
    *("transpose", "transpose-zstd", "reshape", "scale_offset", "cast_value"),
    *("conditional", "n5_default"),
}


def _v2(compressor=None, *filters, kinds="", lossy=False, common=False, **fields):
    fields |= {"compressor": compressor, "filters": list(filters) or None}
    return Chain(fields, kinds, lossy, common)


def _filter(name, kinds="", lossy=False, order="C", **configuration):
    return _v2(None, {"id": name} | configuration, kinds=kinds, lossy=lossy, order=order)


def _v2_blosc(cname, shuffle):
    return {"id": "blosc", "cname": cname, "clevel": 5, "shuffle": shuffle, "blocksize": 0}


V2 = {
    "none": _v2(common=True),
    "fortran": _v2(order="F", common=True),
    "slashes": _v2(dimension_separator="/"),
    "zlib": _v2({"id": "zlib", "level": 1}, common=True),
    "gzip": _v2({"id": "gzip", "level": 5}),
    "bz2": _v2({"id": "bz2", "level": 1}),
    "lzma": _v2({"id": "lzma", "format": 1, "check": -1, "preset": None, "filters": None}),
    "zstd": _v2({"id": "zstd", "level": 3}),
    "zstd-fortran": _v2({"id": "zstd", "level": 3}, order="F"),
    "lz4": _v2({"id": "lz4", "acceleration": 1}),
    "blosc": _v2(_v2_blosc("lz4", 1), common=True),
    "blosc-zstd": _v2(_v2_blosc("zstd", 2)),
    "blosc-auto": _v2(_v2_blosc("lz4", -1)),
    "delta": _filter("delta", "iu", dtype=DTYPE),
    "delta-fortran": _filter("delta", "iu", order="F", dtype=DTYPE),
    "shuffle": _v2({"id": "zlib", "level": 1}, {"id": "shuffle", "elementsize": ITEMSIZE}),
    "zlib-filter": _filter("zlib", level=1),
    "crc32": _filter("crc32"),
    "crc32c": _filter("crc32c"),
    "adler32": _filter("adler32"),
    "fletcher32": _filter("fletcher32"),
    "packbits": _filter("packbits", "b"),
    "bitround": _filter("bitround", "f", lossy=True, keepbits=5),
    "quantize": _filter("quantize", "f", lossy=True, digits=2, dtype=DTYPE),
    "fixedscaleoffset": _filter(
        "fixedscaleoffset", "f", lossy=True, scale=2, offset=1, dtype=DTYPE, astype="<i2"
    ),
    "astype": _filter("astype", "f", lossy=True, encode_dtype="<f4", decode_dtype=DTYPE),
    "vlen-utf8": _filter("vlen-utf8", "O"),
    "vlen-utf8-zstd": _v2({"id": "zstd", "level": 3}, {"id": "vlen-utf8"}, kinds="O"),
}


# Names that stand for several, in the tables of what peers cannot do.
GROUPS = {
    "small types": set(SMALL),
    "text types": {"string", "bytes", "utf32", "null-bytes", "|S5", "<U5", ">U5", "|O"},
    "complex types": {"complex64", "complex128", ">c16"},
    "wide numbers": {name for name in CORE if np.dtype(name).itemsize > 1},
    "big-endian types": {name for name in TYPES if name[0] == ">"},
    "times": {"datetime64", "timedelta64", "<M8[ms]", ">m8[10s]"},
    "numcodecs.*": {name for name in V3 if name.startswith("numcodecs.")},
    "blosc": {name for name in (*V3, *V2) if name.startswith("blosc")},
    "filters": {name for name, chain in V2.items() if chain.fields["filters"]},
    "order F": {name for name in V2 if name.endswith("fortran")},
}
