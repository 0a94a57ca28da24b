"""The libraries that ``compare.py`` runs beside each other, behind five verbs.

Each peer has ``open``, ``read``, ``write``, ``append``, the data types that it ``lacks``, and
the text ``missing``, which says why it cannot run here, or is None. Metadata is written by
zarr_c alone: all work on equal stores.
"""

from importlib.metadata import version


class ZarrC:
    """zarr_c itself."""

    name = "zarr_c"
    missing = None
    lacks = ()  # data types

    def __init__(self, threads):
        import zarr_c

        self.zarr = zarr_c
        self.version = zarr_c.__version__
        zarr_c.config.set({"threads": threads})

    def open(self, path, mode="r"):
        return self.zarr.open_array(path, mode=mode)

    def read(self, array, selection, index="basic"):
        return view(array, index)[selection]

    def write(self, array, selection, values):
        array[selection] = values

    def append(self, array, values):
        array.append(values, axis=0)


class ZarrPython(ZarrC):
    """zarr-python with the pipeline it comes with."""

    name = "zarr-python"
    pipeline = "zarr.core.codec_pipeline.BatchedCodecPipeline"

    def __init__(self, threads):
        try:
            import zarr
        except ImportError as error:
            self.missing = f"pip install zarr ({error})"
            return
        self.zarr = zarr
        self.version = zarr.__version__
        zarr.config.set({"threading.max_workers": threads})

    def open(self, path, mode="r"):
        with self.zarr.config.set({"codec_pipeline.path": self.pipeline}):
            return self.zarr.open_array(path, mode=mode)


class Zarrs(ZarrPython):
    """zarr-python with the Rust pipeline of zarrs."""

    name = "zarrs"
    pipeline = "zarrs.ZarrsCodecPipeline"

    def __init__(self, threads):
        try:
            import zarrs  # noqa: F401  registers the pipeline
        except ImportError as error:
            self.missing = f"pip install zarrs ({error})"
            return
        super().__init__(threads)
        self.version = version("zarrs")


class TensorStore:
    """tensorstore without fsync per chunk, which it does by default and the others do not."""

    name = "tensorstore"
    missing = None
    lacks = ("string",)

    def __init__(self, threads):
        try:
            import tensorstore
        except ImportError as error:
            self.missing = f"pip install tensorstore ({error})"
            return
        self.tensorstore = tensorstore
        self.version = version("tensorstore")
        limit = {"limit": threads}
        self.context = tensorstore.Context(
            {
                "file_io_sync": False,
                "data_copy_concurrency": limit,
                "file_io_concurrency": limit,
            }
        )

    def open(self, path, mode="r"):
        spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": path}}
        return self.tensorstore.open(
            spec, context=self.context, read=True, write=mode != "r"
        ).result()

    def read(self, array, selection, index="basic"):
        return view(array, index)[selection].read().result()

    def write(self, array, selection, values):
        array[selection].write(values).result()

    def append(self, array, values):
        """Grow the first axis by ``len(values)``; tensorstore has no append of its own."""
        fresh = array.resolve().result()
        length = fresh.shape[0]
        grown = fresh.resize(exclusive_max=[length + len(values), *fresh.shape[1:]]).result()
        grown[length:].write(values).result()


def view(array, index):
    """What to put brackets behind."""
    return array if index == "basic" else getattr(array, index)


PEERS = (ZarrC, ZarrPython, Zarrs, TensorStore)
