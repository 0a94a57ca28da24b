"""Codecs of numcodecs on a chunk of 2 MiB, by our kernels and by numcodecs itself."""

import numpy as np

from zarr_c.codecs import numcodecs as ours
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.representation import Representation
from zarr_c.metadata.dtype import from_numpy

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
