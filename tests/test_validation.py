"""Strict checks: every leniency of reading is told, and nothing that is right."""

import copy
import json

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import NodeNotFoundError
from zarr_c.metadata.strict import Problem

GROUP = {"zarr_format": 3, "node_type": "group", "attributes": {"a": 1}}
V3 = {
    "shape": [4, 6],
    "data_type": "float32",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    "fill_value": 0.0,
    "codecs": [
        {"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "zstd", "configuration": {"level": 0, "checksum": False}},
    ],
    "attributes": {},
    "dimension_names": ["y", None],
    "zarr_format": 3,
    "node_type": "array",
    "storage_transformers": [],
}
V2 = {
    "zarr_format": 2,
    "shape": [4, 6],
    "chunks": [2, 3],
    "dtype": "<f4",
    "fill_value": 0.0,
    "order": "C",
    "filters": None,
    "compressor": {"id": "zstd", "level": 1},
    "dimension_separator": ".",
}
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
ABSENT = object()


def changed(document, changes):
    new = copy.deepcopy(document) | changes
    return {name: value for name, value in new.items() if value is not ABSENT}


def store_of(**documents):
    names = {"v3": "zarr.json", "zarray": ".zarray", "zgroup": ".zgroup", "zattrs": ".zattrs"}
    return {names[name]: json.dumps(found).encode() for name, found in documents.items()}


def fields(store, **options):
    return [problem.field for problem in zarr_c.validate(store, **options)]


def reads(store):
    try:
        zarr_c.open(dict(store), mode="r")
    except ValueError:
        return False
    return True


# what is read all the same: (changes, the field that is told)
LENIENCIES_V3 = [
    # nulls, names
    ({"attributes": None}, "attributes"),
    ({"dimension_names": None}, "dimension_names"),
    ({"dimension_names": ["x", "x"]}, "dimension_names"),
    ({"data_type": {"name": "float32"}}, "data_type"),
    ({"data_type": {"name": "float32", "configuration": {}}}, "data_type"),
    # extensions and their names
    ({"chunk_key_encoding": "default"}, "chunk_key_encoding"),
    (
        {"chunk_key_encoding": {"name": "default", "must_understand": True}},
        "chunk_key_encoding.must_understand",
    ),
    ({"codecs": [BYTES | {"must_understand": False}]}, "codecs[0].must_understand"),
    ({"data_type": "int8", "fill_value": 0, "codecs": ["bytes"]}, "codecs[0]"),
    ({"codecs": [BYTES | {"name": "endian"}]}, "codecs[0].name"),
    (
        {"codecs": [{"name": "transpose", "configuration": {"order": "F"}}, BYTES]},
        "codecs[0].configuration.order",
    ),
    ({"codecs": [BYTES, {"name": "gzip"}]}, "codecs[1].configuration.level"),
    ({"codecs": [BYTES, {"name": "zstd"}]}, "codecs[1].configuration.level"),
    (
        {
            "codecs": [
                BYTES,
                {
                    "name": "blosc",
                    "configuration": {
                        "cname": "lz4",
                        "clevel": 5,
                        "shuffle": "shuffle",
                        "blocksize": 0,
                    },
                },
            ]
        },
        "codecs[1].configuration.typesize",
    ),
    # fill values
    ({"fill_value": "+Infinity"}, "fill_value"),
    ({"fill_value": float("nan")}, "fill_value"),
    ({"data_type": "int32", "fill_value": 1.0}, "fill_value"),
    ({"data_type": "uint8", "fill_value": 100.0}, "fill_value"),
    ({"data_type": "complex64", "fill_value": [0.0, "+Infinity"]}, "fill_value"),
    ({"data_type": "r16", "fill_value": "AAA=", "codecs": [{"name": "bytes"}]}, "fill_value"),
    (
        {
            "shape": [0, 6],
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [0, 3]}},
        },
        "chunk_grid.chunk_shape",
    ),
]


