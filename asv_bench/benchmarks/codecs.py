"""Codecs by themselves, on one chunk of 2 MiB in memory."""

import numpy as np

import zarr_c as zarr
from zarr_c.codecs import numcodecs as ours
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.representation import Representation
from zarr_c.metadata.dtype import from_numpy

from .common import CHUNKS, waves

COMPRESSORS = {
    "zstd-1": lambda: zarr.codecs.ZstdCodec(level=1),
    "zstd-3": lambda: zarr.codecs.ZstdCodec(level=3),
    "blosc-lz4": lambda: zarr.codecs.BloscCodec(cname="lz4", clevel=5, shuffle="shuffle"),
    "blosc-zstd": lambda: zarr.codecs.BloscCodec(cname="zstd", clevel=5, shuffle="shuffle"),
    "blosc-bits": lambda: zarr.codecs.BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle"),
    "gzip-5": lambda: zarr.codecs.GzipCodec(level=5),
    "gzip-6": lambda: zarr.codecs.GzipCodec(level=6),
    "crc32c": lambda: zarr.codecs.Crc32cCodec(),
}


class Compressor:
    """Waves through one codec of bytes."""

    params = tuple(COMPRESSORS)
    param_names = ("codec",)

    def setup(self, name):
        data = waves(CHUNKS)
        codec = COMPRESSORS[name]()
        self.chain = Chain([codec.stage(4)], data.nbytes)
        self.data = data.reshape(-1).view("u1")
        self.encoded = self.chain.encode(self.data)

    def time_encode(self, *_):
        self.chain.encode(self.data)

    def time_decode(self, *_):
        self.chain.decode(self.encoded)

    def track_encoded(self, *_):
        return len(self.encoded)

    track_encoded.unit = "bytes"


# ---- the codecs of numcodecs, by our kernels and by numcodecs itself

CASES = {  # id of numcodecs: type of the elements, configuration
    "delta": ("<i4", {"dtype": "<i4"}),
    "delta-big": (">i4", {"dtype": ">i4"}),
    "fixedscaleoffset": ("<f8", {"offset": 0, "scale": 10, "dtype": "<f8", "astype": "<i2"}),
    "bitround": ("<f4", {"keepbits": 10}),
    "packbits": ("|b1", {}),
    "shuffle": ("<f4", {"elementsize": 4}),
    "crc32": ("<f4", {}),
    "adler32": ("<f4", {}),
    "fletcher32": ("<f4", {}),
    "jenkins_lookup3": ("<f4", {}),
}
CLASSES = {name.lower(): getattr(ours, name) for name in ours.__all__} | {
    "jenkins_lookup3": ours.JenkinsLookup3
}


class Codec:
    """One chunk through one codec."""

    params = (list(CASES), ("zarr_c", "numcodecs"))
    param_names = ("codec", "by")

    def setup(self, case, by):
        name = case.split("-")[0]
        dtype, configuration = CASES[case]
        rng = np.random.default_rng(0)
        walk = np.cumsum(rng.integers(-5, 6, 2**21 // np.dtype(dtype).itemsize))
        data = (walk % 2 if dtype == "|b1" else walk).astype(dtype)
        self.data = data
        if by == "numcodecs":
            import numcodecs

            codec = numcodecs.get_codec({"id": name, **configuration})
            self.encode, self.decode = codec.encode, codec.decode
            self.encoded = codec.encode(data)
            return
        codec = CLASSES[name](**configuration)
        given = Representation(data.shape, from_numpy(dtype, 2), bytes(data.itemsize))
        stage = codec.stage(given if hasattr(codec, "encoded") else data.itemsize)
        chain = Chain([stage], data.nbytes)
        self.data = data.view("u1")
        self.encode, self.decode = chain.encode, chain.decode
        self.encoded = np.frombuffer(chain.encode(self.data), "u1")

    def time_encode(self, *_):
        self.encode(self.data)

    def time_decode(self, *_):
        self.decode(self.encoded)
