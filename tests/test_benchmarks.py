"""The benchmarks run, and what they count is what the design promises."""

import importlib
import inspect
import itertools
import os
import shutil
import sys
from pathlib import Path

import pytest

import zarr_c

BENCHMARKS = Path(__file__).parents[1] / "asv_bench" / "benchmarks"
MODULES = sorted(p.stem for p in BENCHMARKS.glob("*.py") if p.stem != "__init__")
SLOW = {"Instructions", "Interposed"}  # they run other processes for some seconds

pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="an sdist has no benchmarks")


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory):
    """Imports a module of the benchmarks, from the folder where asv makes the data."""
    before, folder = os.getcwd(), tmp_path_factory.mktemp("benchmarks")
    sys.path.insert(0, str(BENCHMARKS.parent))
    os.chdir(folder)
    threads = zarr_c.config.get("threads")
    yield lambda name: importlib.import_module(f"benchmarks.{name}")
    zarr_c.config.set({"threads": threads})
    os.chdir(before)
    sys.path.remove(str(BENCHMARKS.parent))


def classes(module):
    """The benchmarks that a module has, as asv finds them."""
    for kind in vars(module).values():
        if inspect.isclass(kind) and kind.__module__ == module.__name__:
            names = [n for n in dir(kind) if n.startswith(("time_", "track_", "peakmem_"))]
            if names:
                yield kind, names


def first_and_last(kind):
    """The first and the last combination of the parameters."""
    params = getattr(kind, "params", ())
    if params and not isinstance(params[0], tuple | list):
        params = (params,)
    every = list(itertools.product(*params))
    return every[:1] + every[1:][-1:]


@pytest.mark.parametrize("name", MODULES)
def test_benchmarks_run(benchmarks, name):
    """Each once, with its first and its last parameters, as asv does: setup, run, teardown."""
    for kind, names in classes(benchmarks(name)):
        if kind.__name__ in SLOW:
            continue
        for parameters, method in itertools.product(first_and_last(kind), names):
            benchmark = kind()
            try:
                getattr(benchmark, "setup", lambda *_: None)(*parameters)
            except NotImplementedError:  # a package or tool that is not here
                continue
            try:
                result = getattr(benchmark, method)(*parameters)
            finally:
                getattr(benchmark, "teardown", lambda *_: None)(*parameters)
            if method.startswith("track_"):
                assert isinstance(result, int | float), f"{kind.__name__}.{method}"
                assert getattr(kind, method).unit


def test_data_made_once_are_the_data(benchmarks, monkeypatch, tmp_path):
    """What `setup_cache` leaves for other processes is what they would make for themselves."""
    common = benchmarks("common")
    layouts = (common.Layout, common.Many, common.Sharded)
    without = {kind: kind.objects("zstd", 3) for kind in layouts}
    monkeypatch.chdir(tmp_path)
    common.Stored().setup_cache()
    for kind, objects in without.items():
        assert kind.objects("zstd", 3) == objects
        assert (kind.values() == common.waves(kind.shape)).all()


@pytest.mark.parametrize(
    ("workload", "requests", "nbytes"),
    [
        ("open v3", 1, None),
        ("element", 1, 4096),
        ("read", 64, 256 * 256 * 4),
        ("write", 64, 0),
        ("element of a shard", 2, None),
    ],
)
def test_requests(benchmarks, workload, requests, nbytes):
    """The fewest that can be: one document, one chunk, an index and an inner chunk."""
    counter = benchmarks("counters").Requests()
    counter.setup(workload)
    assert counter.track_requests(workload) == requests
    assert nbytes in (None, counter.track_bytes_read(workload))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_files(benchmarks):
    """One element of a file without codecs is one system call that reads four bytes."""
    counter = benchmarks("counters").Files()
    counter.setup("element")
    counter.teardown("element")
    assert counter.track_reads("element") == 1
    assert counter.track_bytes_read("element") == 4


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("cc") is None,
    reason="needs glibc and a C compiler",
)
@pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="a sanitizer has its own allocator")
def test_no_object_and_no_memory_for_each_chunk(benchmarks, monkeypatch, tmp_path):
    """1024 chunks are read and written with as many allocations as 64, Python's among them."""
    monkeypatch.chdir(tmp_path)
    counts = benchmarks("counters").Interposed().setup_cache()
    for work in ("read", "write"):
        (copied, few), (_, many) = counts[work], counts[f"{work} 1024 chunks"]
        assert 0 < few < 60
        assert few == many
        assert copied < 256 * 256 * 4 * 1.01  # each byte once
