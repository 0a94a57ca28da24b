"""What FsspecStore takes, and how it treats filesystems of different kinds."""

import json
import pickle
import zipfile

import fsspec
import numpy as np
import pytest

import zarr_c
from zarr_c.errors import StoreError
from zarr_c.storage import FsspecStore, LocalStore
from zarr_c.storage.resolve import resolve

DATA = np.arange(2000, dtype="f8").reshape(40, 50)


@pytest.fixture
def written(tmp_path):
    """A directory with an array ``a`` in a group."""
    root = tmp_path / "data.zarr"
    zarr_c.create_group(LocalStore(root)).create_array("a", data=DATA, chunks=(7, 9))
    return root


def zipped(root, target):
    with zipfile.ZipFile(target, "w") as archive:
        for path in root.rglob("*"):
            archive.write(path, path.relative_to(root))
    return target


# ---- where options go


@pytest.mark.parametrize("protocol", ["s3", "memory"])
def test_options_of_files_go_where_the_filesystem_wants_them(protocol):
    """The storage page's example, and a filesystem that takes none of these itself."""
    store = FsspecStore(
        f"{protocol}://bucket/data/", cache_type="blockcache", block_size=1024 * 1024
    )
    if protocol == "s3":
        assert store.fs.default_block_size == 1024 * 1024
        assert store.fs.default_cache_type == "blockcache"
        with store.fs.open("bucket/data/x", size=10, block_size=None) as file:
            assert type(file.cache).name == "blockcache"
            assert file.blocksize == 1024 * 1024
    else:
        assert store.fs.storage_options == {}
        store["a"] = b"0123456789"
        assert store.get_range("a", 3, 2) == b"34"


def test_options_reach_the_filesystem():
    store = FsspecStore(
        "s3://bucket/x", key="k", secret="s", endpoint_url="http://localhost:1", anon=False
    )
    assert (store.fs.key, store.fs.secret) == ("k", "s")
    assert store.fs.endpoint_url == "http://localhost:1"
    assert store.path == "bucket/x"
    assert str(store) == "s3://bucket/x"
    given = FsspecStore(
        "s3://bucket/x", storage_options={"key": "k", "anon": False}, secret="s"
    )
    assert (given.fs.key, given.fs.secret) == ("k", "s")


def test_forms_of_zarr_python(tmp_path):
    fs = fsspec.filesystem("memory")
    url = f"memory:/{tmp_path}"
    stores = [
        FsspecStore(url),
        FsspecStore(fs, path=str(tmp_path)),
        FsspecStore(fs=fs, path=f"{tmp_path}/"),
        FsspecStore.from_url(url),
        FsspecStore.from_mapper(fsspec.get_mapper(url)),
    ]
    stores[0]["a"] = b"1"
    for store in stores:
        assert store == stores[0]
        assert store["a"] == b"1"
        assert store.fs is fs
        assert store.path == str(tmp_path)
    assert FsspecStore.from_url(url, read_only=True).read_only
    assert resolve(fsspec.get_mapper(url)).store == stores[0]


def test_a_upath(tmp_path):
    import upath

    place = upath.UPath(f"memory:/{tmp_path}/u")
    zarr_c.create_array(place, data=DATA)
    assert np.array_equal(zarr_c.open_array(place, mode="r")[...], DATA)
    assert FsspecStore.from_upath(place)["zarr.json"]
    on_disk = upath.UPath(tmp_path / "disk")
    zarr_c.create_array(on_disk, data=DATA)
    assert (tmp_path / "disk" / "zarr.json").is_file()


def test_an_asynchronous_instance_is_used_through_its_twin(tmp_path):
    """zarr-python asks for such instances; they cannot be called from outside a loop."""
    fs = fsspec.filesystem("http", asynchronous=True)
    store = FsspecStore(fs, path="http://localhost/x")
    assert not store.fs.asynchronous
    assert store.fs.async_impl


def test_wrong_arguments():
    fs = fsspec.filesystem("memory")
    for arguments, options, error, match in (
        ((5,), {}, TypeError, "url: expected"),
        ((None,), {}, TypeError, "url: expected"),
        (("nonsense://x",), {}, ValueError, "nonsense"),
        (("memory://x",), {"path": "y"}, ValueError, "path"),
        ((fs,), {"key": "k"}, ValueError, "options: expected none"),
        (("memory://x",), {"key_separator": ""}, ValueError, "key_separator"),
        (("memory://x",), {"key_separator": "."}, ValueError, "key_separator"),
    ):
        with pytest.raises(error, match=match):
            FsspecStore(*arguments, **options)


def test_without_fsspec(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ImportError, match=r"zarr_c\[fsspec\]"):
        FsspecStore("memory://x")


# ---- keys


def test_the_separator_of_keys(tmp_path):
    """Another separator makes one flat directory; keys that hold it have no place there."""
    store = FsspecStore(f"memory:/{tmp_path}", key_separator="__")
    array = zarr_c.create_array(store, name="g/a", data=DATA, chunks=(20, 20))
    names = {path.rpartition("/")[2] for path in store.fs.find(store.path)}
    assert {"zarr.json", "g__zarr.json", "g__a__zarr.json", "g__a__c__1__2"} <= names
    assert not [path for path in store.fs.ls(store.path) if path["type"] == "directory"]
    assert np.array_equal(array[...], DATA)
    assert store.list_dir("g") == ["zarr.json", "a"] or store.list_dir("g") == [
        "a",
        "zarr.json",
    ]
    assert len(store.list_prefix("g/a/c")) == 6
    for use in (lambda: store.set("a__b", b""), lambda: store.get("a__b")):
        with pytest.raises(ValueError, match="'a__b': it contains the key_separator '__'"):
            use()


