"""copy and copy_all: answers as of zarr-python 2.18.7, data as NumPy has them."""

import io

import numpy as np
import pytest
import zarr

import zarr_c
from zarr_c.errors import ArrayNotFoundError, CopyError, ReadOnlyError
from zarr_c.storage import MemoryStore, WrapperStore


def build(version=2):
    root = zarr_c.create_group(None, zarr_format=version, attributes={"root": 1})
    foo = root.create_group("foo", attributes={"title": "foo"})
    for group, name, data in (
        (foo, "bar/baz", np.arange(100)),
        (foo, "spam", np.arange(1000)),
        (root, "top", np.arange(10, dtype="i4")),
    ):
        group.create_array(name, data=data, chunks=50)
    return root


@pytest.fixture(params=[2, 3])
def version(request):
    return request.param


@pytest.fixture
def source(version):
    return build(version)


def told(function, *args, **kwargs):
    """What a function returns, or raises, and tells its log."""
    log = io.StringIO()
    try:
        result = function(*args, log=log, **kwargs)
    except CopyError:
        result = CopyError
    return result, log.getvalue().splitlines()


# Each as zarr-python 2.18.7 answers when it is asked the same, one after the other.
SPAM, BAZ = "/foo/spam (1000,) int64", "/foo/bar/baz (100,) int64"
ALL = ["copy /foo", "copy /foo/bar", f"copy {BAZ}", f"copy {SPAM}"]
KEPT = ["copy /foo", "copy /foo/bar", f"skip {BAZ}", f"skip {SPAM}"]
WHOLE = "all done: 4 copied, 0 skipped, 8,800 bytes copied"
NOTHING = "all done: 2 copied, 2 skipped, 0 bytes copied"
STEPS = (
    ({}, (4, 0, 8800), [*ALL, WHOLE]),
    ({}, CopyError, ALL[:2]),
    (
        {"if_exists": "replace", "dry_run": True},
        (4, 0, 0),
        [*ALL, "dry run: 4 copied, 0 skipped"],
    ),
    ({"if_exists": "skip"}, (2, 2, 0), [*KEPT, NOTHING]),
    ({"if_exists": "replace"}, (4, 0, 8800), [*ALL, WHOLE]),
    ({"if_exists": "skip_initialized"}, (2, 2, 0), [*KEPT, NOTHING]),
    (
        {"name": "other/place", "shallow": True},
        (2, 0, 8000),
        ["copy /foo", f"copy {SPAM}", "all done: 2 copied, 0 skipped, 8,000 bytes copied"],
    ),
)


def test_copy_answers_as_zarr_python_2():
    root = build()
    dest = zarr_c.create_group(None, zarr_format=2)
    for arguments, result, lines in STEPS:
        assert told(zarr_c.copy, root["foo"], dest, **arguments) == (result, lines)
    _, lines = told(zarr_c.copy, root, dest, name="all", dry_run=True)
    assert lines == ["copy /", *ALL, "copy /top (10,) int32", "dry run: 6 copied, 0 skipped"]
    assert "all" not in dest


def test_copy_all_answers_as_zarr_python_2():
    root = build()
    dest = zarr_c.create_group(None, zarr_format=2)
    top = "top (10,) int32"
    assert told(zarr_c.copy_all, root, dest, shallow=True) == (
        (1, 0, 40),
        [f"copy /{top}", "all done: 1 copied, 0 skipped, 40 bytes copied"],
    )
    assert told(zarr_c.copy_all, root, dest, if_exists="skip") == (
        (4, 1, 8800),
        [*ALL, f"skip /{top}", "all done: 4 copied, 1 skipped, 8,800 bytes copied"],
    )
    assert dest.attrs == {"root": 1}


# ---- what the copies are


