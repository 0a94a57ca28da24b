"""Where a document strays from its specification, though it may be read all the same.

Reading is lenient (`v2`, `v3`, `document`); each leniency is a `Problem` here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.frozen import Frozen, set_field
from zarr_c.metadata import v2, v3
from zarr_c.metadata.checks import shown
from zarr_c.metadata.dtype import parse_v2, parse_v3
from zarr_c.metadata.strict_fill import fill_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Problem", "Finding", "check_json", "check_v2", "check_v3", "from_error"]

JSON = "RFC 8259"
CORE_ARRAY = "Zarr v3 core, array metadata"
CORE_GROUP = "Zarr v3 core, group metadata"
CORE_EXTENSIONS = "Zarr v3 core, extension definition"
V2_ARRAY = "Zarr v2, arrays, metadata"
V2_GROUP = "Zarr v2, hierarchies, groups"
V2_CONSOLIDATED = "Zarr v2, .zmetadata"

Finding = tuple[str, str, Any, str]
"""Field, what was expected, what was found, section of the specification."""


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()
"""What is found where a key is missing."""


class Problem(Frozen):
    """Something in a document, or in how nodes are stored, that a specification forbids.

    Attributes
    ----------
    key : str
        Key of the document in its store.
    field : str
        What in it, such as ``codecs[0].must_understand``.
    expected, found : str
        What the specification asks for, and what is there.
    section : str
        Where it does so.
    """

    __slots__ = ("key", "field", "expected", "found", "section")

    key: str
    field: str
    expected: str
    found: str
    section: str

    def __init__(self, key: str, field: str, expected: str, found: str, section: str) -> None:
        set_field(self, "key", key)
        set_field(self, "field", field)
        set_field(self, "expected", expected)
        set_field(self, "found", found)
        set_field(self, "section", section)

    def __str__(self) -> str:
        return (
            f"{self.key}: {self.field}: expected {self.expected}, found {self.found} "
            f"({self.section})"
        )

    def within(self, key: str, field: str) -> Problem:
        """The same problem, of a document that lies within another one."""
        return Problem(key, f"{field}.{self.field}", self.expected, self.found, self.section)


def from_error(key: str, error: Exception, section: str) -> Problem:
    """An error of reading as a problem: ``key: field: expected ..., found ...``."""
    text = str(error).removeprefix(f"{key}: ")
    field, said, rest = text.partition(": expected ")
    if not said:
        return Problem(key, "document", "one that can be read", text, section)
    expected, said, found = rest.rpartition(", found ")
    if not said:
        return Problem(key, field, rest, "otherwise", section)
    return Problem(key, field, expected, found, section)


# ---- JSON


def check_json(data: bytes) -> Iterator[Finding]:
    """What is not JSON in a document that `document.loads` takes."""
    if data[:3] == b"\xef\xbb\xbf":
        yield "document", "no byte order mark", "\ufeff", JSON
    twice: list[str] = []
    odd: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        names = [name for name, _ in items] if len(found) < len(items) else []
        twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return found

    def integer(token: str) -> int:
        if token == "-0":
            odd.append(token)
        return 0

    from json import JSONDecoder

    decoder = JSONDecoder(object_pairs_hook=pairs, parse_constant=odd.append, parse_int=integer)
    try:
        decoder.decode(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # which reading it says too
        return
    for name in twice:
        yield name, "each name once in an object", name, JSON
    for token in dict.fromkeys(odd):
        expected = "-0.0 or 0" if token == "-0" else f'a number, or the string "{token}"'
        yield "document", expected, token, JSON


# ---- Zarr v3


def check_v3(document: dict[str, Any], key: str) -> Iterator[Problem]:
    """The problems of a ``zarr.json``, what it consolidates included."""
    is_group = document.get("node_type") == "group"
    section = CORE_GROUP if is_group else CORE_ARRAY
    try:
        v3.parse_node(document, key)
    except (MetadataValidationError, DataTypeValidationError) as error:
        yield from_error(key, error, section)
    findings = _v3_group(document) if is_group else _v3_array(document)
    yield from (Problem(key, f, e, shown(v), s) for f, e, v, s in findings)
    if is_group:
        yield from _v3_consolidated(document.get("consolidated_metadata"), key)


def _v3_group(document: dict[str, Any]) -> Iterator[Finding]:
    for field in ("attributes", "consolidated_metadata"):
        if field in document and document[field] is None:
            yield field, "an object or nothing", None, CORE_GROUP


def _v3_consolidated(found: Any, key: str) -> Iterator[Problem]:
    if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
        return  # null, or an error of reading
    head = "consolidated_metadata"
    for field, expected in (("must_understand", False), ("kind", "inline")):
        if found.get(field) != expected:
            yield Problem(
                key, f"{head}.{field}", repr(expected), shown(found.get(field)), CORE_GROUP
            )
    for path, document in found["metadata"].items():
        field = f"{head}.metadata[{path!r}]"
        if not isinstance(document, dict):
            yield Problem(key, field, "an object", shown(document), CORE_GROUP)
            continue
        for inner in check_v3(document, path):
            yield inner.within(key, field)


def _v3_array(document: dict[str, Any]) -> Iterator[Finding]:
    for field in ("attributes", "dimension_names"):
        if field in document and document[field] is None:
            yield field, "no null", None, CORE_ARRAY
    transformers = document.get("storage_transformers", [])
    if not isinstance(transformers, list):
        yield "storage_transformers", "a list", transformers, CORE_ARRAY
    names = document.get("dimension_names")
    if isinstance(names, list):
        known = [name for name in names if isinstance(name, str)]
        if len(set(known)) < len(known):
            yield "dimension_names", "distinct names", names, CORE_ARRAY
    spec = document.get("data_type")
    if isinstance(spec, dict) and not spec.get("configuration"):
        yield "data_type", "the name alone", spec, CORE_ARRAY
    for field in ("data_type", "chunk_grid", "chunk_key_encoding"):
        yield from _extension(field, document.get(field))
    grid = document.get("chunk_grid")
    configuration = grid.get("configuration") if isinstance(grid, dict) else None
    lengths = configuration.get("chunk_shape") if isinstance(configuration, dict) else None
    if isinstance(lengths, list) and 0 in lengths:
        yield "chunk_grid.chunk_shape", "at least 1", lengths, "Zarr v3, regular chunk grid"
    codecs = document.get("codecs")
    for i, codec in enumerate(codecs if isinstance(codecs, list) else ()):
        yield from _codec(f"codecs[{i}]", codec)
    yield from _v3_types(document)


def _v3_types(document: dict[str, Any]) -> Iterator[Finding]:
    try:
        data_type = parse_v3(document.get("data_type"))
        name = data_type.to_v3()
    except (DataTypeValidationError, MetadataValidationError, ImportError):
        return  # an error of reading
    spec = document["data_type"]
    given = spec.get("name") if isinstance(spec, dict) else spec
    written = name["name"] if isinstance(name, dict) else name
    if given != written:
        yield "data_type.name", repr(written), given, "Zarr extensions, data types"
    if "fill_value" in document:
        yield from fill_problem(document["fill_value"], data_type, 3)


_NAME = re.compile(r"[a-z][a-z0-9\-_.]+")

# What a configuration must say, but reading can do without.
_REQUIRED = {
    "gzip": ("level",),
    "zstd": ("level",),
    "blosc": ("cname", "clevel", "shuffle", "blocksize"),
}


def _extension(field: str, spec: Any) -> Iterator[Finding]:
    """The name and the other keys of an extension, whatever it is."""
    if isinstance(spec, str) and field != "data_type":
        yield field, "an object, as most readers need it", spec, CORE_EXTENSIONS
    name = spec.get("name") if isinstance(spec, dict) else spec
    if isinstance(name, str) and not _NAME.fullmatch(name):
        yield f"{field}.name", "a registered name", name, CORE_EXTENSIONS
    if isinstance(spec, dict) and "must_understand" in spec:
        expected = "none, as it is always understood"
        yield f"{field}.must_understand", expected, spec["must_understand"], CORE_EXTENSIONS


def _codec(field: str, spec: Any) -> Iterator[Finding]:
    yield from _extension(field, spec)
    name = spec.get("name") if isinstance(spec, dict) else spec
    given = spec.get("configuration", {}) if isinstance(spec, dict) else {}
    if not isinstance(given, dict):
        return  # an error of reading
    section = f"codec {name}"
    required = list(_REQUIRED.get(name, ()) if isinstance(name, str) else ())
    if name == "blosc" and given.get("shuffle") != "noshuffle":
        required.append("typesize")
    for key in required:
        if key not in given:
            yield f"{field}.configuration.{key}", "this key", NOTHING, section
    if name == "endian":
        yield f"{field}.name", "'bytes'", name, section
    if name == "transpose" and isinstance(given.get("order"), str):
        yield f"{field}.configuration.order", "a permutation", given["order"], section


# ---- Zarr v2


def check_v2(documents: dict[str, Any], key: str) -> Iterator[Problem]:
    """The problems of one document of a node of v2, by its key.

    Parameters
    ----------
    documents : dict
        The parsed documents of the node by name, that of the key among them.
    key : str
        Key of one of them.
    """
    name = key.rpartition("/")[2]
    document = documents[name]
    if name == ".zmetadata":
        yield from _zmetadata(document, key)
        return
    if not isinstance(document, dict):
        yield Problem(key, "document", "an object", shown(document), V2_GROUP)
        return
    if name == ".zattrs":
        return
    section = V2_ARRAY if name == ".zarray" else V2_GROUP
    try:
        (v2.parse_array if name == ".zarray" else v2.parse_group)(document, None, key)
    except (MetadataValidationError, DataTypeValidationError) as error:
        yield from_error(key, error, section)
    findings = _zarray(document) if name == ".zarray" else _zgroup(document)
    yield from (Problem(key, f, e, shown(v), s) for f, e, v, s in findings)


def _zgroup(document: dict[str, Any]) -> Iterator[Finding]:
    yield from _unknown(document, ("zarr_format",), V2_GROUP)


def _unknown(document: dict[str, Any], known: Iterable[str], section: str) -> Iterator[Finding]:
    for field in sorted(document.keys() - set(known)):
        yield field, "no such key", document[field], section


_ZARRAY = (
    *(
        "zarr_format",
        "shape",
        "chunks",
        "dtype",
        "compressor",
        "fill_value",
        "order",
        "filters",
    ),
)


def _zarray(document: dict[str, Any]) -> Iterator[Finding]:
    yield from _unknown(document, (*_ZARRAY, "dimension_separator"), V2_ARRAY)
    for field in ("compressor", "filters"):
        if field not in document:
            yield field, "this key", NOTHING, V2_ARRAY
    if document.get("filters") == []:
        yield "filters", "null", [], V2_ARRAY
    if "dimension_separator" in document and document["dimension_separator"] is None:
        yield "dimension_separator", "'.' or '/', or nothing", None, V2_ARRAY
    chunks = document.get("chunks")
    if isinstance(chunks, list) and 0 in chunks:
        yield "chunks", "at least 1", chunks, V2_ARRAY
    yield from _v2_types(document)


def _v2_types(document: dict[str, Any]) -> Iterator[Finding]:
    filters = document.get("filters")
    codecs = [*filters] if isinstance(filters, list) else []
    codecs = [
        codec for codec in (*codecs, document.get("compressor")) if isinstance(codec, dict)
    ]
    try:
        data_type = parse_v2(document.get("dtype"), codecs)
    except (DataTypeValidationError, MetadataValidationError, ImportError):
        return  # an error of reading
    written, given = data_type.v2_name, document["dtype"]
    if _listed(written) != given:
        yield "dtype", shown(written), given, "Zarr v2, data type encoding"
    if document.get("fill_value") is not None:
        yield from fill_problem(document["fill_value"], data_type, 2)


def _listed(value: Any) -> Any:
    """Tuples as lists, as JSON has them."""
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _zmetadata(document: Any, key: str) -> Iterator[Problem]:
    try:
        v2.parse_group({"zarr_format": 2}, None, key, document)
    except MetadataValidationError as error:
        yield from_error(key, error, V2_CONSOLIDATED)
        return
    entries: dict[str, Any] = document["metadata"]
    for entry, inner in entries.items():
        name = entry.rpartition("/")[2]
        if name not in (".zarray", ".zgroup", ".zattrs"):
            expected = "keys of .zarray, .zgroup and .zattrs"
            yield Problem(key, "metadata", expected, shown(entry), V2_CONSOLIDATED)
            continue
        for problem in check_v2({name: inner}, entry):
            yield problem.within(key, f"metadata[{entry!r}]")
