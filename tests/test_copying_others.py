"""copy and copy_all of what other packages have: h5py, as far as it is to see, zarr-python."""

import numpy as np
import pytest
import zarr

import zarr_c


@pytest.fixture(params=[2, 3])
def version(request):
    return request.param


class Dataset:
    """As much of `h5py.Dataset` as there is to see of it."""

    def __init__(self, name, values, chunks=None, fillvalue=0, **attrs):
        self.name, self.values, self.chunks, self.fillvalue = name, values, chunks, fillvalue
        self.shape, self.dtype, self.size = values.shape, values.dtype, values.size
        self.attrs = attrs

    def __getitem__(self, selection):
        return self.values[selection]


class Text(Dataset):
    """A dataset of strings: its elements are bytes unless asked for as strings."""

    def __init__(self, name, values):
        super().__init__(name, np.array([v.encode() for v in values], object), fillvalue=b"")
        self.dtype = np.dtype("O", metadata={"vlen": str})

    def asstr(self):
        return np.array([value.decode() for value in self.values], object)


class Folder(dict):
    """As much of `h5py.Group`."""

    def __init__(self, name, members, **attrs):
        super().__init__(members)
        self.name, self.attrs = name, attrs


def test_datasets_and_groups_of_hdf5(version):
    grid = np.arange(1000, dtype=">i4").reshape(10, 100)
    members = {
        "x": Dataset("/g/x", grid, (3, 40), 7, unit=np.bytes_(b"K"), DIMENSION_LIST=object()),
        "flat": Dataset("/g/flat", np.random.default_rng(0).random((20, 5))),
        "text": Text("/g/text", ["a", "ünï"]),
        "record": Dataset(
            "/g/record", np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]), None, None
        ),
        "scalar": Dataset("/g/scalar", np.array(2.5)),
    }
    attrs = {"v": np.arange(3), "f": np.float32(1.5), "s": np.array(["a", b"b"], object)}
    dest = zarr_c.create_group(None, zarr_format=version)
    assert zarr_c.copy(Folder("/g", members, **attrs), dest)[:2] == (6, 0)
    group = dest["g"]
    assert group.attrs == {"v": [0, 1, 2], "f": 1.5, "s": ["a", "b"]}
    assert group["x"].attrs == {"unit": "K"}
    assert (group["x"].chunks, group["x"].fill_value) == ((3, 40), 7)
    for name in ("x", "flat", "record", "scalar"):
        assert np.array_equal(group[name][...], members[name].values)
    assert list(group["text"][:]) == ["a", "ünï"]


def test_groups_of_zarr_python(version):
    root = zarr.create_group({}, zarr_format=version, attributes={"a": 1})
    data = np.arange(12.0).reshape(3, 4)
    root.create_array("g/x", shape=(3, 4), chunks=(2, 2), dtype="f8", fill_value=3)[:] = data
    dest = zarr_c.create_group(None)
    assert zarr_c.copy_all(root, dest) == (2, 0, 96)
    assert (dest["g/x"][:] == data).all()
    assert (dest["g/x"].chunks, dest["g/x"].fill_value) == ((2, 2), 3)
    assert dest.attrs == {"a": 1}