@pytest.mark.parametrize("target", [2, 3])
def test_a_copy_of_a_hierarchy(source, target, tmp_path):
    dest = zarr_c.create_group(tmp_path, zarr_format=target)
    zarr_c.copy_all(source, dest)
    peer = zarr.open_group(tmp_path, mode="r", zarr_format=target)
    assert dict(peer.attrs) == {"root": 1}
    assert dict(peer["foo"].attrs) == {"title": "foo"}
    for path, node in source.members(None):
        if isinstance(node, zarr_c.Array):
            assert (peer[path][:] == node[:]).all()
            assert dest[path].chunks == (50,)
        assert dict(peer[path].attrs) == dict(node.attrs)


@pytest.mark.parametrize("target", [2, 3])
def test_chunks_go_over_as_they_are_stored(version, target):
    root = zarr_c.create_group(None, zarr_format=version)
    compressor = {"id": "gzip", "level": 9} if version == 2 else "gzip"
    array = root.create_array(
        "x",
        data=np.arange(24).reshape(4, 6),
        chunks=(2, 3),
        compressors=compressor,
        attributes={"a": 1},
    )
    damaged = array.store_path.key("0.1" if version == 2 else "c/0/1")
    root.store[damaged] = b"damaged"  # would not survive decoding
    dest = zarr_c.create_group(None, zarr_format=target)
    zarr_c.copy(array, dest)
    copied = {key: value for key, value in dest.store.items() if not key.endswith("zarr.json")}
    names = [f"{i}.{j}" if target == 2 else f"c/{i}/{j}" for i in (0, 1) for j in (0, 1)]
    before = [f"{i}.{j}" if version == 2 else f"c/{i}/{j}" for i in (0, 1) for j in (0, 1)]
    for new, old in zip(names, before, strict=True):
        assert copied[f"x/{new}"] == root.store[f"x/{old}"]
    assert (dest["x"][2:] == np.arange(12, 24).reshape(2, 6)).all()
    assert dest["x"].attrs == {"a": 1}


def test_shards_go_to_the_other_format_by_decoding():
    root = zarr_c.create_group(None)
    data = np.arange(600).reshape(20, 30)
    root.create_array("x", data=data, chunks=(2, 3), shards=(10, 15), dimension_names="yx")
    same, other = (zarr_c.create_group(None, zarr_format=v) for v in (3, 2))
    for dest in (same, other):
        assert zarr_c.copy(root["x"], dest) == (1, 0, data.nbytes)
        assert (dest["x"][:] == data).all()
    assert same["x"].metadata == root["x"].metadata
    assert other["x"].chunks == (2, 3)
    assert other["x"].attrs == {"_ARRAY_DIMENSIONS": ["y", "x"]}


def test_what_is_asked_to_differ(version):
    root = zarr_c.create_group(None, zarr_format=version)
    data = np.arange(2000, dtype="f4").reshape(40, 50)
    kept = {"attributes": {"unit": "K"}, "fill_value": 7}
    root.create_array("x", data=data, chunks=(7, 11), compressors=None, **kept)
    dest = zarr_c.create_group(None, zarr_format=version)
    zarr_c.copy(root["x"], dest, chunks=(10, 25), name="a")
    zarr_c.copy(root["x"], dest, compressors="zstd", dtype="f8", name="b", without_attrs=True)
    a, b = dest["a"], dest["b"]
    assert (a[:] == data).all()
    assert (b[:] == data).all()
    assert (a.chunks, b.chunks, a.dtype, b.dtype) == ((10, 25), (7, 11), "f4", "f8")
    assert (len(a.compressors), len(b.compressors)) == (0, 1)
    assert (a.fill_value, b.fill_value) == (7, 7)
    assert (a.attrs, b.attrs) == ({"unit": "K"}, {})
    for wrong in ({"shape": 3}, {"colour": 3}, {"chunks": "x"}):
        with pytest.raises((TypeError, ValueError)):
            zarr_c.copy(root["x"], dest, name="c", **wrong)
    assert "c" not in dest


