"""Places in stores, and what may name one."""

import pickle

import pytest

from zarr_c.errors import ReadOnlyError, UnsafeKeyError
from zarr_c.storage import LocalStore, MappingStore, MemoryStore, StorePath
from zarr_c.storage.resolve import resolve


def test_the_example_of_the_storage_page():
    store = LocalStore("root/data/")
    path = StorePath(store, "experiments/run1")
    below = path / "results" / "array1"
    assert below.path == "experiments/run1/results/array1"
    assert below.parent == path / "results"
    assert str(below) == f"{store}/experiments/run1/results/array1"


def test_the_parts_of_a_path():
    store = MemoryStore()
    path = StorePath(store, "/a//b.zarr/")
    assert (path.path, path.name, path.suffix) == ("a/b.zarr", "b.zarr", ".zarr")
    assert (StorePath(store).name, StorePath(store, "a").suffix) == ("", "")
    assert StorePath(store, ".zattrs").suffix == ""
    assert StorePath(store).parent == StorePath(store)
    assert path.key("zarr.json") == "a/b.zarr/zarr.json"
    assert StorePath(store).key("zarr.json") == "zarr.json"
    with pytest.raises(UnsafeKeyError):
        path / ".."
    with pytest.raises(TypeError):
        path / 1


def test_objects_at_a_path():
    path = StorePath(MemoryStore(), "a/b")
    assert not path.exists()
    assert path.get() is None
    path.set(b"1")
    assert path.get() == b"1"
    assert path.exists()
    assert not path.parent.is_empty()
    path.delete()
    assert not path.exists()
    path.set(b"1")
    path.parent.delete_dir()
    assert not path.exists()
    assert not StorePath(path.store).exists()


def test_equality_hash_and_pickle(tmp_path):
    path = StorePath(LocalStore(tmp_path), "a")
    assert {path, StorePath(LocalStore(tmp_path), "a")} == {path}
    assert path != StorePath(LocalStore(tmp_path), "b")
    assert path != "a"
    assert pickle.loads(pickle.dumps(path)) == path


def test_what_names_a_store(tmp_path):
    for name in (str(tmp_path), tmp_path, f"file://{tmp_path}", f"file://localhost{tmp_path}"):
        place = resolve(name, "g")
        assert place == StorePath(LocalStore(tmp_path), "g"), name
    assert isinstance(resolve(None).store, MemoryStore)
    mapping = {}
    assert resolve(mapping).store == MappingStore(mapping)
    store = MemoryStore()
    assert resolve(store, "a").store is store
    assert resolve(StorePath(store, "a"), "b").path == "a/b"


