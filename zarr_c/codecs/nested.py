"""The codecs that other codecs have in their configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zarr_c.codecs.base import Codec, expect
from zarr_c.codecs.registry import get_codec_class
from zarr_c.limits import expect_within
from zarr_c.metadata.extension import parse_extensions

__all__ = ["documents", "expect_few_levels", "make"]


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
    """Refuse codecs that lie too deep in each other.

    Parameters
    ----------
    codec : str
        What has them.
    codecs : iterable of dict
        Their documents.

    Raises
    ------
    LimitError
        If there are more levels than the setting ``limits.depth``.
    """
    levels, level = 0, list(codecs)
    while level:
        levels += 1
        expect_within("depth", levels, f"codec {codec!r}: levels of codecs")
        level = [inner for document in level for inner in _within(document)]


def _within(document: Any) -> Iterator[Any]:
    configuration = document.get("configuration") if isinstance(document, dict) else None
    for value in configuration.values() if isinstance(configuration, dict) else ():
        if isinstance(value, list | tuple):
            yield from (item for item in value if isinstance(item, dict))