def test_sharding_and_grids_are_kept_where_only_codecs_differ():
    root = zarr_c.create_group(None)
    data = np.arange(600).reshape(20, 30)
    shards = {"shape": (10, 15), "index_location": "start"}
    filters = [{"name": "transpose", "configuration": {"order": [1, 0]}}]
    root.create_array("s", data=data, chunks=(5, 5), shards=shards, filters=filters)
    root.create_array("r", data=data, chunks=[[5, 10, 5], [30]])
    dest = zarr_c.create_group(None)
    zarr_c.copy_all(root, dest, compressors=None)
    for name in ("s", "r"):
        assert (dest[name][:] == data).all()
        assert dest[name].write_chunk_sizes == root[name].write_chunk_sizes
    configuration = dest["s"].metadata.codecs[0]["configuration"]
    assert configuration["index_location"] == "start"
    assert [codec["name"] for codec in configuration["codecs"]] == ["transpose", "bytes"]
    assert dest["s"].chunks == (5, 5)


@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (200, 3, 5)])
def test_shapes(shape):
    data = np.random.default_rng(0).random(shape)
    root, dest = zarr_c.create_group(None), zarr_c.create_group(None)
    root.create_array("x", data=data, chunks=(50, 2, 2) if len(shape) == 3 else "auto")
    zarr_c.copy(root["x"], dest)
    zarr_c.copy(root["x"], dest, name="y", compressors=None)
    assert np.array_equal(dest["x"][...], data)
    assert np.array_equal(dest["y"][...], data)


def test_memory_is_bounded_by_blocks(monkeypatch):
    # one worker's chunk, decoded and encoded, and boxes of 160 elements
    monkeypatch.setattr("zarr_c.rechunking.box_copy.MEMORY", 2 * 16 * 8 + 160 * 8)
    root, dest = zarr_c.create_group(None), zarr_c.create_group(None)
    data = np.arange(30 * 40).reshape(30, 40)
    array = root.create_array("x", data=data, chunks=(3, 40))
    read = []
    get = zarr_c.Array.get_basic_selection

    def reading(self, selection, *, out):
        read.append(out.size)
        return get(self, selection, out=out)

    monkeypatch.setattr(zarr_c.Array, "get_basic_selection", reading)
    with zarr_c.config.set({"threads": 1}):
        zarr_c.copy(array, dest, chunks=(4, 4))
    monkeypatch.undo()
    assert max(read) == 160
    assert sum(read) == data.size
    assert (dest["x"][:] == data).all()


# ---- what is in the way


def test_kinds_that_differ(version):
    root, dest = (zarr_c.create_group(None, zarr_format=version) for _ in range(2))
    root.create_array("a", data=[1, 2])
    root.create_array("g/x", data=[3])
    dest.create_array("g", shape=5)
    dest.create_array("a/x", shape=5)
    for policy in ("raise", "skip_initialized"):
        with pytest.raises(CopyError, match="a group 'a'"):
            zarr_c.copy(root["a"], dest, if_exists=policy)
    with pytest.raises(CopyError, match="an array 'g'"):
        zarr_c.copy(root["g"], dest)
    assert zarr_c.copy_all(root, dest, if_exists="skip")[:2] == (0, 2)
    assert zarr_c.copy_all(root, dest, if_exists="replace")[:2] == (3, 0)
    assert dest["a"][:].tolist() == [1, 2]
    assert dest["g/x"][:].tolist() == [3]


def test_arrays_with_missing_chunks_are_copied_again():
    root, dest = zarr_c.create_group(None), zarr_c.create_group(None)
    root.create_array("x", data=np.arange(1, 11), chunks=5)
    zarr_c.copy(root["x"], dest)
    del dest.store["x/c/1"]
    assert zarr_c.copy(root["x"], dest, if_exists="skip_initialized")[:2] == (1, 0)
    assert (dest["x"][:] == np.arange(1, 11)).all()


