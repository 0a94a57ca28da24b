"""Chunk key encodings that are registered or proposed beside those of the core specification.

Of zarr-extensions: ``suffix`` (pull request 28), ``prefix`` (47), ``fanout`` (31) and
``template`` (69); of zarrs: ``zarrs.default_suffix``.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from zarr_c.metadata.checks import invalid
from zarr_c.metadata.chunk_key import (
    FIELD,
    ChunkKeyEncoding,
    DefaultChunkKeyEncoding,
    numbers,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DefaultSuffixChunkKeyEncoding",
    "FanoutChunkKeyEncoding",
    "PrefixChunkKeyEncoding",
    "SuffixChunkKeyEncoding",
    "TemplateChunkKeyEncoding",
]


def _expect(parameter: str, valid: bool, expected: str, found: Any) -> None:
    if not valid:
        raise invalid(f"{FIELD}.{parameter}", expected, found)


class _Wrapped(ChunkKeyEncoding):
    """Keys of another encoding with a text before or behind them."""

    base_encoding: ChunkKeyEncoding
    _before = ""
    _behind = ""

    def configuration(self) -> dict[str, Any]:
        return super().configuration() | {"base_encoding": self.base_encoding.to_json()}

    def affixes(self, ndim: int) -> tuple[str, str, str] | None:
        inner = self.base_encoding.affixes(ndim)
        if inner is None:
            return None
        return self._before + inner[0], inner[1], inner[2] + self._behind

    def encode_chunk_key(self, chunk_coords: tuple[int, ...]) -> str:
        inner = self.base_encoding.encode_chunk_key(chunk_coords)
        return f"{self._before}{inner}{self._behind}"

    def decode_chunk_key(self, chunk_key: str) -> tuple[int, ...] | None:
        if not (chunk_key.startswith(self._before) and chunk_key.endswith(self._behind)):
            return None
        stop = len(chunk_key) - len(self._behind)
        return self.base_encoding.decode_chunk_key(chunk_key[len(self._before) : stop])


class SuffixChunkKeyEncoding(_Wrapped):
    """``c/1/2.tiff``: a text behind the keys of another encoding.

    Parameters
    ----------
    suffix : str
    base_encoding : ChunkKeyEncoding or what describes one
    """

    name = "suffix"
    parameters = required = ("suffix", "base_encoding")

    def __init__(self, suffix: str, base_encoding: Any) -> None:
        _expect("suffix", isinstance(suffix, str), "a string", suffix)
        self.suffix = self._behind = suffix
        self.base_encoding = parse(base_encoding)


class PrefixChunkKeyEncoding(_Wrapped):
    """``x/0.0``: a text before the keys of another encoding.

    Parameters
    ----------
    prefix : str
        Not empty.
    base_encoding : ChunkKeyEncoding or what describes one
    """

    name = "prefix"
    parameters = required = ("prefix", "base_encoding")

    def __init__(self, prefix: str, base_encoding: Any) -> None:
        _expect("prefix", isinstance(prefix, str) and prefix != "", "a text", prefix)
        self.prefix = self._before = prefix
        self.base_encoding = parse(base_encoding)


class DefaultSuffixChunkKeyEncoding(_Wrapped):
    """What zarrs wrote before there was ``suffix``: a text behind the keys of ``default``.

    Parameters
    ----------
    suffix : str
    separator : {"/", "."}
    """

    name = "zarrs.default_suffix"
    parameters = ("separator", "suffix")
    required = ("suffix",)

    def __init__(self, suffix: str, separator: str = "/") -> None:
        _expect("suffix", isinstance(suffix, str), "a string", suffix)
        self.suffix = self._behind = suffix
        self.separator = separator
        self.base_encoding = DefaultChunkKeyEncoding(separator)

    def configuration(self) -> dict[str, Any]:
        return {"separator": self.separator, "suffix": self.suffix}


class FanoutChunkKeyEncoding(ChunkKeyEncoding):
    """``c/1/001/234``: a directory has few entries, however many chunks there are.

    The digits of each number are grouped from the right, one directory for each group, and
    before them stands how many groups follow the first.

    Parameters
    ----------
    max_children : int
        Most entries of a directory: a power of ten, at least 100. Any other number counts as
        the next lower power of ten.
    """

    name = "fanout"
    parameters = ("max_children",)

    def __init__(self, max_children: int = 1000) -> None:
        valid = type(max_children) is int and 100 <= max_children < 2**63
        _expect("max_children", valid, "an integer of at least 100", max_children)
        self._width = len(str(max_children)) - 1
        self.max_children = 10**self._width

    def encode_chunk_key(self, chunk_coords: tuple[int, ...]) -> str:
        parts = ["c"]
        for number in chunk_coords:
            groups = -(-len(str(number)) // self._width)
            digits = str(number).zfill(groups * self._width)
            parts.append(str(groups - 1))
            parts += [digits[i : i + self._width] for i in range(0, len(digits), self._width)]
        return "/".join(parts)

    def decode_chunk_key(self, chunk_key: str) -> tuple[int, ...] | None:
        root, *parts = chunk_key.split("/")
        found: list[str] = []
        while root == "c" and numbers(parts[:1]):
            groups = int(parts[0]) + 1
            found.append("".join(parts[1 : groups + 1]).lstrip("0") or "0")
            del parts[: groups + 1]
        return None if root != "c" or parts else numbers(found)


class _Number(NamedTuple):
    """A number in a template: of which axis, how wide at least, and whether that is its width.

    The width is fixed where digits follow, as it could not be told where the number ends.
    """

    axis: int
    width: int
    fixed: bool


class TemplateChunkKeyEncoding(ChunkKeyEncoding):
    """``images/{-1}/{*:04}.jpeg``: keys after a pattern of the user's.

    Parameters
    ----------
    format : str
        ``{0}`` is the first number, ``{-1}`` the last, ``{*}`` stands for those that are not
        named; ``:04`` behind it pads to four digits with zeros. ``{{`` and ``}}`` are braces.
    separator : str, optional
        What stands between the numbers of ``{*}``; needed where that is used.
    template : str, optional
        What the draft of ``format`` was called in earlier versions; one of the two is given.
    """

    name = "template"
    parameters = ("format", "separator", "template")

    def __init__(
        self, format: str | None = None, separator: str | None = None, template: Any = None
    ) -> None:
        _expect("format", (format is None) != (template is None), "this parameter", format)
        self._key = "format" if template is None else "template"
        self._text = format if template is None else template
        _expect(self._key, isinstance(self._text, str), "a string", self._text)
        valid = separator is None or isinstance(separator, str)
        _expect("separator", valid, "a string", separator)
        self.separator = separator
        self._elements = list(_split(self._key, str(self._text)))
        self._layouts: dict[int, list[str | _Number]] = {}
        self._rest = sum(axis == "*" for axis, _ in self._numbers())
        _expect(self._key, any(self._numbers()), "an expression in braces", self._text)
        _expect(self._key, self._rest < 2, "no more than one {*}", self._text)
        if self._rest:
            _expect("separator", separator is not None, "this parameter, as there is {*}", None)

    def configuration(self) -> dict[str, Any]:
        found = {self._key: self._text}
        return found if self.separator is None else found | {"separator": self.separator}

    def _numbers(self) -> list[tuple[str, int]]:
        return [element for element in self._elements if isinstance(element, tuple)]

    def _layout(self, ndim: int) -> list[str | _Number]:
        """Texts and numbers of a key with this many numbers."""
        if ndim not in self._layouts:
            self._layouts[ndim] = self._laid_out(ndim)
        return self._layouts[ndim]

    def _laid_out(self, ndim: int) -> list[str | _Number]:
        named = [int(axis) for axis, _ in self._numbers() if axis != "*"]
        named = [axis + ndim if axis < 0 else axis for axis in named]
        rest = [axis for axis in range(ndim) if axis not in named]
        valid = len({*named}) == len(named) and all(0 <= axis < ndim for axis in named)
        valid = valid and bool(rest) == bool(self._rest)
        _expect(self._key, valid, f"each of {ndim} numbers once", self._text)
        laid: list[str | _Number] = []
        place = iter(named)
        for element in self._elements:
            if isinstance(element, str):
                laid.append(element)
                continue
            axis, width = element
            for i, number in enumerate(rest if axis == "*" else [next(place)]):
                laid += [self.separator or ""] if i else []
                laid.append(_Number(number, width, False))
        return self._with_fixed_widths(laid)

    def _with_fixed_widths(self, laid: list[str | _Number]) -> list[str | _Number]:
        """Find the numbers that digits follow: without a width, keys would be ambiguous."""
        places = [i for i, element in enumerate(laid) if isinstance(element, _Number)]
        for here, following in pairwise(places):
            between = "".join(str(text) for text in laid[here + 1 : following])
            if between == "" or re.fullmatch("[0-9]+", between):
                number = laid[here]
                assert isinstance(number, _Number)
                valid = number.width > 0
                _expect(self._key, valid, "text or a width where numbers meet", self._text)
                laid[here] = number._replace(fixed=True)
        return laid

    def encode_chunk_key(self, chunk_coords: tuple[int, ...]) -> str:
        key = ""
        for element in self._layout(len(chunk_coords)):
            if isinstance(element, str):
                key += element
                continue
            digits = str(chunk_coords[element.axis]).zfill(element.width)
            valid = not element.fixed or len(digits) == element.width
            _expect(self._key, valid, f"chunks of at most {element.width} digits", digits)
            key += digits
        return key

    def decoder(self, ndim: int) -> Callable[[str], tuple[int, ...] | None]:
        layout = self._layout(ndim)
        axes = [element.axis for element in layout if isinstance(element, _Number)]
        pattern = re.compile(
            "".join(
                re.escape(element)
                if isinstance(element, str)
                else f"([0-9]{{{element.width}}})"
                if element.fixed
                else "([0-9]{1,64})"
                for element in layout
            )
        )

        def decode(key: str) -> tuple[int, ...] | None:
            found = pattern.fullmatch(key)
            if found is None:
                return None
            coords = tuple(int(found[axes.index(axis) + 1]) for axis in range(ndim))
            return coords if self.encode_chunk_key(coords) == key else None

        return decode

    def affixes(self, ndim: int) -> tuple[str, str, str] | None:
        laid = self._layout(ndim)
        places = [i for i, element in enumerate(laid) if isinstance(element, _Number)]
        numbers = [laid[i] for i in places]
        plain = numbers == [_Number(axis, 0, False) for axis in range(ndim)]
        texts = {"".join(map(str, laid[i + 1 : k])) for i, k in pairwise(places)} or {"/"}
        between = texts.pop()
        if not plain or texts or len(between) != 1 or not between.isascii():
            return None
        before = "".join(map(str, laid[: places[0]]))
        return before, between, "".join(map(str, laid[places[-1] + 1 :]))


_EXPRESSION = re.compile(r"\{(\*|0|-?[1-9][0-9]*)(?::0([1-9][0-9]*))?\}|(\{\{)|(\}\})|([{}])")
_MOST_DIGITS = 64


def _split(key: str, text: str) -> Any:
    """Texts of a template, and its expressions as name of the axis and width."""
    _expect(key, "zarr.json" not in text, "no 'zarr.json' in it", text)
    start = 0
    for found in _EXPRESSION.finditer(text):
        if start < found.start():
            yield text[start : found.start()]
        start = found.end()
        axis, width, opened, closed, stray = found.groups()
        _expect(key, stray is None, "braces around an expression, or doubled", text)
        if opened or closed:
            yield "{" if opened else "}"
            continue
        valid = len(axis) < 4 and len(width or "") < 4 and int(width or 0) <= _MOST_DIGITS
        _expect(key, valid, f"axes, and widths of at most {_MOST_DIGITS}", text)
        yield axis, int(width or 0)
    if start < len(text):
        yield text[start:]
