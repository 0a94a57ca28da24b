"""`rechunk`: right values, chunks read and written as often as is said, taken up again."""

import time
from math import prod
from threading import Lock

import numpy as np
import pytest
from counting import Counting, chunks_in, filled, numbers
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import GzipCodec, TransposeCodec
from zarr_c.errors import (
    ArrayNotFoundError,
    ContainsArrayError,
    ContainsGroupError,
    NodeTypeValidationError,
    ReadOnlyError,
)
from zarr_c.rechunking import plan as rechunk_plan
from zarr_c.storage import LocalStore, MemoryStore, WrapperStore, ZipStore

# ---- values


@st.composite
def cases(draw):
    shape = tuple(draw(st.lists(st.integers(1, 20), min_size=1, max_size=3)))

    def layout(zarr_format):
        inner = tuple(draw(st.integers(1, n + 2)) for n in shape)
        if zarr_format == 3 and draw(st.booleans()):
            shards = tuple(n * draw(st.integers(1, 3)) for n in inner)
            return {"chunks": inner, "shards": shards}
        if zarr_format == 3 and draw(st.booleans()):
            cuts = [sorted(draw(st.sets(st.integers(1, n)), label="cuts") | {n}) for n in shape]
            return {"chunks": [np.diff(found, prepend=0).tolist() for found in cuts]}
        return {"chunks": inner}

    formats = draw(st.sampled_from([2, 3])), draw(st.sampled_from([2, 3]))
    dtype = draw(st.sampled_from(["f4", ">i2", "S3", "c16", "?", "M8[s]"]))
    before, after = map(layout, formats)
    return shape, dtype, formats, before, after, draw(st.integers(0, 2000))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_any_layout_to_any_other(case):
    """Values come back, each object is written once, and nothing else is left."""
    shape, dtype, formats, before, after, more = case
    values = numbers(*shape, dtype="i8").astype(dtype)
    source = filled(None, values, zarr_format=formats[0], **before)
    with pytest.raises(ValueError, match="max_memory: expected at least") as error:
        zarr_c.rechunk(source, None, **after, max_memory=1, zarr_format=formats[1])
    least = int(str(error.value).split()[4])
    store = Counting(MemoryStore())
    copied = zarr_c.rechunk(
        source, store, **after, max_memory=least + more, zarr_format=formats[1]
    )
    np.testing.assert_array_equal(copied[...], values)
    assert copied.metadata.zarr_format == formats[1]
    assert not [key for key in store.list() if key.startswith("__rechunk__")]
    target = {k: n for k, n in chunks_in(store.written).items() if k[:2] != "__"}
    assert set(target.values()) <= {1}
    assert len(target) == prod(len(sizes) for sizes in copied.write_chunk_sizes)


def test_strings_and_objects():
    words = np.array(["", "a", "é" * 300, "bcd"] * 9, np.dtypes.StringDType()).reshape(6, 6)
    for zarr_format in (2, 3):
        source = filled(None, words, chunks=(1, 6), zarr_format=zarr_format)
        copied = zarr_c.rechunk(source, None, (6, 1), max_memory=10_000)
        assert (copied[...] == words).all()
    objects = np.empty(7, object)
    objects[:] = [[1, 2], {"a": None}, "x", 4.5, [], True, None]
    store = {}
    source = zarr_c.create(
        7, store=store, chunks=2, dtype=object, zarr_format=2, filters=[{"id": "json2"}]
    )
    source[...] = objects
    assert zarr_c.rechunk(source, None, 3, max_memory=2000)[...].tolist() == objects.tolist()


def test_what_has_no_elements_or_axes():
    assert zarr_c.rechunk(filled(None, np.float32(3)), None)[...] == 3
    empty = zarr_c.rechunk(filled(None, numbers(0, 5)), None, (2, 2))
    assert (empty.shape, empty.chunks) == ((0, 5), (2, 2))


