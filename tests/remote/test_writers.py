"""Processes that change one node in an object store keep each other's changes."""

import numpy as np
import pytest
from writers import APPEND, SET, check_attributes, check_rows, together

import zarr_c
from zarr_c.storage import ObjectStore

URLS = {
    "seaweed": "s3://zarr/writers",
    "azurite": "az://zarr/writers",
}  # obstore cannot put to fake-gcs


@pytest.fixture(params=URLS)
def place(request):
    """What a process needs to find an empty place."""
    server = request.getfixturevalue(request.param)
    where = ("object", URLS[request.param], server.obstore_options)
    ObjectStore(where[1], **where[2]).clear()
    return where


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_attributes(place, zarr_format):
    store = ObjectStore(place[1], **place[2])
    zarr_c.create_group(store, path="g", zarr_format=zarr_format, attributes={"first": 1})
    together(SET, (*place, "g"), 3, 12)
    attributes = zarr_c.open_group(store, path="g", mode="r").attrs
    check_attributes(attributes, 3, 12)
    assert attributes["first"] == 1


def test_appends(place):
    store = ObjectStore(place[1], **place[2])
    array = zarr_c.create_array(store, name="x", shape=(0, 4), chunks=(7, 3), dtype="i4")
    printed = together(APPEND, (*place, "x"), 3, 8)
    check_rows(np.asarray(array.refresh()), printed)
    assert not [key for key in store.list() if "lock" in key]
