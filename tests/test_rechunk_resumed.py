"""`rechunk` that is stopped anywhere: it goes on where it was, and no reader sees a part."""

import random
import time

import numpy as np
import pytest
from children import run, start
from counting import Counting, chunks_in, filled, numbers

import zarr_c
from zarr_c.errors import ArrayNotFoundError, ContainsArrayError
from zarr_c.rechunking import journal as rechunk_journal
from zarr_c.storage import MemoryStore


class Stop(Exception):
    pass


def stopping_after(steps):
    def report(done, total):
        if done == steps:
            raise Stop

    return report


ROWS_TO_COLUMNS = {"chunks": (40, 1), "max_memory": 2000}  # two passes of several boxes


@pytest.mark.parametrize("temporary", [False, True])
def test_every_interruption_goes_on_where_it_was(temporary):
    values = numbers(40, 40)
    store = Counting(MemoryStore())
    source = filled(store, values, chunks=(1, 40))
    seen = []
    zarr_c.rechunk(source, None, **ROWS_TO_COLUMNS, progress=lambda *step: seen.append(step))
    total = seen[-1][1]
    assert seen == [(i + 1, total) for i in range(total)]
    assert total > 8
    for steps in range(1, total + 1):
        other = Counting(MemoryStore())
        options = {"temp_store": Counting(MemoryStore())} if temporary else {}
        with pytest.raises(Stop):
            zarr_c.rechunk(
                source, other, **ROWS_TO_COLUMNS, **options, progress=stopping_after(steps)
            )
        with pytest.raises(ArrayNotFoundError):
            zarr_c.open_array(other, mode="r")
        seen.clear()
        copied = zarr_c.rechunk(
            source,
            other,
            **ROWS_TO_COLUMNS,
            **options,
            progress=lambda *step: seen.append(step),
        )
        assert len(seen) == total - steps + 1
        np.testing.assert_array_equal(copied[...], values)
        written = {k: n for k, n in chunks_in(other.written).items() if k[:2] != "__"}
        assert set(written.values()) == {1}
        assert not [key for key in other.list() if "__rechunk__" in key]


def test_an_intermediate_array_that_is_gone_is_made_again():
    values = numbers(40, 40)
    source = filled(None, values, chunks=(1, 40))
    other, temporary = MemoryStore(), MemoryStore()
    arguments = ROWS_TO_COLUMNS | {"temp_store": temporary}
    with pytest.raises(Stop):
        zarr_c.rechunk(source, other, **arguments, progress=stopping_after(8))
    temporary.clear()
    np.testing.assert_array_equal(zarr_c.rechunk(source, other, **arguments)[...], values)


def test_what_was_complete_is_only_tidied_up(monkeypatch):
    """Stopped between the last box and the end: nothing is copied twice or deleted."""
    values = numbers(40, 40)
    source = filled(None, values, chunks=(1, 40))
    for name in ("finish", "remove"):
        for overwrite in (False, True):
            other = Counting(MemoryStore())

            def stop(journal, finish=rechunk_journal.Journal.finish, name=name):
                if name == "finish":
                    finish(journal)
                journal._between.delete_dir()
                raise Stop

            with monkeypatch.context() as patch:
                patch.setattr(rechunk_journal.Journal, name, stop)
                with pytest.raises(Stop):
                    zarr_c.rechunk(source, other, **ROWS_TO_COLUMNS)
            before = other.written.copy()
            copied = zarr_c.rechunk(source, other, **ROWS_TO_COLUMNS, overwrite=overwrite)
            np.testing.assert_array_equal(copied[...], values)
            assert chunks_in(other.written) == chunks_in(before)
            assert not [key for key in other.list() if "__rechunk__" in key]


def test_another_call_does_not_go_on():
    source = filled(None, numbers(40, 40), chunks=(1, 40))
    other = MemoryStore()
    with pytest.raises(Stop):
        zarr_c.rechunk(source, other, **ROWS_TO_COLUMNS, progress=stopping_after(8))
    with pytest.raises(ContainsArrayError, match="holds an unfinished rechunking of memory://"):
        zarr_c.rechunk(source, other, chunks=(20, 20))
    copied = zarr_c.rechunk(source, other, chunks=(20, 20), overwrite=True)
    np.testing.assert_array_equal(copied[...], source[...])
    assert sorted(other.list()) == ["c/0/0", "c/0/1", "c/1/0", "c/1/1", "zarr.json"]


def test_a_node_that_was_made_meanwhile_is_not_touched():
    source = filled(None, numbers(40, 40), chunks=(1, 40))
    other = MemoryStore()
    with pytest.raises(Stop):
        zarr_c.rechunk(source, other, **ROWS_TO_COLUMNS, progress=stopping_after(8))
    zarr_c.create_array(other, shape=3)
    with pytest.raises(ContainsArrayError):
        zarr_c.rechunk(source, other, **ROWS_TO_COLUMNS)
    copied = zarr_c.rechunk(source, other, **ROWS_TO_COLUMNS, overwrite=True)
    np.testing.assert_array_equal(copied[...], source[...])


KILLED = """
import sys
import time
import zarr_c
from zarr_c.rechunking import journal as rechunk_journal
rechunk_journal._INTERVAL = 0
source, target = sys.argv[1:]

def progress(done, total):
    print(done, total, flush=True)
    time.sleep(0.002)  # it is killed in time, however fast the disk is

zarr_c.rechunk(source, target, chunks=(200, 1), max_memory=8000, progress=progress)
"""


def test_killed_processes(tmp_path):
    """However often it is killed: no reader sees a part, and nothing is done a second time."""
    values = numbers(200, 200)
    filled(tmp_path / "source", values, chunks=(1, 200))
    chance = random.Random(0)
    known = 0
    for _ in range(6):
        child = start(KILLED, tmp_path / "source", tmp_path / "target")
        first = int(child.stdout.readline().split()[0])
        assert known <= first <= known + 2  # a box may be done and its step not yet printed
        time.sleep(chance.uniform(0, 0.01))
        child.kill()
        said = child.communicate()[0].rpartition("\n")[0]
        known = max([first, *(int(line.split()[0]) for line in said.splitlines())])
        with pytest.raises(ArrayNotFoundError):
            zarr_c.open_array(tmp_path / "target", mode="r")
    run(KILLED, tmp_path / "source", tmp_path / "target")
    array = zarr_c.open_array(tmp_path / "target", mode="r")
    np.testing.assert_array_equal(array[...], values)
    assert not (tmp_path / "target" / "__rechunk__").exists()
