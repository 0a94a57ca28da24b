"""scale_offset and cast_value beside zarr-python, which has them from 3.4 on."""

import numpy as np
import pytest
import zarr

import zarr_c
from zarr_c import codecs as ours

pytest.importorskip("zarr.codecs.scale_offset")
pytest.importorskip("cast_value_rs")
theirs = pytest.importorskip("zarr.codecs")

pytestmark = pytest.mark.filterwarnings("ignore")

RAMP = np.arange(108).reshape(12, 9)
CASES = {
    "integers": (RAMP.astype("i2"), 5, [("ScaleOffset", {"offset": -3, "scale": 7})]),
    "floats": (RAMP.astype("f4"), 5, [("ScaleOffset", {"offset": 0.1, "scale": 3.3})]),
    "halves": (RAMP.astype("f2"), 5, [("ScaleOffset", {"offset": 0.1, "scale": 3.3})]),
    "down": (
        RAMP / 3,
        5,
        [("CastValue", {"data_type": "int16", "rounding": "towards-negative"})],
    ),
    "packed": (
        RAMP / 4,
        np.nan,
        [
            ("ScaleOffset", {"offset": 1, "scale": 4}),
            (
                "CastValue",
                {
                    "data_type": "uint8",
                    "out_of_range": "clamp",
                    "scalar_map": {"encode": [["NaN", 255]], "decode": [[255, "NaN"]]},
                },
            ),
        ],
    ),
    "transposed": (
        RAMP / 4,
        0,
        [("TransposeCodec", {"order": (1, 0)}), ("CastValue", {"data_type": "int32"})],
    ),
}


# format.md 2.2 scale_offset
# format.md 2.2 cast_value
@pytest.mark.parametrize("case", CASES)
def test_both_ways(tmp_path, case):
    data, fill, filters = CASES[case]
    common = {
        "shape": data.shape,
        "chunks": (5, 4),
        "dtype": data.dtype,
        "fill_value": fill,
        "compressors": None,
    }
    written = {}
    for library, codecs in ((zarr_c, ours), (zarr, theirs)):
        chain = [getattr(codecs, name)(**parameters) for name, parameters in filters]
        path = tmp_path / library.__name__
        array = library.create_array(path, filters=chain, **common)
        array[...] = data
        written[library] = (path, array[...])
    for path, expected in written.values():
        for library in (zarr_c, zarr):
            found = library.open_array(path, mode="r")[...]
            assert np.array_equal(found, expected, equal_nan=True)
    chunks = [(path / "c" / "0" / "1").read_bytes() for path, _ in written.values()]
    assert chunks[0] == chunks[1]
