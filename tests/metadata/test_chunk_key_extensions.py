"""Chunk key encodings beside the two of the core: keys, what is refused, those of programs."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata import chunk_key, v3
from zarr_c.metadata.chunk_key import ChunkKeyEncoding, parse, register_chunk_key_encoding


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


TIFF = named("suffix", suffix=".tiff", base_encoding=named("default", separator="/"))
ZIP = named("suffix", suffix=".shard.zip", base_encoding=named("v2", separator="."))
TEMPLATES = [  # the examples of the draft
    ("c/{*}", "/", (11, 22, 33), "c/11/22/33"),
    ("{*}", ".", (11, 22, 33), "11.22.33"),
    ("prefix/{*}", "/", (11, 22, 33), "prefix/11/22/33"),
    ("{*}.suffix", "_", (11, 22, 33), "11_22_33.suffix"),
    ("{2}/{0}/{1}", None, (11, 22, 33), "33/11/22"),
    ("{-1}/{*}", "/", (11, 22, 33), "33/11/22"),
    ("{*:04}", "/", (11, 22, 33), "0011/0022/0033"),
    ("{*:02}", "/", (111, 2, 33), "111/02/33"),
    ("images/{-1}/{*:04}.jpeg", "_", (1, 2, 3), "images/3/0001_0002.jpeg"),
    ("{{{0}}}", None, (7,), "{7}"),
    ("t{0:03}{1:03}", None, (7, 12), "t007012"),
    ("ü{0}", None, (7,), "ü7"),
    ("{1}--{0}", None, (7, 8), "8--7"),
]
CASES = [
    (TIFF, (1, 2), "c/1/2.tiff"),
    (TIFF, (), "c.tiff"),
    (ZIP, (1, 2), "1.2.shard.zip"),
    (ZIP, (), "0.shard.zip"),
    (named("suffix", suffix="", base_encoding=named("v2", separator="/")), (1, 2), "1/2"),
    (named("prefix", prefix="x/", base_encoding=named("v2", separator=".")), (0, 0), "x/0.0"),
    (named("prefix", prefix="x", base_encoding=TIFF), (3,), "xc/3.tiff"),
    (named("zarrs.default_suffix", separator=".", suffix=".bin"), (1, 2), "c.1.2.bin"),
    (named("zarrs.default_suffix", separator="/", suffix=".bin"), (), "c.bin"),
    (named("fanout", max_children=1000), (), "c"),
    (named("fanout", max_children=1000), (0,), "c/0/000"),
    (named("fanout", max_children=1000), (12,), "c/0/012"),
    (
        named("fanout", max_children=1000),
        (1234, 5, 0, 6789012),
        "c/1/001/234/0/005/0/000/2/006/789/012",
    ),
    (named("fanout", max_children=100), (1234,), "c/1/12/34"),
    *(
        (named("template", format=text, **({"separator": sep} if sep else {})), coords, key)
        for text, sep, coords, key in TEMPLATES
    ),
    (named("template", template="{*}", separator="/"), (1, 2), "1/2"),
]


# format.md 2.3 chunk_key_encoding
@pytest.mark.parametrize(("spec", "coords", "key"), CASES)
def test_keys_and_documents(spec, coords, key):
    encoding = parse(spec)
    assert encoding.encode_chunk_key(coords) == key
    assert encoding.decoder(len(coords))(key) == coords
    assert encoding.to_json() == spec
    assert parse(json.loads(json.dumps(spec))) == encoding
    assert hash(parse(spec)) == hash(encoding)


COORDS = st.lists(st.integers(0, 2**63 - 1) | st.integers(0, 12), max_size=4).map(tuple)


# format.md 2.3 chunk_key_encoding
@given(st.sampled_from([case[0] for case in CASES]), COORDS, COORDS)
def test_no_two_chunks_have_one_key(spec, first, second):
    encoding = parse(spec)
    keys = []
    for coords in (first, second):
        try:
            keys.append(encoding.encode_chunk_key(coords))
        except MetadataValidationError:  # a template for another number of axes
            return
        assert encoding.decoder(len(coords))(keys[-1]) == coords
    if len(first) == len(second):
        assert (keys[0] == keys[1]) == (first == second)


@pytest.mark.parametrize("spec", [case[0] for case in CASES])
@pytest.mark.parametrize(
    "key", ["zarr.json", "c/01", "c/1/2", "0", "c/", "c/x", "c/0/1000", "images/3/1.jpeg", "٣"]
)
def test_keys_that_the_encoding_does_not_make_are_no_chunks(spec, key):
    encoding = parse(spec)
    for ndim in (1, 2, 3):
        try:
            coords = encoding.decoder(ndim)(key)
        except MetadataValidationError:
            continue
        assert coords is None or encoding.encode_chunk_key(coords) == key


# format.md E3
@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("suffix", "suffix: expected this parameter"),
        (named("suffix", suffix=".x"), "base_encoding: expected this parameter"),
        (named("suffix", suffix=1, base_encoding="v2"), "suffix: expected a string, found 1"),
        (named("suffix", suffix="", base_encoding="none"), "found 'none'"),
        (named("suffix", suffix="", base_encoding=None), "expected a name or an object"),
        (named("prefix", prefix="", base_encoding="v2"), "prefix: expected a text"),
        (named("zarrs.default_suffix", suffix=".x", separator="-"), "separator: expected"),
        (named("fanout", max_children=99), "max_children: expected an integer of at least 100"),
        (named("fanout", max_children=1e3), r"found 1000\.0"),
        (named("fanout", max_children=True), "found True"),
        (named("fanout", depth=3), "no key but max_children"),
        (named("template"), "format: expected this parameter"),
        (named("template", format="{*}"), "separator: expected this parameter"),
        (named("template", format="{*}{*}", separator="/"), r"no more than one \{\*\}"),
        (named("template", format="a"), "an expression in braces"),
        (named("template", format="{0"), "braces around an expression"),
        (named("template", format="{x}"), "braces around an expression"),
        (named("template", format="{0:4}"), "braces around an expression"),
        (named("template", format="{0:065}"), "widths of at most 64"),
        (named("template", format="{99999}"), "axes"),
        (named("template", format=3), "format: expected a string"),
        (named("template", format="{0}", separator=1), "separator: expected a string"),
        (named("template", format="{0}", template="{0}"), "format: expected this parameter"),
        ({"name": "suffix", "must_understand": False}, "this parameter"),
        ({"name": "spiral", "must_understand": False}, "found 'spiral'"),
    ],
)
def test_a_bad_configuration_is_named(spec, said):
    with pytest.raises(MetadataValidationError, match=f"^chunk_key_encoding.*{said}"):
        parse(spec)


def document(encoding, ndim):
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [4] * ndim,
        "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2] * ndim}},
        "chunk_key_encoding": encoding,
        "fill_value": 0,
        "codecs": ["bytes"],
    }


# format.md 1.2 chunk_key_encoding 2.3 chunk_key_encoding
@pytest.mark.parametrize(
    ("spec", "ndim"),
    [
        (named("suffix", suffix="/../../x", base_encoding="default"), 2),
        (named("suffix", suffix="/zarr.json", base_encoding="default"), 2),
        (named("suffix", suffix="/", base_encoding="default"), 2),
        (named("suffix", suffix="\0", base_encoding="default"), 2),
        (named("suffix", suffix="//x", base_encoding="default"), 2),
        (named("suffix", suffix="\\x", base_encoding="default"), 2),
        (named("suffix", suffix="\udc80", base_encoding="default"), 2),
        (named("prefix", prefix="/", base_encoding="default"), 2),
        (named("prefix", prefix="../", base_encoding="default"), 2),
        (named("prefix", prefix="C:/", base_encoding="default"), 2),
        (named("zarrs.default_suffix", suffix="/.."), 1),
        (named("template", format="../{0}"), 1),
        (named("template", format="{0}/./x"), 1),
        (named("template", format="zarr.json{0}"), 1),
        (named("template", format="{0}"), 2),
        (named("template", format="{0}/{0}"), 2),
        (named("template", format="{0}/{-2}"), 2),
        (named("template", format="{0}/{2}"), 2),
        (named("template", format="{0}/{-3}"), 2),
        (named("template", format="{0}/{1}/{*}", separator="/"), 2),
        (named("template", format="{0}/{1}"), 1),
        (named("template", format="{0}{1}"), 2),
        (named("template", format="{0}5{1}"), 2),
        (named("template", format="{*}", separator=""), 2),
        (named("template", format="{*}", separator="0"), 2),
    ],
)
def test_keys_outside_the_array_and_keys_for_two_chunks_are_refused(spec, ndim):
    with pytest.raises(MetadataValidationError, match=r"^zarr.json: chunk_key_encoding"):
        v3.parse_array(document(spec, ndim), "zarr.json")


def test_a_number_wider_than_its_place_is_refused():
    encoding = parse(named("template", format="{0:02}{1:02}"))
    assert encoding.encode_chunk_key((99, 100)) == "99100"
    with pytest.raises(
        MetadataValidationError, match="chunks of at most 2 digits, found '100'"
    ):
        encoding.encode_chunk_key((100, 99))


def test_encodings_within_each_other_without_end_are_refused():
    spec = "default"
    for _ in range(5000):
        spec = named("suffix", suffix="x", base_encoding=spec)
    with pytest.raises(MetadataValidationError, match="fewer encodings within each other"):
        parse(spec)


@pytest.mark.parametrize(
    ("spec", "ndim", "affixes"),
    [
        (TIFF, 2, ("c/", "/", ".tiff")),
        (TIFF, 0, ("c", "/", ".tiff")),
        (named("prefix", prefix="x", base_encoding=ZIP), 3, ("x", ".", ".shard.zip")),
        (named("template", format="a{*}b", separator="_"), 2, ("a", "_", "b")),
        (named("template", format="a{0}b"), 1, ("a", "/", "b")),
        (named("template", format="{0}-{1}"), 2, ("", "-", "")),
        (named("template", format="{1}-{0}"), 2, None),
        (named("template", format="{0}-{1:02}"), 2, None),
        (named("template", format="{*}", separator="--"), 2, None),
        (named("template", format="{*}", separator="ü"), 2, None),
        (named("template", format="{0}-{1}_{2}"), 3, None),
        ("fanout", 1, None),
        (named("suffix", suffix="x", base_encoding="fanout"), 1, None),
    ],
)
def test_which_keys_are_made_without_the_gil(spec, ndim, affixes):
    assert parse(spec).affixes(ndim) == affixes


# ---- those of programs


class Hex(ChunkKeyEncoding):
    name = "hex"
    parameters = ("upper",)

    def __init__(self, upper=False):
        self.upper = upper

    def encode_chunk_key(self, chunk_coords):
        return "h" + "-".join(f"{i:{'X' if self.upper else 'x'}}" for i in chunk_coords)


def test_an_encoding_of_a_program(monkeypatch):
    monkeypatch.setattr(chunk_key, "_CLASSES", dict(chunk_key._CLASSES))
    with pytest.raises(MetadataValidationError, match="found 'hex'"):
        parse("hex")
    register_chunk_key_encoding("hex", Hex)
    encoding = parse(named("hex", upper=True))
    assert encoding == Hex(upper=True) != Hex()
    assert repr(encoding) == "Hex(upper=True)"
    assert encoding.safe_key((10, 255)) == "hA-FF"
    assert encoding.to_json() == named("hex", upper=True)
    with pytest.raises(NotImplementedError, match="Hex does not read keys"):
        encoding.decoder(2)
    with pytest.raises(TypeError, match="subclass of ChunkKeyEncoding"):
        register_chunk_key_encoding("x", str)


def test_an_encoding_of_an_installed_package(monkeypatch):
    class Point:
        def load(self):
            return Hex

    def entry_points(group, name):
        return [Point()] if (group, name) == (chunk_key.ENTRY_POINTS, "hex") else []

    monkeypatch.setattr(chunk_key, "_CLASSES", dict(chunk_key._CLASSES))
    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    assert parse("hex") == Hex()
    with pytest.raises(MetadataValidationError, match="found 'other'"):
        parse("other")


@pytest.mark.parametrize("key", ["", "/a", "a//b", "../a", "zarr.json", "x/zarr.json", 5, None])
def test_a_key_of_a_program_is_checked(key):
    class Bad(ChunkKeyEncoding):
        name = "bad"

        def encode_chunk_key(self, chunk_coords):
            return key

    with pytest.raises(MetadataValidationError, match="a key for a chunk within the array"):
        Bad().check(2)