def test_what_is_kept_and_what_is_changed(tmp_path):
    values = numbers(20, 30)
    source = filled(
        tmp_path / "source",
        values,
        chunks=(5, 5),
        shards=(10, 15),
        fill_value=3,
        attributes={"a": 1},
        dimension_names=["x", "y"],
        compressors=GzipCodec(level=1),
    )

    def chain(array):
        codecs = array.metadata.codecs
        if codecs[0]["name"] == "sharding_indexed":
            codecs = codecs[0]["configuration"]["codecs"]
        return [codec["name"] for codec in codecs]

    same = zarr_c.rechunk(str(tmp_path / "source"), tmp_path / "same")
    assert same.metadata == source.metadata
    cut = zarr_c.rechunk(source, tmp_path, (4, 30), name="g/cut")
    assert (cut.chunks, cut.shards, cut.path) == ((4, 30), None, "g/cut")
    assert (cut.fill_value, dict(cut.attrs)) == (3, {"a": 1})
    assert cut.metadata.dimension_names == ("x", "y")
    assert chain(cut) == ["bytes", "gzip"]
    shards = zarr_c.rechunk(source, tmp_path / "shards", shards=(20, 30))
    assert (shards.chunks, shards.shards) == ((5, 5), (20, 30))
    codecs = [TransposeCodec(order=(1, 0)), {"name": "blosc"}]
    coded = zarr_c.rechunk(source, tmp_path / "coded", codecs=codecs)
    assert chain(coded) == ["transpose", "bytes", "blosc"]
    assert coded.shards == (10, 15)
    assert chain(zarr_c.rechunk(source, None, codecs="crc32c")) == ["bytes", "crc32c"]
    assert chain(zarr_c.rechunk(source, None, compressors=None)) == ["bytes"]
    for array in (same, cut, shards, coded):
        np.testing.assert_array_equal(array[...], values)
    zarr = pytest.importorskip("zarr")
    for name in ("same", "g/cut", "shards", "coded"):
        theirs = zarr.open_array(tmp_path / name, mode="r")
        np.testing.assert_array_equal(theirs[...], values)


def test_long_strings_count_as_they_are():
    """A box and what decodes and encodes a chunk fit into memory, whatever the lengths."""
    found = []
    for length in (1, 1000):
        words = np.full((64, 64), "x" * length, np.dtypes.StringDType())
        source = filled(None, words, chunks=(1, 64))
        target = zarr_c.create_array(None, shape=(64, 64), chunks=(64, 1), dtype=str)
        found.append(rechunk_plan.make_plan(source, target, 1 << 20).most)
    assert 1 << 19 < found[1] * 1000 < (1 << 20) - 2 * 64 * 1000
    assert found[0] > 10 * found[1]


def test_settings_for_absent_chunks_are_not_those_of_the_intermediate_array():
    values = numbers(40, 40)
    values[:, :20] = 0
    source = filled(None, values, chunks=(1, 40))
    with zarr_c.config.set({"array.read_missing_chunks": False}):
        zarr_c.rechunk(source, store := {}, (40, 1), max_memory=2000)
    np.testing.assert_array_equal(zarr_c.open_array(store)[...], values)


# ---- how often, and within which memory


@pytest.mark.parametrize("memory", ["256 MiB", 30_000])
def test_each_chunk_is_read_and_written_once(memory):
    """By one pass, where boxes fit that neither grid splits."""
    store, other = Counting(MemoryStore()), Counting(MemoryStore())
    filled(store, numbers(60, 60), chunks=(4, 6))
    source = zarr_c.open_array(store)
    store.read.clear()
    zarr_c.rechunk(source, other, chunks=(6, 4), max_memory=memory)
    assert set(chunks_in(store.read).values()) == {1}
    assert len(chunks_in(store.read)) == 150
    assert set(chunks_in(other.written).values()) == {1}
    assert not [key for key in other.written if "between" in key or key.count("/") > 2]


def test_rows_to_columns_take_two_passes():
    """Each chunk of source, intermediate array and target is read once and written once."""
    store, other = Counting(MemoryStore()), Counting(MemoryStore())
    filled(store, numbers(512, 512), chunks=(1, 512))
    source = zarr_c.open_array(store)
    store.read.clear()
    between = Counting(MemoryStore())
    copied = zarr_c.rechunk(source, other, (512, 1), max_memory=100_000, temp_store=between)
    assert list(chunks_in(store.read).values()) == [1] * 512
    assert list(chunks_in(other.written).values()) == [1] * 512
    assert set(chunks_in(between.written).values()) == {1}
    assert chunks_in(between.read) == chunks_in(between.written)
    assert len(chunks_in(between.written)) < 1000
    assert between.list() == []
    np.testing.assert_array_equal(copied[...], source[...])


def test_reading_again_is_preferred_where_it_costs_less():
    """Twice as many reads are cheaper than two passes: nothing but the target is written."""
    store, other = Counting(MemoryStore()), Counting(MemoryStore())
    filled(store, numbers(400, 400), chunks=(100, 400), compressors=None)
    source = zarr_c.open_array(store)
    plan = rechunk_plan.make_plan(source, zarr_c.zeros((400, 400), chunks=(400, 10)), 8 << 20)
    assert plan.between == 0
    store.read.clear()
    zarr_c.rechunk(source, other, chunks=(400, 100), max_memory=1_000_000)
    assert set(chunks_in(store.read).values()) <= {1, 2, 3}
    assert len(chunks_in(other.written)) == 4


