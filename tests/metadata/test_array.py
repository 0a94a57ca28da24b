"""Array and group metadata: what fits together can be made and copied, nothing else."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata import v2, v3
from zarr_c.metadata.chunk_key import parse as chunk_key
from zarr_c.metadata.dtype import parse_v2
from zarr_c.metadata.group import GroupMetadata


@pytest.fixture
def meta3(v3_array):
    return v3.parse_array(v3_array, "zarr.json")


@pytest.fixture
def meta2(v2_array):
    return v2.parse_array(v2_array, None, ".zarray")


def test_properties(meta3):
    assert meta3.ndim == 3
    assert meta3.dtype == np.dtype("float32")
    assert meta3.grid_shape == (4, 2, 3)
    assert meta3.chunk_nbytes == 32 * 128 * 128 * 4
    assert meta3.with_(shape=(0, 1, 128)).grid_shape == (0, 1, 1)


def test_it_is_frozen_copied_and_pickled(meta3, meta2):
    for meta in (meta3, meta2, GroupMetadata(attributes={"a": 1})):
        assert pickle.loads(pickle.dumps(meta)) == copy.deepcopy(meta) == meta
        with pytest.raises(AttributeError):
            meta.attributes = {}
        changed = meta.with_(attributes={"x": 2})
        assert changed.attributes == {"x": 2}
        assert changed != meta
        assert changed.with_(attributes=meta.attributes) == meta


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shape": (1, 2)}, "chunk_shape: expected 2 lengths"),
        (
            {"shape": (-1, 2, 3)},
            "shape: expected integers from 0 to 2**63 - 1, found (-1, 2, 3)",
        ),
        ({"shape": (2**63, 2, 3)}, "shape: "),
        ({"shape": (True, 2, 3)}, "shape: "),
        ({"shape": (2.0, 2, 3)}, "shape: "),
        ({"shape": (np.int64(1), 2, 3)}, "shape: "),
        (
            {"shape": (1,) * 65, "chunk_shape": (1,) * 65},
            "shape: expected at most 64 dimensions",
        ),
        ({"chunk_shape": (1, 0, 3)}, "chunk_shape: expected integers from 1"),
        ({"chunk_shape": (1, 2**63, 3)}, "chunk_shape: expected integers from 1"),
        ({"chunk_shape": (2**31, 2**31, 1)}, "chunk_shape: expected fewer than 2**63 bytes"),
        ({"fill_value": b"\0"}, "fill_value: expected 4 raw bytes for float32"),
        ({"fill_value": None}, "fill_value: expected a value"),
        ({"codecs": ()}, "codecs: expected at least one"),
        ({"order": "F"}, "codecs: expected no filters, compressor or order F"),
        ({"compressor": {"id": "zstd"}}, "codecs: "),
        ({"data_type": parse_v2(">f4")}, "data_type: expected native byte order"),
        ({"dimension_names": ("x",)}, "dimension_names: expected 3 strings or nulls"),
        ({"dimension_names": ("x", 1, None)}, "dimension_names: expected strings or nulls"),
        ({"zarr_format": 4}, "zarr_format: expected 2 or 3, found 4"),
    ],
)
def test_fields_that_do_not_fit_in_v3(meta3, change, said):
    with pytest.raises(MetadataValidationError) as error:
        meta3.with_(**change)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chunk_shape": (1, 2)}, "chunks: expected 3 lengths"),
        ({"chunk_shape": (1, 0, 3)}, "chunks: expected integers from 1"),
        ({"order": "A"}, "order: expected 'C' or 'F', found 'A'"),
        ({"codecs": ({"name": "bytes", "configuration": {}},)}, "codecs: expected none"),
        ({"dimension_names": ("x", "y", "z")}, "dimension_names: expected none"),
        ({"chunk_key": chunk_key("default")}, "chunk_key_encoding: expected 'v2'"),
    ],
)
def test_fields_that_do_not_fit_in_v2(meta2, change, said):
    with pytest.raises(MetadataValidationError) as error:
        meta2.with_(**change)
    assert str(error.value).startswith(said)


def test_64_dimensions_are_allowed(meta3):
    assert meta3.with_(shape=(2,) * 64, chunk_shape=(1,) * 64, dimension_names=None).ndim == 64
