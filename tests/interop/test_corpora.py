"""Arrays that other implementations wrote are read as zarr-python or tensorstore reads them.

A rule on the metadata decides which arrays lie within what this version promises; all others
must be refused with a clear error, or read right as well.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorstore
import zarr

import zarr_c
from zarr_c.errors import BaseZarrError, DataTypeValidationError

pytestmark = pytest.mark.filterwarnings("ignore")

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"
TYPES = {"bool", "float16", "float32", "float64", "complex64", "complex128"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
CODECS = {"bytes", "transpose", "blosc", "zstd", "gzip", "crc32c"} | {
    f"numcodecs.{name}" for name in ("adler32", "bz2", "fletcher32", "zlib")
}
# No oracle here has these: tests/codecs reads them beside the same array without compression.
TESTED_THERE = {"codec bitround"} | {
    f"codec {prefix}{name}" for prefix in ("", "numcodecs.") for name in ("pcodec", "zfpy")
}


def zarr_format(path):
    """A directory may hold the documents of both formats."""
    return 2 if path.name == ".zarray" else 3


def outside(path):
    """Why an array is not for this version to read, or None."""
    document = json.loads(path.read_bytes())
    if document["zarr_format"] == 2:
        dtype = document["dtype"]
        if not isinstance(dtype, str) or dtype[1] not in "biufcV":
            return f"data type {dtype if isinstance(dtype, str) else 'of records'}"
        import numcodecs

        for codec in [*(document["filters"] or []), document["compressor"]]:
            if codec is not None and codec["id"] not in numcodecs.registry.codec_registry:
                return f"codec {codec['id']}"
        return None
    dtype = document["data_type"]
    if not isinstance(dtype, str) or not (dtype in TYPES or dtype[0] == "r"):
        return f"data type {dtype if isinstance(dtype, str) else dtype['name']}"
    if document["chunk_grid"]["name"] != "regular":
        return f"chunk grid {document['chunk_grid']['name']}"
    names = [c if isinstance(c, str) else c["name"] for c in document["codecs"]]
    unknown = [name for name in names if name not in CODECS]
    return f"codec {unknown[0]}" if unknown else None


def arrays():
    """All arrays of the corpora, by whether they lie within."""
    within, others = [], []
    for path in sorted([*CORPORA.rglob(".zarray"), *CORPORA.rglob("zarr.json")]):
        if path.name == ".zarray" or json.loads(path.read_bytes())["node_type"] == "array":
            reason, name = (
                outside(path),
                f"{path.parent.relative_to(CORPORA)}-v{zarr_format(path)}",
            )
            if reason is None:
                within.append(pytest.param(path, id=name))
            elif reason not in TESTED_THERE:
                others.append(pytest.param(path, id=f"{name} ({reason})"))
    if not CORPORA.is_dir():
        skip = pytest.mark.skip(f"there are no corpora in {CORPORA}")
        within = others = [pytest.param(None, marks=skip)]
    return within, others


WITHIN, OTHERS = arrays()


def by_zarr_c(path):
    return np.asarray(
        zarr_c.open_array(path.parent, mode="r", zarr_format=zarr_format(path))[...]
    )


def by_zarr_python(path):
    return np.asarray(
        zarr.open_array(path.parent, mode="r", zarr_format=zarr_format(path))[...]
    )


def by_tensorstore(path):
    driver = "zarr" if zarr_format(path) == 2 else "zarr3"
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(path.parent)}}
    return tensorstore.open(spec, open=True, read=True).result().read().result()


def expected(path):
    """What an oracle reads, and its name."""
    failures = []
    for oracle in (by_zarr_python, by_tensorstore):
        try:
            return oracle(path), oracle.__name__
        except Exception as error:  # anything may come from data that it cannot read
            failures.append(f"{oracle.__name__}: {type(error).__name__}: {error}")
    return None, "; ".join(failures)


def assert_equal_to_oracle(found, path):
    value, oracle = expected(path)
    assert value is not None, f"no oracle reads it: {oracle}"
    assert found.dtype.newbyteorder("=") == value.dtype.newbyteorder("="), oracle
    assert found.shape == value.shape
    assert found.tobytes() == value.astype(found.dtype).tobytes(), oracle


@pytest.mark.parametrize("path", WITHIN)
def test_an_array_within_is_read_as_the_oracle_reads_it(path):
    assert_equal_to_oracle(by_zarr_c(path), path)


@pytest.mark.parametrize("path", OTHERS)
def test_an_array_outside_is_refused_or_read_right(path):
    try:
        found = by_zarr_c(path)
    except (BaseZarrError, DataTypeValidationError) as error:
        message = str(error)
    else:
        assert_equal_to_oracle(found, path)
        return
    assert len(message) > 20, "too short to say what is not supported"