# format.md F4 F6 F7 E4 E5 E6 E8 E9 C1 5.1 5.7 5.26 5.28
@pytest.mark.parametrize(("changes", "field"), LENIENCIES_V3, ids=str)
def test_what_is_read_but_not_right_in_v3(changes, field):
    store = store_of(v3=changed(V3, changes))
    assert reads(store)
    problems = zarr_c.validate(store)
    assert field in [problem.field for problem in problems]
    assert all(problem.key == "zarr.json" for problem in problems)
    line = str(problems[0])
    assert line.startswith(f"zarr.json: {problems[0].field}: expected {problems[0].expected}")
    assert line.endswith(f"({problems[0].section})")


ERRORS_V3 = [
    ({"zarr_format": "3"}, "zarr_format"),
    ({"shape": ABSENT}, "shape"),
    ({"shape": [-1, 6]}, "shape"),
    ({"fill_value": ABSENT}, "fill_value"),
    ({"fill_value": None}, "fill_value"),
    ({"fill_value": "nan"}, "fill_value"),
    ({"fill_value": True}, "fill_value"),
    ({"fill_value": "0x7fc0"}, "fill_value"),
    ({"data_type": "bool", "fill_value": 0}, "fill_value"),
    ({"data_type": "int32", "fill_value": "1"}, "fill_value"),
    ({"codecs": []}, "codecs"),
    ({"codecs": [BYTES, {"name": "gzip", "configuration": {"level": 10}}]}, "codec 'gzip'"),
    ({"codecs": [{"name": "bytes"}]}, "codec 'bytes'"),
    ({"codecs": [BYTES, BYTES]}, "codecs"),
    ({"codecs": [BYTES, {"name": "unheard-of"}]}, "codecs"),
    ({"unknown": 1}, "unknown"),
    ({"dimension_names": ["x"]}, "dimension_names"),
    ({"storage_transformers": [{"name": "x"}]}, "storage_transformers"),
    ({"chunk_grid": {"name": "odd"}}, "chunk_grid"),
]


# format.md E2 E7 P1 F1
@pytest.mark.parametrize(("changes", "field"), ERRORS_V3, ids=str)
def test_what_is_not_read_is_told_too(changes, field):
    store = store_of(v3=changed(V3, changes))
    assert any(found.startswith(field) for found in fields(store))


LENIENCIES_V2 = [
    ({"filters": ABSENT}, "filters"),
    ({"filters": []}, "filters"),
    ({"compressor": ABSENT}, "compressor"),
    ({"dimension_separator": None}, "dimension_separator"),
    ({"_nczarr_array": {}}, "_nczarr_array"),
    ({"shape": [0, 6], "chunks": [0, 3]}, "chunks"),
    # types and fill values
    ({"dtype": ">u1", "fill_value": 0}, "dtype"),
    ({"fill_value": float("-inf")}, "fill_value"),
    ({"dtype": "<i4", "fill_value": 0.0}, "fill_value"),
    ({"dtype": "|b1", "fill_value": 0}, "fill_value"),
    ({"dtype": "<c8", "fill_value": 0}, "fill_value"),
    ({"dtype": "|S4", "fill_value": 0}, "fill_value"),
    ({"dtype": "<M8[ns]", "fill_value": "NaT"}, "fill_value"),
]


# format.md A2 A3 A4 B1 B2 B3 B6 D1 D7 5.14 5.17 5.27
@pytest.mark.parametrize(("changes", "field"), LENIENCIES_V2, ids=str)
def test_what_is_read_but_not_right_in_v2(changes, field):
    store = store_of(zarray=changed(V2, changes))
    assert reads(store)
    assert field in fields(store)


# format.md A2
@pytest.mark.parametrize("field", ["shape", "chunks", "dtype", "fill_value", "order"])
def test_keys_that_v2_must_have(field):
    assert field in fields(store_of(zarray=changed(V2, {field: ABSENT})))


# format.md D5 G3 G2
def test_groups():
    assert fields(store_of(zgroup={"zarr_format": 2}, zattrs={})) == []
    assert fields(store_of(zgroup={"zarr_format": 2, "x": 1})) == ["x"]
    assert fields(store_of(v3=GROUP)) == []
    nulls = {"attributes": None, "consolidated_metadata": None}
    assert fields(store_of(v3=GROUP | nulls)) == ["attributes", "consolidated_metadata"]
    listing = {"kind": "inline", "metadata": {"x": changed(V3, {"attributes": None})}}
    assert fields(store_of(v3=GROUP | {"consolidated_metadata": listing})) == [
        "consolidated_metadata.must_understand",
        "consolidated_metadata.metadata['x'].attributes",
    ]


