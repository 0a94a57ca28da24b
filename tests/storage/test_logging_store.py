"""What LoggingStore says, counts, and costs."""

import io
import logging
import pickle

import numpy as np
import pytest
from children import run

import zarr_c
from zarr_c.storage import LocalStore, LoggingStore, MemoryStore


@pytest.fixture
def log():
    log = logging.getLogger("tests.logging_store")
    log.setLevel(logging.INFO)
    yield log
    log.handlers.clear()
    log.setLevel(logging.NOTSET)


def messages(caplog):
    return [record.getMessage() for record in caplog.records]


def test_each_operation_is_told(log, caplog):
    store = LoggingStore(MemoryStore(), log)
    store["a/b"] = b"0123456789"
    assert store["a/b"] == b"0123456789"
    store.get("nothing")
    store.get_range("a/b", 2, 3)
    store.set_if_not_exists("a/b", b"")
    assert "a/b" in store
    store.getsize("a/b")
    store.list_dir("a")
    store.rename("a", "z")
    store.delete("z/b")
    said = messages(caplog)
    for line, beginning in zip(
        said,
        [
            "set 'a/b' nbytes=10: done in",
            "get 'a/b': 10 bytes in",
            "get 'nothing': absent in",
            "get 'a/b' byte_range=(2, 3): 3 bytes in",
            "set_if_not_exists 'a/b' nbytes=0: False in",
            "exists 'a/b': True in",
            "getsize 'a/b': 10 bytes in",
            "list_dir 'a': 1 names in",
            "rename 'a' target=z: done in",
            "delete 'z/b': done in",
        ],
        strict=True,
    ):
        assert line.startswith(beginning), line
        assert line.endswith(" ms")
    record = caplog.records[1]
    assert (record.verb, record.key, record.nbytes, record.result) == ("get", "a/b", 10, 10)
    assert 0 <= record.seconds < 1
    assert record.levelno == logging.INFO


def test_what_is_counted(log):
    store = LoggingStore(MemoryStore(), log)
    store["a"] = b"0123"
    store["a"], store["a"]
    store.get_many(["a", "b"])
    stats = store.stats()
    assert store.counter == {"set": 1, "get": 4}
    assert stats["bytes_written"] == 4
    assert stats["bytes_read"] == 4 * (store.counter["get"] - 1)
    assert stats["errors"] == 0
    store.reset()
    assert store.stats()["verbs"] == {}


def test_errors_are_told_and_come_through(log, caplog):
    class Failing(MemoryStore):
        def _get(self, key):
            raise TimeoutError("slow")

    store = LoggingStore(Failing(), log)
    with pytest.raises(TimeoutError, match="slow"):
        store["a"]
    assert messages(caplog)[0].startswith("get 'a': TimeoutError in")
    with pytest.raises(FileNotFoundError):
        store.getsize("nothing")
    assert store.stats()["errors"] >= 1


def test_arrays_are_told(log, caplog):
    store = LoggingStore(MemoryStore(), log)
    array = zarr_c.create_array(store, name="x", data=np.arange(10), chunks=5)
    assert array[...].tolist() == list(range(10))
    keys = {(record.verb, record.key) for record in caplog.records}
    assert {("set", "x/c/0"), ("get", "x/c/1"), ("set_if_not_exists", "x/zarr.json")} <= keys


def test_nothing_is_said_or_counted_while_the_level_is_off(tmp_path, log, caplog):
    inner = LocalStore(tmp_path)
    store = LoggingStore(inner, log, logging.DEBUG)
    array = zarr_c.create_array(store, name="x", data=np.arange(10), chunks=5)
    assert array[...].tolist() == list(range(10))
    assert store["x/zarr.json"]
    assert caplog.records == []
    assert store.stats()["verbs"] == {}
    assert store._native() is inner._native()  # chunks cost nothing more
    log.setLevel(logging.DEBUG)
    assert store["x/zarr.json"]
    assert len(caplog.records) == 1
    assert store._native() is not inner._native()


def test_batches_go_on_whole_while_the_level_is_off(log):
    class Batches(MemoryStore):
        asked = 0

        def _get_many(self, keys):
            Batches.asked += 1
            return super()._get_many(keys)

    store = LoggingStore(Batches({"a": b"1", "b": b"2"}), log, logging.DEBUG)
    assert store.get_many(["a", "b"]) == {"a": b"1", "b": b"2"}
    assert Batches.asked == 1
    log.setLevel(logging.DEBUG)
    assert store.get_many(["a", "b"]) == {"a": b"1", "b": b"2"}
    assert store.counter == {"get": 2}


def test_a_child_counts_although_another_thread_was_counting():
    """The lock is free in the child, whoever held it in the parent."""
    code = """
    import logging, os, warnings
    from zarr_c.storage import LoggingStore, MemoryStore, logging as module
    warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())
    store = LoggingStore(MemoryStore({"a": b"1"}), log_level="ERROR")
    with module._lock:
        child = os.fork()
        if child == 0:
            assert store["a"] == b"1" and store.counter["get"] == 1
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    """
    assert run(code, timeout=20) == ""


def test_forms_of_zarr_python(log):
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    for store in (
        LoggingStore(MemoryStore(), "DEBUG", handler),
        LoggingStore(MemoryStore(), log_level="debug", log_handler=handler),
    ):
        assert store.log_level == logging.DEBUG
        store["a"] = b"1"
        assert "set 'a'" in written.getvalue()
        store.log.removeHandler(handler)
        store.log.setLevel(logging.NOTSET)


def test_the_default_logger():
    store = LoggingStore(MemoryStore())
    assert store.log.name == "zarr_c.storage.MemoryStore"
    assert store.log_level == logging.INFO
    assert store.log.handlers == []


def test_wrong_arguments():
    for arguments, error in (
        ((5,), TypeError),
        ((MemoryStore(), 1.5), TypeError),
        ((MemoryStore(), None, "LOUD"), ValueError),
        ((MemoryStore(), None, 1.5), TypeError),
    ):
        with pytest.raises(error, match="expected"):
            LoggingStore(*arguments)


def test_a_pickle_finds_its_logger(tmp_path, log):
    store = LoggingStore(LocalStore(tmp_path), log, logging.DEBUG)
    copy = pickle.loads(pickle.dumps(store))
    assert copy == store
    assert copy.log is log
