"""Decoders of chunks and shards: any bytes in the place of an object."""

import gzip
import zlib

import numcodecs
import numpy as np
from fuzz_rules import attempt, same

import zarr_c
from zarr_c.codecs import BloscCodec, GzipCodec, ZstdCodec
from zarr_c.storage import MemoryStore

SHAPE = (8, 32)
PARTS = [(0, 3), (slice(2, 5), slice(7, 9)), (-1, -1), (slice(None), 31)]
WORDS = ["", "a", "bc", "é", "0" * 40, "\U0001f600"]
TEXT = np.dtypes.StringDType()
TEXTS = np.resize(np.array(WORDS, dtype=object), SHAPE)
BYTES = np.resize(np.array([word.encode() for word in WORDS], dtype=object), SHAPE)
RAGGED = np.empty(SHAPE, dtype=object)
for i in range(RAGGED.size):
    RAGGED.flat[i] = np.arange(i % 5, dtype="<i4")


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


CRC32C = {"name": "crc32c"}
LITTLE, BIG = named("bytes", endian="little"), named("bytes", endian="big")
TURNED = named("transpose", order=[1, 0])
ZSTD = named("zstd", level=3, checksum=False)


def array(dtype, data=None, **layout):
    """What an array of one chunk is created with, and its elements: numbers that compress."""
    if data is None:
        data = (np.arange(256) // 3 % 90).astype(dtype).reshape(SHAPE)
    return {"dtype": dtype, "chunks": SHAPE, "compressors": None, **layout}, data


def array_v2(dtype, *filters, data=None, codec=None):
    return array(dtype, data, zarr_format=2, filters=list(filters), compressors=codec)


def blosc(dtype, cname, shuffle, blocksize=0):
    typesize = np.dtype(dtype).itemsize
    codec = BloscCodec(cname=cname, shuffle=shuffle, blocksize=blocksize, typesize=typesize)
    return array(dtype, compressors=codec)


def shard(dtype="i4", data=None, location="end", checked=False, **layout):
    """One shard; few inputs would come further than a checksum of its index."""
    index = [LITTLE, CRC32C] if checked else [LITTLE]
    shards = {"shape": SHAPE, "index_location": location, "index_codecs": index}
    return array(dtype, data, **{"chunks": (2, 8), "shards": shards, **layout})


def nested():
    inner = named(
        "sharding_indexed", chunk_shape=[2, 4], codecs=[LITTLE], index_codecs=[LITTLE]
    )
    lists = {"codecs": [inner], "index_codecs": [LITTLE], "index_location": "end"}
    return array("u2", serializer=named("sharding_indexed", chunk_shape=[4, 8], **lists))


# The arrays of each target; the first byte of an input chooses one.
ARRAYS = {
    "bytes": [
        array("i4"),
        array("?"),
        array("f2", filters=[TURNED]),
        array("c8", serializer=BIG),
        array("i2", filters=[named("reshape", shape=[-1, [1]])]),
        array_v2("<U3"),
        array_v2("S5"),
        array_v2("<M8[ms]"),
    ],
    "zstd": [
        array_v2("f8", codec=numcodecs.Zstd(3)),
        array("i4", compressors=ZstdCodec()),
        array("u1", compressors=ZstdCodec(level=19, checksum=True)),
        array("i2", compressors=[ZstdCodec(), ZstdCodec()]),
    ],
    "gzip": [
        array_v2("u1", codec=numcodecs.GZip(9)),
        array("i4", compressors=GzipCodec(level=1)),
        array("i2", compressors=[GzipCodec(level=0), GzipCodec(level=5)]),
    ],
    "zlib": [array_v2("i4", codec=numcodecs.Zlib(1)), array_v2("u1", codec=numcodecs.Zlib(9))],
    "lz4": [array_v2("i4", codec=numcodecs.LZ4()), array_v2("u1", codec=numcodecs.LZ4(9))],
    "blosc": [
        blosc("i4", "lz4", "shuffle"),
        blosc("u1", "lz4", "noshuffle"),
        blosc("u2", "lz4hc", "bitshuffle"),
        blosc("f8", "blosclz", "shuffle", 256),
        blosc("i2", "blosclz", "noshuffle", 128),
        blosc("f4", "zstd", "bitshuffle", 512),
        blosc("i8", "zlib", "shuffle", 256),
        array_v2("i2", codec=numcodecs.Blosc("lz4", clevel=0)),
        array("i4", compressors=[BloscCodec(cname="lz4", typesize=1), GzipCodec(level=0)]),
    ],
    "checksums": [
        array("i4", compressors=[CRC32C]),
        array("i4", compressors=[CRC32C, ZstdCodec()]),
        array_v2("i4", codec=numcodecs.Adler32()),
        array_v2("i4", codec=numcodecs.CRC32(location="end")),
        array_v2("i4", numcodecs.Fletcher32()),
    ],
    "filters": [
        array_v2("i4", numcodecs.Delta("i4")),
        array_v2("f4", numcodecs.FixedScaleOffset(10, 7, dtype="f4", astype="u1")),
        array_v2("f8", numcodecs.AsType("f4", "f8")),
        array_v2("i4", numcodecs.Shuffle(4)),
        array_v2("?", numcodecs.PackBits()),
        array("?", serializer={"name": "packbits"}),
        array("u2", serializer=named("packbits", first_bit=2, last_bit=9)),
        array("i2", filters=[named("cast_value", data_type="int8")]),
        array("i2", filters=[named("scale_offset", offset=1, scale=2)]),
        array("f4", serializer=named("n5_default", codecs=[TURNED, BIG])),
        array(
            "i2", serializer=named("n5_default", codecs=[TURNED, BIG, named("gzip", level=1)])
        ),
        array("i2", compressors=[named("conditional", codecs=[ZSTD, CRC32C])]),
    ],
    "zfp": [
        array("f4", serializer=named("zfp", mode="reversible")),
        array("i4", serializer=named("zfp", mode="fixed_rate", rate=8.0)),
        array("f8", serializer=named("zfp", mode="fixed_accuracy", tolerance=0.1)),
    ],
    "python": [
        array_v2("i4", codec=numcodecs.BZ2(1)),
        array_v2("i4", codec=numcodecs.LZMA(preset=1)),
    ],
    "variable": [
        array(TEXT, TEXTS),
        array(TEXT, TEXTS, compressors=GzipCodec(level=1)),
        array("bytes", BYTES),
        array_v2(object, numcodecs.VLenUTF8(), data=TEXTS),
        array_v2(object, numcodecs.VLenBytes(), data=BYTES),
        array_v2(object, numcodecs.VLenArray("<i4"), data=RAGGED),
    ],
    "objects": [
        array_v2(object, numcodecs.JSON(), data=TEXTS),
        array_v2(object, numcodecs.MsgPack(), data=TEXTS),
        array_v2(object, numcodecs.Categorize(WORDS, dtype=object), data=TEXTS),
    ],
    "shard": [
        shard(),
        shard(location="start", compressors=ZstdCodec()),
        shard("u1", compressors=[CRC32C]),
        shard(checked=True),
        shard(compressors=BloscCodec(cname="lz4", typesize=4)),
        nested(),
        shard(TEXT, TEXTS, chunks=(4, 32)),
    ],
}


def zstd(data):
    """Decode at once, into room for a chunk: a stream refuses blocks larger than its window."""
    _, elements = ARRAYS["zstd"][0]
    return bytes(numcodecs.Zstd().decode(data, bytearray(elements.nbytes)))


# What the first array of these takes, its twin takes too, and makes the same of it.
TWINS = {
    "zstd": zstd,
    "gzip": gzip.decompress,
    "zlib": zlib.decompress,
    "lz4": numcodecs.LZ4().decode,
}
LOSSY = {"filters", "zfp"}  # what is read cannot be written, or is not read again
# LZ4 itself lets matches of offset zero pass, our decoder of parts does not.
STRICT = {"blosc"}


class Chunks:
    """Reads arrays whose only object is the input but for its first byte."""

    def __init__(self, name):
        self.twin, self.lossy, self.strict = TWINS.get(name), name in LOSSY, name in STRICT
        self.cases = [self.written(layout, data) for layout, data in ARRAYS[name]]

    @staticmethod
    def written(layout, data):
        store = MemoryStore()
        zarr_c.create_array(store, shape=SHAPE, **layout)[...] = data
        files = {key: bytes(store[key]) for key in store}
        (key,) = (key for key in files if key.endswith("0"))
        return key, files

    def seeds(self):
        return [bytes([i]) + files[key] for i, (key, files) in enumerate(self.cases)]

    def __call__(self, data):
        chosen = data[0] % len(self.cases) if data else 0
        key, files = self.cases[chosen]
        store = MemoryStore({**files, key: data[1:]})
        array = zarr_c.open_array(store, mode="r+")
        whole = attempt(lambda: array[...])
        other = zarr_c.open_array(store, mode="r")  # which has read no index yet
        for part in PARTS:
            found = attempt(lambda part=part: other[part])
            if whole is not None and not (self.strict and found is None):
                assert found is not None, f"{part} is refused, the whole is not"
                assert same(found, whole[part]), (
                    f"{part} is read otherwise as part of the whole"
                )
        if whole is None:
            return
        if self.twin and chosen == 0:
            assert self.twin(data[1:]) == whole.tobytes(), "decoded otherwise elsewhere"
        if not self.lossy:
            array[...] = whole
            assert same(array[...], whole), "what was read, and is written, is read otherwise"
