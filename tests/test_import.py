"""``import zarr_c`` is quick and brings in nothing that it does not need."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

import zarr_c

# Bytecode is written, or every run would compile the package anew.
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
    "PYTHONPATH": str(Path(zarr_c.__file__).parents[1]),
}


def run(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, env=ENVIRONMENT, check=True, capture_output=True, text=True
    ).stdout


def seconds(program: str) -> float:
    start = time.perf_counter()
    run(program)
    return time.perf_counter() - start


@pytest.mark.parametrize(
    "name",
    [
        "asyncio",
        "base64",
        "blosc",
        "blosc2",
        "concurrent.futures",
        "dataclasses",
        "fsspec",
        "importlib.metadata",
        "json",
        "matplotlib",
        "ml_dtypes",
        "multiprocessing",
        "numcodecs",
        "rich",
        "tempfile",
        "threading",
        "zarr_c.codecs.blosc",
        "zarr_c.metadata.struct_type",
    ],
)
def test_what_is_rarely_needed_is_imported_on_use(imported, name):
    assert name not in imported


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """What the package imports besides all that NumPy does."""
    program = "import sys, numpy; a = {*sys.modules}; import zarr_c; print(*{*sys.modules} - a)"
    return set(run(program).split())


@pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="a sanitizer slows the two unequally")
def test_costs_at_most_half_as_much_again_as_numpy():
    """Medians of whole processes by turns; a busy machine gets three rounds."""
    programs = ["import numpy", "import zarr_c"]
    ratios = []
    for program in programs:
        run(program)
    for _ in range(3):
        times = [[seconds(program) for program in programs] for _ in range(11)]
        numpy, package = map(statistics.median, zip(*times, strict=True))
        ratios.append(package / numpy)
        if ratios[-1] <= 1.5:
            return
    assert min(ratios) <= 1.5
