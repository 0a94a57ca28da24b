"""The Zarr libraries that ``compare.py`` runs beside each other, behind a few verbs.

A peer has ``open``, ``read``, ``read_into``, ``write`` and ``append``; ``select`` makes it the
one that runs next, and ``can`` says whether it can do a row. Its constructor raises ImportError
where it is not installed. Metadata of Zarr is written by zarr_c alone: all use equal stores.
Whoever imports this module pays for nothing but the peers it makes: ``process.py`` is timed.
"""

import os


class ZarrC:
    """zarr_c itself."""

    name = package = "zarr_c"
    suffix = ""  # of its stores: those without one are shared
    codecs = ("none", "zstd", "blosc", "gzip")
    dtypes = ("float32", "uint16", "uint8", "string")
    indexes = ("basic", "oindex", "vindex")
    appends = True
    reads_into = True  # memory of the caller
    syncs = True  # whether it fsyncs where asked to

    def __init__(self, threads):
        import zarr_c

        self.zarr = zarr_c
        zarr_c.config.set({"threads": threads})

    def select(self):
        """Called before each row."""

    def can(self, row):
        return (
            row.codec in self.codecs
            and row.dtype in self.dtypes
            and row.index in self.indexes
            and (self.appends or row.work != "append")
            and (self.reads_into or row.work != "into")
            and (self.syncs or not row.sync)
        )

    def open(self, path, mode="r", sync=False):
        if not sync:
            return self.zarr.open_array(path, mode=mode)
        store = self.zarr.storage.LocalStore(path, durability="write")
        return self.zarr.open_array(store, mode=mode)

    def read(self, array, selection, index="basic"):
        return view(array, index)[selection]

    def read_into(self, array, selection, out):
        array.get_basic_selection(selection, out=out)

    def write(self, array, selection, values):
        array[selection] = values

    def append(self, array, values):
        array.append(values, axis=0)


class ZarrPython(ZarrC):
    """zarr-python with the pipeline it comes with."""

    name = "zarr-python"
    package = "zarr"
    pipeline = "zarr.core.codec_pipeline.BatchedCodecPipeline"
    syncs = False

    def __init__(self, threads):
        import zarr
        from zarr.core.buffer import default_buffer_prototype

        self.zarr, self.buffer = zarr, default_buffer_prototype().nd_buffer
        zarr.config.set({"threading.max_workers": threads})
        zarr.config.set({"codec_pipeline.max_workers": threads})  # read by the fused one

    def select(self):
        # for the whole process: the codec of shards asks for it when it is used
        self.zarr.config.set({"codec_pipeline.path": self.pipeline})

    def open(self, path, mode="r", sync=False):
        return self.zarr.open_array(path, mode=mode)

    def read_into(self, array, selection, out):
        array.get_basic_selection(selection, out=self.buffer.from_numpy_array(out))


class Fused(ZarrPython):
    """zarr-python with the synchronous pipeline that one can choose there since 3.3."""

    name = "zarr-python fused"
    pipeline = "zarr.core.codec_pipeline.FusedCodecPipeline"

    def __init__(self, threads):
        from zarr.core.codec_pipeline import FusedCodecPipeline  # noqa: F401  is it there?

        super().__init__(threads)


class Zarrs(ZarrPython):
    """zarr-python with the Rust pipeline of zarrs."""

    name = package = "zarrs"
    pipeline = "zarrs.ZarrsCodecPipeline"

    def __init__(self, threads):
        os.environ["RAYON_NUM_THREADS"] = str(threads)  # its settings do not limit that pool
        import zarrs  # noqa: F401  registers the pipeline

        super().__init__(threads)


class TensorStore(ZarrC):
    """tensorstore; without fsync, which it does by default and the others do not."""

    name = package = "tensorstore"
    dtypes = ("float32", "uint16", "uint8")

    def __init__(self, threads):
        import tensorstore

        self.tensorstore = tensorstore
        limit = {"limit": threads}
        both = {"data_copy_concurrency": limit, "file_io_concurrency": limit}
        self.contexts = {
            sync: tensorstore.Context({"file_io_sync": sync, **both}) for sync in (False, True)
        }

    def open(self, path, mode="r", sync=False):
        spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": path}}
        return self.tensorstore.open(
            spec, context=self.contexts[sync], read=True, write=mode != "r"
        ).result()

    def read(self, array, selection, index="basic"):
        return view(array, index)[selection].read().result()

    def read_into(self, array, selection, out):
        self.tensorstore.array(out, copy=False).write(array[selection]).result()

    def write(self, array, selection, values):
        array[selection].write(values).result()

    def append(self, array, values):
        """Grow the first axis by ``len(values)``; tensorstore has no append of its own."""
        fresh = array.resolve().result()
        length = fresh.shape[0]
        grown = fresh.resize(exclusive_max=[length + len(values), *fresh.shape[1:]]).result()
        grown[length:].write(values).result()


class Z5(ZarrC):
    """z5py, which reaches an array through the group that holds it."""

    name = package = "z5py"
    dtypes = ("float32", "uint16", "uint8")
    indexes = ("basic",)
    syncs = False
    appends = False

    def __init__(self, threads):
        import z5py

        self.z5py, self.threads = z5py, threads

    def open(self, path, mode="r", sync=False):
        folder, _, name = path.rpartition("/")
        dataset = self.z5py.File(folder, mode)[name]
        dataset.n_threads = self.threads
        return dataset

    def read_into(self, array, selection, out):
        array.read_direct(out)


def view(array, index):
    """What to put brackets behind."""
    return array if index == "basic" else getattr(array, index)


ZARR_PEERS = (ZarrC, ZarrPython, Fused, Zarrs, TensorStore, Z5)
