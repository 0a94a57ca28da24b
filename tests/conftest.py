"""Settings of the whole suite."""

import gc
import sys

import fake_cupy
import hypothesis
import pytest
from gpu_cases import real_cupy

# A busy machine or a sanitizer makes an example slow; that says nothing about the code.
hypothesis.settings.register_profile("zarr_c", deadline=None)
hypothesis.settings.load_profile("zarr_c")


def pytest_report_header():
    cupy = real_cupy()
    if cupy is None:
        return "GPU: none, a stand-in for CuPy takes its place"
    name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    return f"GPU: {name}, CuPy {cupy.__version__}"


def pytest_collection_finish():
    gc.freeze()  # who collects garbage need not walk through 20,000 tests, for 0.5 s each time


@pytest.fixture
def cupy(monkeypatch):
    """CuPy on a device where there is one, elsewhere the stand-in, which must find no race."""
    real = real_cupy()
    if real is not None:
        yield real
        return
    fake_cupy.reset()
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy)
    yield fake_cupy
    gc.collect()
    assert fake_cupy.machine().races == []


@pytest.fixture
def machine(cupy):
    """What only the stand-in tells: copies, races, calls."""
    if cupy is not fake_cupy:
        pytest.skip("real CuPy counts no copies; the stand-in's tests do")
    return fake_cupy.machine()
