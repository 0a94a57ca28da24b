"""HDF5 and Blosc2 behind the verbs of ``peers.py``.

They hold a copy of the same data in a format of their own, with the codec nearest to that of
the Zarr store, and check their own writes. What Zarr calls inner chunks are HDF5's chunks and
Blosc2's blocks.
"""

import numpy as np
from peers import ZarrC


class OtherFormat(ZarrC):
    """A peer that creates its own stores."""

    dtypes = ("float32", "uint16", "uint8")
    syncs = False

    def create(self, path, row):
        """Make an empty array for `row`."""
        raise NotImplementedError


class HDF5(OtherFormat):
    """h5py, on one thread as HDF5 always is, without the chunk cache: the others have none.

    What is written is flushed to the file system, where the others' files are at once.
    """

    name, package = "HDF5 (h5py)", "h5py"
    suffix = ".h5"
    indexes = ("basic",)

    def __init__(self, threads):
        import h5py

        self.h5py = h5py
        try:
            import hdf5plugin
        except ImportError:
            self.codecs = ("none", "gzip")
        else:
            self.plugins = hdf5plugin

    def _compression(self, row):
        if row.codec == "none":
            return {}
        if row.codec == "gzip":
            return {"compression": "gzip", "compression_opts": row.level}
        if row.codec == "zstd":
            return self.plugins.Zstd(clevel=row.level or 3)
        return self.plugins.Blosc(cname="lz4", clevel=row.level, shuffle=1)

    def create(self, path, row):
        with self.h5py.File(path, "w", libver="latest") as file:
            file.create_dataset(
                "data",
                shape=row.shape,
                maxshape=(None, *row.shape[1:]),
                chunks=row.chunks,
                dtype=row.dtype,
                **self._compression(row),
            )

    def open(self, path, mode="r", sync=False):
        return self.h5py.File(path, mode, rdcc_nbytes=0)["data"]

    def read_into(self, array, selection, out):
        array.read_direct(out)

    def write(self, array, selection, values):
        array[selection] = values
        array.file.flush()

    def append(self, array, values):
        length = array.shape[0]
        array.resize(length + len(values), axis=0)
        self.write(array, slice(length, None), values)


class Blosc2(OtherFormat):
    """NDArray of python-blosc2 in one file."""

    name = package = "blosc2"
    suffix = ".b2nd"
    indexes = ("basic", "oindex", "vindex")
    reads_into = False

    def __init__(self, threads):
        import blosc2

        self.blosc2 = blosc2
        blosc2.set_nthreads(threads)

    def create(self, path, row):
        blosc2 = self.blosc2
        codec, level, filters = {
            "none": (blosc2.Codec.LZ4, 0, blosc2.Filter.NOFILTER),
            # its level n is level 2n - 1 of zstd
            "zstd": (blosc2.Codec.ZSTD, 2, blosc2.Filter.NOFILTER),
            "blosc": (blosc2.Codec.LZ4, row.level, blosc2.Filter.SHUFFLE),
            "gzip": (blosc2.Codec.ZLIB, row.level, blosc2.Filter.NOFILTER),
        }[row.codec]
        cparams = blosc2.CParams(codec=codec, clevel=level, filters=[filters])
        blosc2.empty(
            row.shape,
            dtype=np.dtype(row.dtype),
            chunks=row.shards or row.chunks,
            blocks=row.chunks if row.shards else None,
            urlpath=path,
            mode="w",
            cparams=cparams,
        )

    def open(self, path, mode="r", sync=False):
        return self.blosc2.open(path, mode="a" if mode == "r+" else mode)

    def read(self, array, selection, index="basic"):
        return (array.oindex if index == "oindex" else array)[selection]

    def append(self, array, values):
        length = array.shape[0]
        array.resize((length + len(values), *array.shape[1:]))
        array[length:] = values


PEERS = (HDF5, Blosc2)