def test_memory_that_is_too_small_is_said_and_what_would_do():
    source = filled(None, numbers(100, 100), chunks=(10, 10))
    with pytest.raises(
        ValueError, match=r"max_memory: expected at least 48000 bytes, for one ch"
    ):
        zarr_c.rechunk(source, None, (100, 40), max_memory="40 kB")
    zarr_c.rechunk(source, None, (100, 40), max_memory=48_000)
    with pytest.raises(ValueError, match=r"for one shard of the new array"):
        zarr_c.rechunk(source, None, (10, 10), (100, 50), max_memory=20_000)


class FarAway(WrapperStore):
    """Is asked for many objects at once, of a fixed number or as the settings say."""

    concurrency = -1
    under_way = most = 0
    lock = Lock()

    def _concurrency(self):
        return self.concurrency

    def get(self, key, default=None, *, byte_range=None):
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        time.sleep(0.005)
        with self.lock:
            self.under_way -= 1
        return super().get(key, default, byte_range=byte_range)


def test_requests_at_once_count_as_memory():
    """Chunks of 64 KiB: as many are under way as fit into half of the memory."""
    far = FarAway(MemoryStore())
    filled(far, numbers(256, 2048), chunks=(8, 2048))
    for memory, expected in (("64 MiB", 32), ("1 MiB", 4), ("400 KiB", 1)):
        source = zarr_c.open_array(far)
        far.most = 0
        zarr_c.rechunk(source, None, (16, 1024), max_memory=memory)
        assert expected / 2 <= far.most <= expected
    far.concurrency = 8
    with pytest.raises(ValueError, match="max_memory: expected at least"):
        zarr_c.rechunk(zarr_c.open_array(far), None, (16, 1024), max_memory="400 KiB")


# ---- places and arguments


def test_places(tmp_path):
    store = MemoryStore()
    group = zarr_c.create_group(store)
    source = filled(store, numbers(4, 4), name="a", chunks=(1, 4))
    for name in ("a", None, "a/b"):
        for overwrite in (False, True):
            with pytest.raises(ContainsArrayError, match="expected a place apart from the"):
                zarr_c.rechunk(source, store, name=name, overwrite=overwrite)
    group.create_group("g")
    with pytest.raises(ContainsGroupError):
        zarr_c.rechunk(source, store, name="g")
    group.create_array("b", shape=1)
    with pytest.raises(ContainsArrayError):
        zarr_c.rechunk(source, store, name="b")
    with pytest.raises(ContainsArrayError):
        zarr_c.rechunk(source, store, name="b/c")
    zarr_c.rechunk(source, store, name="b", overwrite=True)
    assert sorted(group) == ["a", "b", "g"]
    with pytest.raises(NodeTypeValidationError):
        zarr_c.rechunk(store, None)
    with pytest.raises(ArrayNotFoundError):
        zarr_c.rechunk({}, None)
    with pytest.raises(ReadOnlyError):
        zarr_c.rechunk(source, MemoryStore().with_read_only(True))
    store.supports_deletes = False
    with pytest.raises(ValueError, match="cannot delete"):
        zarr_c.rechunk(source, store, name="h")


def test_a_zip_file(tmp_path):
    values = numbers(40, 40)
    filled(tmp_path / "source", values, chunks=(1, 40))
    path = tmp_path / "x.zip"
    zarr_c.rechunk(
        tmp_path / "source",
        path,
        (40, 1),
        max_memory=2000,
        temp_store=LocalStore(tmp_path / "temp"),
    )
    with ZipStore(path, mode="r") as store:
        np.testing.assert_array_equal(zarr_c.open_array(store, mode="r")[...], values)
        assert not [key for key in store.list() if "__rechunk__" in key]


def test_arguments():
    source = filled(None, numbers(4, 4))
    with pytest.raises(ValueError, match="compressors: expected none beside `codecs`"):
        zarr_c.rechunk(source, None, codecs="gzip", compressors=None)
    with pytest.raises(ValueError, match="codecs: Zarr v2 has filters and compressors"):
        zarr_c.rechunk(source, None, codecs="gzip", zarr_format=2)
    with pytest.raises(TypeError, match="progress: expected"):
        zarr_c.rechunk(source, None, progress=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        (np.int64(8), 8),
        ("9", 9),
        ("10 B", 10),
        ("2kB", 2000),
        ("2 KiB", 2048),
        ("1.5 MiB", 3 << 19),
        ("1G", 10**9),
        (" 1 gib ", 1 << 30),
        ("2TB", 2 * 10**12),
    ],
)
def test_bytes(value, expected):
    assert rechunk_plan.parse_nbytes(value, "n") == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (0, ValueError),
        (-1, ValueError),
        ("", ValueError),
        ("x MB", ValueError),
        ("-1 MB", ValueError),
        ("0.1 B", ValueError),
        (True, TypeError),
        (1.5, TypeError),
        (None, TypeError),
    ],
)
def test_what_is_no_number_of_bytes(value, kind):
    with pytest.raises(kind, match="n: expected"):
        rechunk_plan.parse_nbytes(value, "n")
