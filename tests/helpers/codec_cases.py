"""Every native codec in the variants that matter, beside its twin of numcodecs."""

import numcodecs
import numpy as np

from zarr_c.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.checksums import CRC32C
from zarr_c.codecs.gzip import Zlib
from zarr_c.codecs.lz4 import LZ4
from zarr_c.codecs.representation import Representation
from zarr_c.metadata.dtype import from_numpy

CNAMES = ["lz4", "lz4hc", "blosclz", "zstd", "zlib"]
SHUFFLES = ["noshuffle", "shuffle", "bitshuffle"]

CASES = {
    "gzip-0": (GzipCodec(level=0), numcodecs.GZip(0)),
    "gzip-5": (GzipCodec(level=5), numcodecs.GZip(5)),
    "gzip-9": (GzipCodec(level=9), numcodecs.GZip(9)),
    "zlib-1": (Zlib(level=1), numcodecs.Zlib(1)),
    "zlib-default": (Zlib(level=-1), numcodecs.Zlib(-1)),
    "zstd": (ZstdCodec(), numcodecs.Zstd()),
    "zstd-checksum": (ZstdCodec(level=19, checksum=True), numcodecs.Zstd(19, checksum=True)),
    "zstd-fast": (ZstdCodec(level=-5), numcodecs.Zstd(-5)),
    "lz4": (LZ4(), numcodecs.LZ4()),
    "lz4-fast": (LZ4(acceleration=9), numcodecs.LZ4(9)),
    "crc32c": (Crc32cCodec(), numcodecs.CRC32C(location="end")),
    "crc32c-start": (CRC32C(location="start"), numcodecs.CRC32C(location="start")),
    "blosc": (BloscCodec(cname="lz4", shuffle="shuffle"), numcodecs.Blosc("lz4")),
    "blosc-blocks": (
        BloscCodec(cname="zstd", shuffle="bitshuffle", blocksize=256),
        numcodecs.Blosc("zstd", shuffle=2, blocksize=256),
    ),
    "blosc-stored": (BloscCodec(clevel=0), numcodecs.Blosc(clevel=0)),
}


def make_chain(codecs, nbytes, itemsize=4):
    """Compile one codec or several for chunks of `nbytes`."""
    codecs = codecs if isinstance(codecs, list | tuple) else [codecs]
    return Chain([codec.stage(itemsize) for codec in codecs], nbytes)


def chain_of(codec, data, data_type=None):
    """Compile a codec for a chunk like `data`, whose elements may be of a type of Zarr v3."""
    data_type = data_type or from_numpy(data.dtype, 2)
    given = Representation(data.shape, data_type, bytes(data_type.itemsize))
    return Chain([codec.stage(given)], data.nbytes)


def walk(dtype, shape, seed=0):
    """A random walk, which is smooth."""
    steps = np.random.default_rng(seed).normal(size=int(np.prod(shape)))
    return np.cumsum(steps * 20).clip(0, 120).reshape(shape).astype(dtype)


def encode(chain, data):
    return chain.encode(np.frombuffer(data, "u1"))


def decode(chain, data):
    return chain.decode(np.frombuffer(data, "u1"))


def sample(nbytes, seed=0):
    """Bytes that compress, but not to nothing: small random integers."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 50, nbytes // 4 + 1, "<u4").tobytes()[:nbytes]