def test_arguments_that_are_of_no_use(source):
    dest = zarr_c.create_group(None)
    with pytest.raises(TypeError, match="name: the source is a root"):
        zarr_c.copy(source, dest)
    with pytest.raises(ValueError, match="if_exists: expected one of"):
        zarr_c.copy(source["foo"], dest, if_exists="perhaps")
    with pytest.raises(TypeError, match="dest: expected a group"):
        zarr_c.copy(source["foo"], source["top"])
    with pytest.raises(TypeError, match="source: expected a group"):
        zarr_c.copy_all(source["top"], dest)
    with pytest.raises(TypeError, match="log: expected a function"):
        zarr_c.copy(source["foo"], dest, log=5)
    for inside in ("foo", "foo/copy"):
        with pytest.raises(ValueError, match="expected a place outside of"):
            zarr_c.copy(source["foo"], source, name=inside, if_exists="replace")
    assert "foo/copy" not in source
    read_only = zarr_c.open_group(MemoryStore(dict(source.store)), mode="r")
    with pytest.raises(ReadOnlyError):
        zarr_c.copy(source["top"], read_only, name="new")


def test_chunks_outside_of_an_array_stay_behind():
    root, dest = zarr_c.create_group(None), zarr_c.create_group(None)
    root.create_array("x", data=np.arange(10), chunks=5)
    root.store["x/c/7"] = b"left by another writer"
    zarr_c.copy(root["x"], dest)
    assert set(dest.store) == {"zarr.json", "x/zarr.json", "x/c/0", "x/c/1"}


def test_a_copy_within_one_store(source):
    zarr_c.copy(source["foo"], source, name="again")
    assert (source["again/spam"][:] == np.arange(1000)).all()


# ---- nothing is seen before it is whole


class Failing(WrapperStore):
    """A store whose nth write fails."""

    left = 3

    def set(self, key, value):
        self.left -= 1
        if self.left < 0:
            raise OSError("full")
        super().set(key, value)


@pytest.mark.parametrize("arguments", [{}, {"compressors": None}])
def test_an_array_is_there_when_all_its_chunks_are(arguments):
    root = zarr_c.create_group(None)
    root.create_array("x", data=np.arange(1, 101), chunks=10)
    inner = MemoryStore()
    zarr_c.create_group(inner)
    dest = zarr_c.open_group(Failing(inner))
    with pytest.raises(OSError, match="full"):
        zarr_c.copy(root["x"], dest, **arguments)
    with pytest.raises(ArrayNotFoundError):
        zarr_c.open_array(inner, path="x", mode="r")
    # what was left is not taken for part of another array
    shorter = root.create_array("y", shape=100, chunks=10, dtype="i8")
    zarr_c.copy(shorter, zarr_c.open_group(inner), name="x")
    assert not zarr_c.open_array(inner, path="x")[:].any()


# ---- places, and what is told


def test_places_instead_of_nodes(source, tmp_path):
    zarr_c.copy_all(source, tmp_path / "a")
    zarr_c.copy_all(tmp_path / "a", str(tmp_path / "b.zip"), log=tmp_path / "log")
    found = zarr_c.open_group(tmp_path / "b.zip", mode="r")
    assert (found["foo/spam"][:] == np.arange(1000)).all()
    assert (tmp_path / "log").read_text().endswith("5 copied, 0 skipped, 8,840 bytes copied\n")
    assert zarr_c.copy_all(tmp_path / "a", tmp_path / "c", dry_run=True) == (5, 0, 0)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("arguments", [{}, {"compressors": None}])
def test_progress_and_log(source, arguments):
    steps, lines = [], []
    dest = zarr_c.create_group(None)
    zarr_c.copy_all(
        source,
        dest,
        progress=lambda done, total: steps.append((done, total)),
        log=lines.append,
        **arguments,
    )
    assert steps[-1] == (8840, 8840)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert lines[0] == "copy /foo"
