"""Chunk key encodings: from the coordinates of a chunk to its key, and back.

``default`` gives ``c/1/2`` and ``v2`` gives ``1.2`` (Zarr v3 core, "Chunk key encoding"); both
take either separator. An array of Zarr v2 uses the encoding named ``v2``. Others are found by
name: those of `chunk_key_extensions`, those that a program registers, and those of installed
packages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Self

from zarr_c.metadata.checks import invalid
from zarr_c.metadata.extension import parse_extension
from zarr_c.recent import note_registration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "ENTRY_POINTS",
    "ChunkKeyEncoding",
    "DefaultChunkKeyEncoding",
    "V2ChunkKeyEncoding",
    "get_chunk_key_encoding_class",
    "parse",
    "register_chunk_key_encoding",
]

FIELD = "chunk_key_encoding"

ENTRY_POINTS = "zarr_c.chunk_key_encodings"
"""Group of the entry points by which a package offers encodings: name = class."""

# What no key may have: it would leave the array or take the place of its metadata.
_UNSAFE = re.compile(
    r"[\0\\\ud800-\udfff]|//|^/|/$|^$|(?:^|/)\.{1,2}(?:/|$)|^[A-Za-z]:(?:/|$)"
    r"|(?:^|/)(?:zarr\.json|\.zarray|\.zgroup|\.zattrs|\.zmetadata)$"
)


class ChunkKeyEncoding:
    """Base of the chunk key encodings.

    A subclass sets `name`, takes its parameters as keywords, checks them, and makes keys with
    `encode_chunk_key`: a different one for each chunk, relative to the array. With
    `decode_chunk_key` it also tells which objects are chunks; without it, `Array.resize` and
    `Array.nchunks_initialized` make the key of every chunk there may be.

    Attributes
    ----------
    parameters : tuple of str
        The keys that a configuration may have, which are attributes too.
    required : tuple of str
        Those that it must have.
    """

    name: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]] = ()
    required: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> Self:
        """Make an encoding out of the ``configuration`` of a document.

        Raises
        ------
        MetadataValidationError
            If there is an unknown key, a required one is missing, or a value is of no use.
        """
        for key in configuration:
            if key not in cls.parameters:
                allowed = f"no key but {', '.join(cls.parameters)}" if cls.parameters else "{}"
                raise invalid(f"{FIELD}.configuration", allowed, configuration)
        for key in cls.required:
            if key not in configuration:
                raise invalid(f"{FIELD}.{key}", "this parameter", None)
        return cls(**configuration)

    def configuration(self) -> dict[str, Any]:
        """The parameters, as a document holds them."""
        return {key: getattr(self, key) for key in self.parameters}

    def to_json(self) -> dict[str, Any]:
        """Write it in full, as every implementation reads it."""
        return {"name": self.name, "configuration": self.configuration()}

    def encode_chunk_key(self, chunk_coords: tuple[int, ...]) -> str:
        """The key of the chunk at these coordinates of the grid, relative to its array."""
        raise NotImplementedError(f"{type(self).__name__} does not make keys")

    def decode_chunk_key(self, chunk_key: str) -> tuple[int, ...] | None:
        """The coordinates that a key within the array stands for, None if it is no chunk's.

        Raises
        ------
        ValueError
            If it is no chunk's, too.
        NotImplementedError
            If the encoding cannot tell.
        """
        raise NotImplementedError(f"{type(self).__name__} does not read keys")

    def decoder(self, ndim: int) -> Callable[[str], tuple[int, ...] | None]:
        """What finds the chunks of an array with so many dimensions among its keys.

        A key counts only if it is the very one that the encoding makes for the coordinates.

        Raises
        ------
        NotImplementedError
            If the encoding cannot tell.
        """
        scalar = self.encode_chunk_key(()) if ndim == 0 else ""

        def decode(key: str) -> tuple[int, ...] | None:
            if ndim == 0:
                return () if key == scalar else None
            try:
                coords = self.decode_chunk_key(key)
            except ValueError:
                return None
            if coords is None or len(coords) != ndim or self.encode_chunk_key(coords) != key:
                return None
            return coords

        decode(self.encode_chunk_key((0,) * ndim))
        return decode

    def affixes(self, ndim: int) -> tuple[str, str, str] | None:
        """What stands before, between and after the numbers of a key; None if that varies.

        Keys of this form are made without the GIL. Between the numbers is one ASCII character.
        """
        return None

    def safe_key(self, chunk_coords: Sequence[int]) -> str:
        """Make a key, and check that it names an object within the array that is no document.

        Raises
        ------
        MetadataValidationError
            If it does not.
        """
        key = self.encode_chunk_key(tuple(chunk_coords))
        if not isinstance(key, str) or _UNSAFE.search(key):
            raise invalid(FIELD, f"a key for a chunk within the array from {self.name!r}", key)
        return key

    def check(self, ndim: int) -> None:
        """Refuse arrays of this number of dimensions, where keys cannot be made for them.

        Raises
        ------
        MetadataValidationError
            If a key would name a document or something outside the array, too.
        """
        self.safe_key((0,) * ndim)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.name, repr(self.configuration())))

    def __repr__(self) -> str:
        values = ", ".join(f"{key}={value!r}" for key, value in self.configuration().items())
        return f"{type(self).__name__}({values})"


class _Separated(ChunkKeyEncoding):
    """Numbers in decimal with a separator between them."""

    parameters = ("separator",)
    _head = ""
    _scalar = ""

    def __init__(self, separator: str) -> None:
        if separator not in ("/", "."):
            raise invalid(f"{FIELD}.separator", "'/' or '.'", separator)
        self.separator = separator
        before = f"{self._head}{separator}" if self._head else ""
        self._affixes = (self._scalar, separator, ""), (before, separator, "")

    def affixes(self, ndim: int) -> tuple[str, str, str]:
        return self._affixes[ndim > 0]

    def encode_chunk_key(self, chunk_coords: tuple[int, ...]) -> str:
        before, between, _ = self.affixes(len(chunk_coords))
        return before + between.join(map(str, chunk_coords))

    def decode_chunk_key(self, chunk_key: str) -> tuple[int, ...] | None:
        if chunk_key == self._head:
            return ()
        before = self.affixes(1)[0]
        if not chunk_key.startswith(before):
            return None
        return numbers(chunk_key[len(before) :].split(self.separator))

    def check(self, ndim: int) -> None:
        pass


class DefaultChunkKeyEncoding(_Separated):
    """``c/1/2``; ``c`` without dimensions (Zarr v3, "Default chunk key encoding").

    Parameters
    ----------
    separator : {"/", "."}
    """

    name = "default"
    _head = _scalar = "c"

    def __init__(self, separator: str = "/") -> None:
        super().__init__(separator)


class V2ChunkKeyEncoding(_Separated):
    """``1.2``; ``0`` without dimensions (Zarr v3, "v2 chunk key encoding").

    Parameters
    ----------
    separator : {"/", "."}
    """

    name = "v2"
    _scalar = "0"

    def __init__(self, separator: str = ".") -> None:
        super().__init__(separator)


def numbers(parts: Sequence[str]) -> tuple[int, ...] | None:
    """Read numbers as keys have them, None if one of them is none."""
    if all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        return tuple(map(int, parts))
    return None


# ---- by name

# Those of `chunk_key_extensions`, which few arrays need, so imported on use.
_EXTENSIONS = {
    "fanout": "FanoutChunkKeyEncoding",
    "prefix": "PrefixChunkKeyEncoding",
    "suffix": "SuffixChunkKeyEncoding",
    "template": "TemplateChunkKeyEncoding",
    "zarrs.default_suffix": "DefaultSuffixChunkKeyEncoding",
}
_CLASSES: dict[str, type[ChunkKeyEncoding]] = {
    "default": DefaultChunkKeyEncoding,
    "v2": V2ChunkKeyEncoding,
}
_COMMON: dict[tuple[str, str], ChunkKeyEncoding] = {
    (cls.name, separator): cls(separator)
    for cls in (DefaultChunkKeyEncoding, V2ChunkKeyEncoding)
    for separator in ("/", ".")
}


def register_chunk_key_encoding(name: str, encoding: type[ChunkKeyEncoding]) -> None:
    """Make an encoding known by a name, in this process.

    Parameters
    ----------
    name : str
        As documents have it.
    encoding : type
        A subclass of `ChunkKeyEncoding`.

    Raises
    ------
    TypeError
        If `encoding` is no such class.
    """
    if not (isinstance(encoding, type) and issubclass(encoding, ChunkKeyEncoding)):
        raise TypeError(
            f"encoding: expected a subclass of ChunkKeyEncoding, found {encoding!r}"
        )
    _CLASSES[name] = encoding
    note_registration()


def get_chunk_key_encoding_class(name: str) -> type[ChunkKeyEncoding]:
    """The encoding of a name.

    Raises
    ------
    MetadataValidationError
        If there is none, here or in an installed package.
    """
    found = _CLASSES.get(name)
    if found is not None:
        return found
    if name in _EXTENSIONS:
        from zarr_c.metadata import chunk_key_extensions

        found = getattr(chunk_key_extensions, _EXTENSIONS[name])
        return _CLASSES.setdefault(name, found)
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS, name=name):
        register_chunk_key_encoding(name, point.load())
        return _CLASSES[name]
    known = ", ".join(sorted({*_CLASSES, *_EXTENSIONS}))
    raise invalid(
        f"{FIELD}.name",
        f"one of {known} or one that an installed package offers as {ENTRY_POINTS!r}",
        name,
    )


def parse(spec: Any) -> ChunkKeyEncoding:
    """Read an encoding from a document or from an argument.

    Parameters
    ----------
    spec : dict, str, tuple or ChunkKeyEncoding
        ``{"name": "default", "configuration": {"separator": "/"}}``, the same without the inner
        object (``{"name": "default", "separator": "/"}``), ``"default"``, or ``("default",
        "/")``. Without a separator, ``default`` has ``/`` and ``v2`` has ``.``.

    Raises
    ------
    MetadataValidationError
        If the name is unknown or the configuration of no use.
    """
    if isinstance(spec, ChunkKeyEncoding):
        return spec
    if isinstance(spec, tuple) and len(spec) == 2:
        name, configuration = spec[0], {"separator": spec[1]}
    elif isinstance(spec, dict) and "separator" in spec and "configuration" not in spec:
        name, configuration = spec.get("name"), {k: v for k, v in spec.items() if k != "name"}
    else:
        name, configuration = parse_extension(FIELD, spec)
        if len(configuration) == 1 and type(configuration.get("separator")) is str:
            common = _COMMON.get((name, configuration["separator"]))
            if common is not None:
                return common
    if not isinstance(name, str):
        raise invalid(f"{FIELD}.name", "a name", name)
    try:
        return get_chunk_key_encoding_class(name).from_configuration(configuration)
    except RecursionError:
        raise invalid(FIELD, "fewer encodings within each other", spec) from None
