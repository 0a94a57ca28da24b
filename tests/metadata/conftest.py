"""Where the tests find documents that other implementations wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"


def _documents(name: str) -> list[tuple[str, dict[str, Any]]]:
    if not CORPORA.is_dir():
        pytest.skip(f"no corpora of other implementations at {CORPORA}")
    paths = sorted(CORPORA.rglob(name))
    assert paths, f"{CORPORA} holds no {name}"
    return [(str(p.relative_to(CORPORA)), json.loads(p.read_bytes())) for p in paths]


@pytest.fixture
def v3_documents() -> list[tuple[str, dict[str, Any]]]:
    """Every ``zarr.json`` of the corpora, with its key."""
    return _documents("zarr.json")


@pytest.fixture
def v2_documents() -> list[tuple[str, dict[str, Any]]]:
    """Every ``.zarray`` of the corpora, with its key."""
    return _documents(".zarray")


@pytest.fixture
def v3_array() -> dict[str, Any]:
    """A typical v3 array document, as zarr-python writes it."""
    return {
        "shape": [100, 200, 300],
        "data_type": "float32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [32, 128, 128]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0.0,
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 0, "checksum": False}},
        ],
        "attributes": {"units": "K"},
        "dimension_names": ["t", None, "x"],
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }


@pytest.fixture
def v2_array() -> dict[str, Any]:
    """A typical ``.zarray``, as zarr-python writes it."""
    return {
        "shape": [100, 200, 300],
        "chunks": [32, 128, 128],
        "dtype": "<f4",
        "fill_value": 0.0,
        "order": "C",
        "filters": None,
        "dimension_separator": ".",
        "compressor": {"id": "zstd", "level": 0},
        "zarr_format": 2,
    }