def test_allowed_exceptions_mean_an_absent_object(tmp_path):
    class Forbidding(fsspec.get_filesystem_class("memory")):
        """Says of absent objects that they are forbidden, as S3 does to strangers."""

        protocol = "forbidding"

        def cat_file(self, path, **kwargs):
            try:
                return super().cat_file(path, **kwargs)
            except FileNotFoundError:
                raise PermissionError(path) from None

    fs = Forbidding()
    with pytest.raises(PermissionError):
        FsspecStore(fs, path="/x").get("a")
    allowed = (FileNotFoundError, PermissionError)
    assert FsspecStore(fs, path="/x", allowed_exceptions=allowed).get("a") is None


def test_listings_are_not_of_yesterday(written):
    """Filesystems remember listings; what another process wrote since must be seen."""
    store = FsspecStore(f"file://{written}")
    assert sorted(store.list_dir()) == ["a", "zarr.json"]
    (written / "new").write_bytes(b"")
    assert sorted(store.list_dir()) == ["a", "new", "zarr.json"]
    assert "new" in store.list()


# ---- files that can be seen while they are written


class Breaking(fsspec.get_filesystem_class("file")):
    """A local filesystem whose writing ends half-way."""

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        super().pipe_file(path, value[: len(value) // 2])
        raise OSError(28, "No space left on device", path)


def test_a_write_that_fails_leaves_the_old_object_and_no_other(tmp_path):
    store = FsspecStore(f"file://{tmp_path}")
    store["a/b"] = b"old"
    broken = FsspecStore(Breaking(), path=str(tmp_path))
    for key in ("a/b", "a/c"):
        with pytest.raises(OSError, match="No space"):
            broken[key] = b"something new"
    assert store["a/b"] == b"old"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_temporary_files_are_no_keys(tmp_path):
    from zarr_c.storage._local import TEMPORARY_PREFIX

    store = FsspecStore(f"file://{tmp_path}")
    store["a/b"] = b""
    (tmp_path / "a" / f"{TEMPORARY_PREFIX}123").write_bytes(b"half")
    assert store.list() == ["a/b"]
    assert store.list_dir("a") == ["b"]


# ---- chains


def test_an_archive_within_a_filesystem(written, tmp_path):
    archive = zipped(written, tmp_path / "data.zip")
    for url in (f"zip::file://{archive}", f"zip::simplecache::file://{archive}"):
        group = zarr_c.open_group(url, mode="r")
        assert np.array_equal(group["a"][...], DATA)
        assert list(group) == ["a"]
        assert group.store.getsize("zarr.json") > 0
        assert group.store.get("nothing") is None


def test_a_cache_in_front_of_a_filesystem(written, tmp_path):
    cache = tmp_path / "cache"
    options = {"simplecache": {"cache_storage": str(cache)}}
    store = FsspecStore(f"simplecache::file://{written}", storage_options=options)
    assert np.array_equal(zarr_c.open_array(store, path="a", mode="r")[...], DATA)
    assert len(list(cache.iterdir())) == 37  # chunks and the document


def test_a_reference_file_system(written, tmp_path):
    """One file that says where the objects lie within others, as kerchunk writes it."""
    blob, references = b"", {}
    for path in sorted(written.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            key = str(path.relative_to(written))
            inline = path.name == "zarr.json"
            place = [str(tmp_path / "blob"), len(blob), len(data)]
            references[key] = data.decode() if inline else place
            blob += b"" if inline else data
    (tmp_path / "blob").write_bytes(blob)
    (tmp_path / "refs.json").write_text(json.dumps({"version": 1, "refs": references}))
    options = {"fo": str(tmp_path / "refs.json"), "remote_protocol": "file"}
    group = zarr_c.open_group("reference://", mode="r", storage_options=options)
    assert np.array_equal(group["a"][...], DATA)
    assert list(group) == ["a"]
    assert group["a"].store.get_ranges("a/c/0/0", [(0, 4), (-4, None)])[0][:4] == blob[:4]


# ---- errors, pickles


def test_errors_keep_their_cause(tmp_path):
    class Failing(fsspec.get_filesystem_class("memory")):
        protocol = "failing"

        def cat_file(self, path, **kwargs):
            raise RuntimeError("the client is confused")

    store = FsspecStore(Failing(), path="/x")
    with pytest.raises(
        StoreError, match="cannot get 'a/b': RuntimeError: the client"
    ) as caught:
        store["a/b"]
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_pickle_is_a_specification():
    store = FsspecStore("s3://bucket/x", key="k", secret="s", read_only=True, block_size=7)
    copy = pickle.loads(pickle.dumps(store))
    assert copy == store
    assert (copy.fs.key, copy.fs.default_block_size, copy.read_only) == ("k", 7, True)
    assert len(pickle.dumps(store)) < 2000