def test_named_memory():
    resolve("memory://for-this-test/a").set(b"1")
    assert resolve("memory://for-this-test").store["a"] == b"1"
    assert "a" not in resolve("memory://another").store


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("s3://bucket/x", "FsspecStore"),
        ("https://example.com/x", "FsspecStore"),
        ("simplecache::s3://bucket/x", "FsspecStore"),
        ("data.zip", "ZipStore"),
    ],
)
def test_no_directory_is_named_like_a_url(name, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mode = None if kind == "FsspecStore" else "a"
    assert type(resolve(name, mode=mode).store).__name__ == kind
    assert list(tmp_path.iterdir()) == []


def test_options_of_a_url():
    options = {"key": "k", "secret": "s"}
    place = resolve("s3://bucket/x", "a/b", storage_options=options)
    assert place.store.fs.key == "k"
    assert str(place) == "s3://bucket/x/a/b"


def test_modes(tmp_path):
    assert resolve(tmp_path, mode="r").read_only
    assert resolve(MemoryStore(), mode="r").read_only
    assert not resolve(tmp_path, mode="a").read_only
    reader = MemoryStore(read_only=True)
    assert resolve(reader, mode="r").store is reader
    for mode in ("r+", "a", "w", "w-"):
        with pytest.raises(ReadOnlyError, match=mode.replace("+", r"\+")):
            resolve(reader, mode=mode)
    with pytest.raises(ValueError, match="mode: expected"):
        resolve(tmp_path, mode="x")


def test_what_names_no_store(tmp_path):
    for wrong in (1, [], b"bytes", object()):
        with pytest.raises(TypeError, match="store: expected"):
            resolve(wrong)
    with pytest.raises(ValueError, match="host"):
        resolve("file://elsewhere/x")
    for store in (tmp_path, str(tmp_path), None, "memory://x"):
        with pytest.raises(TypeError, match="storage_options"):
            resolve(store, storage_options={"anon": True})


def test_what_pathlib_has_too():
    store = MemoryStore()
    path = StorePath(store, "run/a.tar.gz")
    assert (path.stem, path.suffixes, path.parts) == (
        "a.tar",
        [".tar", ".gz"],
        ("run", "a.tar.gz"),
    )
    assert path.joinpath("x", "y/z").path == "run/a.tar.gz/x/y/z"
    assert [place.path for place in path.parents] == ["run", ""]
    assert path.with_name("b").path == "run/b"
    assert path.with_suffix(".zip").path == "run/a.tar.zip"
    assert path.with_suffix("").path == "run/a.tar"
    assert path.relative_to(path.parent) == "a.tar.gz"
    assert path.relative_to(StorePath(store)) == path.path
    assert StorePath(store).parts == StorePath(store).parents == ()
    for wrong in (lambda: path.with_name("a/b"), lambda: StorePath(store).with_name("a")):
        with pytest.raises(ValueError, match="name"):
            wrong()
    for suffix in ("zip", "."):
        with pytest.raises(ValueError, match="suffix"):
            path.with_suffix(suffix)
    with pytest.raises(ValueError, match="other"):
        path.relative_to(StorePath(store, "ru"))
    with pytest.raises(ValueError, match="other"):
        path.relative_to(StorePath(MemoryStore({"a": b""}), "run"))


def test_existence_and_iteration():
    store = MemoryStore()
    for key in ("a/b/1", "a/b/2", "a/c", "d"):
        store[key] = b"1"
    root = StorePath(store)
    assert sorted(place.path for place in root.iterdir()) == ["a", "d"]
    assert sorted(place.path for place in (root / "a").iterdir()) == ["a/b", "a/c"]
    assert list((root / "d").iterdir()) == []
    place = root / "a/b"
    assert (place.exists(), place.is_dir(), place.is_file()) == (True, True, False)
    place = root / "a/c"
    assert (place.exists(), place.is_dir(), place.is_file()) == (True, False, True)
    assert not (root / "nothing").exists()


PATTERNS = ["*", "a/*", "**", "**/*", "a/**/z*", "**/b/*", "?/b", "*/[bc]", "**/zarr.json", "x"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_glob_finds_what_pathlib_finds(pattern, tmp_path):
    store = LocalStore(tmp_path)
    for key in ("zarr.json", "a/zarr.json", "a/b/zarr.json", "a/b/c/0", "e/c", "z"):
        store[key] = b"1"
    expected = {str(p.relative_to(tmp_path)) for p in tmp_path.glob(pattern)} - {"."}
    if pattern == "**":  # directories only, before Python 3.13
        expected |= {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*")}
    found = [place.path for place in StorePath(store).glob(pattern)]
    assert set(found) - {""} == expected
    assert len(found) == len(set(found))


def test_glob_below_a_path():
    store = MemoryStore({"a/b/x.json": b"", "a/x.json": b"", "x.json": b""})
    place = StorePath(store, "a")
    assert [p.path for p in place.glob("*.json")] == ["a/x.json"]
    assert [p.path for p in place.rglob("*.json")] == ["a/b/x.json", "a/x.json"]
    with pytest.raises(ValueError, match="pattern"):
        place.glob("/")