# format.md E9
@pytest.mark.parametrize(
    ("text", "field", "found"),
    [
        (b'\xef\xbb\xbf{"zarr_format": 2}', "document", "'\\ufeff'"),
        (b'{"zarr_format": 2, "zarr_format": 2}', "zarr_format", "'zarr_format'"),
        (b'{"zarr_format": 2', "document", ""),
        (b'{"zarr_format": 2, "\xff": 1}', "document", ""),
        (b"[]", "document", ""),
    ],
)
def test_what_is_no_json(text, field, found):
    (problem,) = zarr_c.validate({".zgroup": text})
    assert (problem.key, problem.field, problem.section) == (".zgroup", field, "RFC 8259")
    assert found in problem.found


# format.md E9 F3 5.6 5.29
def test_literals_in_attributes():
    for text, found in ((b"NaN", "NaN"), (b"-Infinity", "-Infinity"), (b"-0", "-0")):
        store = {".zgroup": b'{"zarr_format": 2}', ".zattrs": b'{"a": [%s]}' % text}
        (problem,) = zarr_c.validate(store)
        assert (problem.key, problem.found) == (".zattrs", f"'{found}'")


DTYPES = ("?", "i1", "u8", "f2", "f4", "c16", "V3", "S4", "U3", "M8[s]")


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_is_written_here_is_right(zarr_format):
    store = {}
    root = zarr_c.create_group(store, zarr_format=zarr_format, attributes={"a": [1.5, "x"]})
    for dtype in DTYPES:
        root.create_array(f"a/{dtype}", shape=(3, 4), dtype=dtype, chunks=2)
    for name, fill_value in (("nan", np.nan), ("inf", -np.inf), ("zero", -0.0)):
        root.create_array(name, shape=(), dtype="f4", fill_value=fill_value)
    for separator in "/.":
        key = {"name": {2: "v2", 3: "default"}[zarr_format], "separator": separator}
        root.create_array(f"k{separator == '/'}", data=np.ones((2, 2)), chunk_key_encoding=key)
    zarr_c.consolidate_metadata(store, "a")
    zarr_c.consolidate_metadata(store)
    assert zarr_c.validate(store, recursive=True) == []


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_zarr_python_writes_is_right(tmp_path, zarr_format):
    zarr = pytest.importorskip("zarr")
    root = zarr.create_group(str(tmp_path), zarr_format=zarr_format, attributes={"a": 1})
    for dtype in DTYPES[:6]:
        root.create_array(f"g/{dtype.replace('?', 'b')}", shape=(3, 4), dtype=dtype)
    root["g/f4"][...] = 1
    assert zarr_c.validate(tmp_path, recursive=True) == []


# ---- hierarchies


# format.md A3 5.30
@pytest.mark.parametrize(
    ("stored", "document", "told"),
    [
        ("0/0", V2, True),
        ("0.0", V2, False),
        ("0.0", V2 | {"dimension_separator": "/"}, True),
        ("0/0", V2 | {"dimension_separator": "/"}, False),
        ("0/0", changed(V2, {"dimension_separator": ABSENT}), True),
        ("c/0/0", V3, False),
        ("c.0.0", V3, True),
        ("0/0", V3, True),
        ("0.0", V3 | {"chunk_key_encoding": {"name": "v2"}}, False),
        ("c/0/0", V3 | {"chunk_key_encoding": {"name": "v2"}}, True),
        ("readme.txt", V2, False),
    ],
)
def test_chunks_that_would_read_as_fill_value(stored, document, told):
    store = store_of(**{"v3" if document["zarr_format"] == 3 else "zarray": document})
    store[stored] = bytes(24)
    problems = [p for p in zarr_c.validate(store) if p.field == "chunk key encoding"]
    assert bool(problems) == told
    if told:
        assert problems[0].found == repr(stored.split("/")[0])


