"""The codecs that other codecs have in their configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zarr_c.codecs.base import Codec, expect
from zarr_c.codecs.registry import get_codec_class
from zarr_c.metadata.extension import parse_extensions

__all__ = ["documents", "expect_few_levels", "make"]

_MOST_LEVELS = 16  # each takes buffers of its own; two have been seen


def documents(codec: str, field: str, codecs: Any) -> tuple[dict[str, Any], ...]:
    """Documents of codecs that are given as documents, names or objects.

    Raises
    ------
    MetadataValidationError
        If `codecs` is no list of these; it names `codec` and `field`.
    """
    valid = isinstance(codecs, Iterable) and not isinstance(codecs, str | Mapping)
    expect(codec, field, valid, "a list of codecs", codecs)
    given = [item.to_dict() if isinstance(item, Codec) else item for item in codecs]
    return parse_extensions(f"codec {codec!r}: {field}", given) if given else ()


def make(document: dict[str, Any]) -> Codec:
    """The codec of a document.

    Raises
    ------
    UnknownCodecError, MetadataValidationError
        If there is none of its name, or the configuration is wrong.
    """
    found = get_codec_class(document["name"])
    return found.from_configuration(document["configuration"])


def expect_few_levels(codec: str, codecs: Iterable[Any]) -> None:
    """Refuse codecs in which others of the name `codec` lie too deep in each other.

    Raises
    ------
    MetadataValidationError
        If it is 16 levels or more.
    """
    levels, level = 0, list(codecs)
    while levels < _MOST_LEVELS:
        inner = [
            item["configuration"].get("codecs")
            for item in level
            if isinstance(item, dict) and item.get("name") == codec
            if isinstance(item.get("configuration"), dict)
        ]
        if not inner:
            return
        level = [item for items in inner if isinstance(items, list | tuple) for item in items]
        levels += 1
    expect(codec, "codecs", False, f"fewer than {_MOST_LEVELS} levels", levels)
