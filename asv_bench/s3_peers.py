"""The libraries that ``compare_s3.py`` runs beside each other, and what they do."""

from importlib.metadata import version

ROWS = {
    "read": "read 1,000 chunks of 64 KiB",
    "write": "write 1,000 chunks of 64 KiB",
    "plane": "a slice across 50 chunks",
    "element": "one element",
    "open": "open an array",
    "group": "a group of 100 arrays",
    "consolidated": "the same, consolidated",
    "shard_element": "one element of a shard",
    "shard_first": "the same through a new handle",
    "shard_plane": "a slice across 50 inner chunks in 5 shards",
    "shard_all": "all of 20 shards of 50 inner chunks",
}
PORTIONS = {
    "read": (...,),
    "plane": (slice(64, 192),),
    "element": (700, 900),
    "shard_element": (700, 900),
    "shard_first": (700, 900),
    "shard_plane": (slice(64, 192),),
    "shard_all": (...,),
}
REGION = "us-east-1"


class ZarrC:
    """zarr_c with obstore."""

    name = "zarr_c obstore"

    def __init__(self, url, concurrency):
        import zarr_c

        self.zarr, self.version = zarr_c, zarr_c.__version__
        zarr_c.config.set({"async.concurrency": concurrency})
        self.store = self.make_store(url)
        self.array = self.open_array("array", "r")
        self.shards = self.open_array("shards", "r")
        self.target = self.open_array(f"write-{self.name}", "r+")

    def make_store(self, url):
        return self.zarr.storage.ObjectStore("s3://zarr/bench", endpoint=url, region=REGION)

    def open_array(self, path, mode):
        return self.zarr.open_array(self.store, path=path, mode=mode)

    def read(self, data):
        return self.array[...]

    def write(self, data):
        self.target[...] = data

    def plane(self, data):
        return self.array[PORTIONS["plane"]]

    def element(self, data):
        return self.array[PORTIONS["element"]]

    def open(self, data):
        return self.open_array("array", "r")

    def group(self, data):
        return len(dict(self.zarr.open_group(self.store, path="group", mode="r").arrays()))

    def consolidated(self, data):
        group = self.zarr.open_group(self.store, path="consolidated", mode="r")
        return len(dict(group.arrays()))

    def shard_element(self, data):
        return self.shards[PORTIONS["shard_element"]]

    def shard_first(self, data):
        return self.open_array("shards", "r")[PORTIONS["shard_first"]]

    def shard_plane(self, data):
        return self.shards[PORTIONS["shard_plane"]]

    def shard_all(self, data):
        return self.shards[...]


class ZarrCFsspec(ZarrC):
    """zarr_c with s3fs."""

    name = "zarr_c s3fs"

    def make_store(self, url):
        return self.zarr.storage.FsspecStore("s3://zarr/bench", endpoint_url=url)


class ZarrPython(ZarrC):
    """zarr-python with the same obstore."""

    name = "zarr-python obstore"

    def __init__(self, url, concurrency):
        import zarr

        self.zarr, self.version = zarr, zarr.__version__
        zarr.config.set({"async.concurrency": concurrency})
        self.store = self.make_store(url)
        self.array = self.open_array("array", "r")
        self.shards = self.open_array("shards", "r")
        self.target = self.open_array(f"write-{self.name}", "r+")

    def make_store(self, url):
        from obstore.store import S3Store

        place = S3Store(
            "zarr",
            prefix="bench",
            endpoint=url,
            region=REGION,
            client_options={"allow_http": True},
        )
        return self.zarr.storage.ObjectStore(place)


class ZarrPythonFsspec(ZarrPython):
    """zarr-python with the same s3fs."""

    name = "zarr-python s3fs"

    def make_store(self, url):
        return self.zarr.storage.FsspecStore.from_url(
            "s3://zarr/bench", storage_options={"endpoint_url": url}
        )


class TensorStore:
    """tensorstore with its own S3 client; it has no groups."""

    name = "tensorstore"

    def __init__(self, url, concurrency):
        import tensorstore

        self.tensorstore, self.version = tensorstore, version("tensorstore")
        self.url = url
        limits = {"s3_request_concurrency": {"limit": concurrency}}
        self.context = tensorstore.Context(limits)
        self.array = self.open(None)
        self.shards = self.open(None, "shards")
        self.target = self.open(None, f"write-{self.name}")

    def open(self, data, path="array"):
        kvstore = {
            "driver": "s3",
            "bucket": "zarr",
            "path": f"bench/{path}/",
            "endpoint": self.url,
            "aws_region": REGION,
            "aws_credentials": {"type": "environment"},
        }
        spec = {"driver": "zarr3", "kvstore": kvstore}
        return self.tensorstore.open(spec, context=self.context, read=True, write=True).result()

    def read(self, data):
        return self.array[...].read().result()

    def write(self, data):
        self.target[...].write(data).result()

    def plane(self, data):
        return self.array[PORTIONS["plane"]].read().result()

    def element(self, data):
        return self.array[PORTIONS["element"]].read().result()

    def shard_element(self, data):
        return self.shards[PORTIONS["shard_element"]].read().result()

    def shard_first(self, data):
        return self.open(None, "shards")[PORTIONS["shard_first"]].read().result()

    def shard_plane(self, data):
        return self.shards[PORTIONS["shard_plane"]].read().result()

    def shard_all(self, data):
        return self.shards[...].read().result()


PEERS = (ZarrC, ZarrCFsspec, ZarrPython, ZarrPythonFsspec, TensorStore)
