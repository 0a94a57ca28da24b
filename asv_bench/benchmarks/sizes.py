"""Bytes of the package on a disk, and of its objects in a message to another process."""

import pickle
import zlib
from pathlib import Path

import zarr_c as zarr


class Pickled:
    """An array, its group and their store, at a path of fixed length."""

    params = (("array", "group", "store"),)
    param_names = ("kind",)

    def setup(self, kind):
        store = zarr.storage.LocalStore("/nowhere/a.zarr", read_only=True)
        place = zarr.storage.StorePath(store)
        array = zarr.create(shape=(9, 9), chunks=(3, 3), store=None)
        group = zarr.create_group(None)
        self.object = {
            "array": zarr.Array(place, array.metadata),
            "group": zarr.Group(place, group.metadata),
            "store": store,
        }[kind]

    def track_pickled(self, _):
        return len(pickle.dumps(self.object))

    def time_round_trip(self, _):
        pickle.loads(pickle.dumps(self.object))

    track_pickled.unit = "bytes"


class Package:
    """What is installed; `../build.py` has the wheel itself."""

    params = (("compiled", "other"),)
    param_names = ("files",)

    def setup(self, kind):
        files = Path(zarr.__file__).parent.rglob("*")
        known = [f for f in files if f.suffix in (".so", ".py", ".pyi", ".pxd", ".h")]
        self.files = [file for file in known if (file.suffix == ".so") == (kind == "compiled")]

    def track_installed(self, _):
        return sum(file.stat().st_size for file in self.files)

    def track_compressed(self, _):
        """As a wheel holds them."""
        return sum(len(zlib.compress(file.read_bytes())) for file in self.files)

    track_installed.unit = track_compressed.unit = "bytes"