# format.md K2 N1
def test_hierarchies():
    store = {}
    for zarr_format in (2, 3):
        zarr_c.create_array(store, f"g{zarr_format}/a/x", shape=1, zarr_format=zarr_format)
    assert zarr_c.validate(store, recursive=True) == []
    del store["g3/a/zarr.json"], store["g3/zarr.json"], store["g2/a/.zgroup"]
    store["__odd/zarr.json"] = store["g3/a/x/zarr.json"]
    broken = json.loads(store["g3/a/x/zarr.json"]) | {"attributes": None}
    store["g3/a/x/zarr.json"] = json.dumps(broken).encode()
    found = {(p.key, p.field) for p in zarr_c.validate(store, recursive=True)}
    assert found == {
        ("g3/zarr.json", "document"),
        ("g3/a/zarr.json", "document"),
        ("g2/a/.zgroup", "document"),
        ("__odd/zarr.json", "path"),
        ("g3/a/x/zarr.json", "attributes"),
    }
    assert zarr_c.validate(store) == []
    assert fields(store, path="g3/a/x") == ["attributes"]
    with pytest.raises(NodeNotFoundError, match="no array and no group at the path 'g3'"):
        zarr_c.validate(store, "g3")


# format.md G5
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_consolidated_metadata_that_are_stale(zarr_format):
    store = {}
    root = zarr_c.create_group(store, zarr_format=zarr_format)
    for name in ("x", "y"):
        root.create_array(name, shape=1)
    zarr_c.consolidate_metadata(store)
    root = zarr_c.open_group(store, use_consolidated=False)
    root["x"].resize(2)
    del root["y"]
    root.create_group("z")
    problems = zarr_c.validate(store, recursive=True)
    name = {2: "/.zarray", 3: ""}[zarr_format]
    group = {2: "z/.zgroup", 3: "z"}[zarr_format]
    assert [(p.field.rpartition("metadata")[2], p.found) for p in problems] == [
        (f"['x{name}']", "another"),
        (f"['y{name}']", "one more"),
        (f"['{group}']", "none"),
    ]
    zarr_c.consolidate_metadata(store)
    assert zarr_c.validate(store, recursive=True) == []


# ---- another implementation


def mutations(document):
    """The document with each field absent or of another type, one at a time."""
    odd = (None, True, 1, 1.5, -1, "x", [], {}, ["x"], {"name": "x"}, [0], [None])
    for field in document:
        for value in (ABSENT, *odd):
            yield changed(document, {field: value})
    for changes, _ in (*LENIENCIES_V3, *ERRORS_V3, *LENIENCIES_V2):
        yield changed(document, changes)


def refused_by_zarr_metadata(document):
    zarr_metadata = pytest.importorskip("zarr_metadata")
    name = f"ZarrV{2 if 'dtype' in document or 'chunks' in document else 3}ArrayMetadata"
    try:
        getattr(zarr_metadata, name).from_json(document)
    except zarr_metadata.MetadataValidationError:
        return True
    return False


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_zarr_metadata_refuses_is_told(zarr_format):
    original = {2: V2, 3: V3}[zarr_format]
    name = {2: ".zarray", 3: "zarr.json"}[zarr_format]
    documents = [found for found in mutations(original) if found.get("node_type") != "group"]
    refused = [document for document in documents if refused_by_zarr_metadata(document)]
    assert len(refused) > 100
    missed = [
        document
        for document in refused
        if not zarr_c.validate({name: json.dumps(document).encode()})
    ]
    assert missed == []


def test_a_problem_is_a_value():
    problem = Problem("k", "f", "this", "that", "somewhere")
    assert problem == Problem("k", "f", "this", "that", "somewhere")
    assert str(problem) == "k: f: expected this, found that (somewhere)"
    assert problem.within("top", "inner") == Problem(
        "top", "inner.f", *problem.__getstate__()[2:]
    )


def test_consolidated_metadata_of_v2_beside_documents_of_v3():
    """Both are compared with what is stored."""
    store = {}
    zarr_c.create_group(store, zarr_format=2).create_array("x", shape=1)
    zarr_c.consolidate_metadata(store)
    zarr_c.convert_metadata(store)
    assert {"zarr.json", "x/zarr.json", "x/.zarray", ".zmetadata"} <= store.keys()
    assert zarr_c.validate(store, recursive=True) == []
