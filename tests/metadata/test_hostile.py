"""Whatever JSON a document holds, it is read or refused with a `MetadataValidationError`."""

from __future__ import annotations

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata import document, v2, v3

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["", "bytes", "regular", "default", "v2", "/", ".", "NaN", "<i4", "r8"])
    | st.text(max_size=5)
)
names = st.sampled_from(
    ["name", "configuration", "must_understand", "chunk_shape", "separator", "id", "kind", "x"]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
quick = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(value, path=()):
    """List the paths of everything in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, name))
        else:
            yield (*path, name)


def changed(doc, path, value):
    """Put a value somewhere else than at the root of a copy of a document."""
    doc = inner = copy.deepcopy(doc)
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return doc


def outcome(call, argument):
    """Return what a call gives, or the text of the one error it may raise."""
    try:
        return call(argument)
    except MetadataValidationError as error:
        return str(error)


def accept_or_refuse(parse, write, doc):
    meta = outcome(parse, doc)
    if isinstance(meta, str):
        assert meta.startswith("key: ")
        assert len(meta) < 1000
        return
    written = outcome(document.dumps, write(meta))
    if isinstance(written, str):
        assert "finite" in written  # NaN in attributes is read, but not written
    else:
        assert parse(document.loads(written, "key")) == meta


@quick
@given(data=st.data())
def test_v3_array(v3_array, data):
    path = data.draw(st.sampled_from([p for p in places(v3_array) if p]))
    doc = changed(v3_array, path, data.draw(values))
    accept_or_refuse(lambda d: v3.parse_array(d, "key"), v3.array_document, doc)


@quick
@given(data=st.data())
def test_v2_array(v2_array, data):
    path = data.draw(st.sampled_from([p for p in places(v2_array) if p]))
    doc = changed(v2_array, path, data.draw(values))
    accept_or_refuse(
        lambda d: v2.parse_array(d, None, "key"),
        lambda meta: v2.array_documents(meta)[".zarray"],
        doc,
    )


@quick
@given(data=st.data())
def test_v3_group(data):
    inline = {"kind": "inline", "must_understand": False, "metadata": {}}
    group = {"zarr_format": 3, "node_type": "group", "attributes": {"a": 1}}
    group["consolidated_metadata"] = inline
    path = data.draw(st.sampled_from([p for p in places(group) if p]))
    doc = changed(group, path, data.draw(values))
    accept_or_refuse(lambda d: v3.parse_node(d, "key"), v3.group_document, doc)


@pytest.mark.parametrize("depth", [50, 500, 900])
def test_deep_nesting_is_shown_shortened(v3_array, depth):
    deep: object = 0
    for _ in range(depth):
        deep = [deep]
    for field in ("shape", "data_type", "fill_value", "codecs", "chunk_grid", "custom"):
        with pytest.raises(MetadataValidationError, match=f"^key: {field}"):
            v3.parse_array(v3_array | {field: deep}, "key")
