"""Which strings may name a stored object.

A key is a relative path with ``/`` between its segments. Every store checks keys here before it
does anything with them, so that no key leads out of its root.
"""

from __future__ import annotations

import re

from zarr_c.config import config
from zarr_c.errors import UnsafeKeyError
from zarr_c.limits import expect_within

__all__ = [
    "DOCUMENTS",
    "TEMPORARY_PREFIX",
    "clean_key",
    "clean_path",
    "clean_prefix",
    "expect_lasting",
    "expect_short",
    "is_temporary",
    "is_document",
]

# The names of the metadata documents of both formats.
DOCUMENTS = frozenset(("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata"))

# Names that begin so are of files being written. Listings leave them out, `sweep` removes them.
TEMPORARY_PREFIX = ".zc-tmp-"

# A backslash separates segments on some systems, so it counts as a separator here too.
# Surrogates are in no UTF-8, but for those that stand for the bytes of undecodable file names.
_UNSAFE = re.compile(
    r"\0|[\ud800-\udc7f\udd00-\udfff]|(?:^|[/\\])\.{1,2}(?:[/\\]|$)|^[A-Za-z]:(?:[/\\]|$)|^\\"
)
_DOUBLED = re.compile("//+")


def is_document(key: str) -> bool:
    """Whether a key is that of a metadata document."""
    return key.rpartition("/")[2] in DOCUMENTS


def clean_key(key: str, normalize: bool = True) -> str:
    """A key that is safe to use in a store.

    Parameters
    ----------
    key : str
        The key as the user gave it.
    normalize : bool
        Whether to strip leading slashes and to collapse doubled ones; without it the key is
        taken as it is.

    Raises
    ------
    TypeError
        If the key is not a string.
    UnsafeKeyError
        If the key would leave the root, or names no object.
    LimitError
        If it is longer than the setting ``limits.name_bytes``.
    """
    if not isinstance(key, str):
        raise TypeError(f"key: expected a string, found {type(key).__name__}")
    if normalize and (key[:1] == "/" or "//" in key):
        key = _DOUBLED.sub("/", key).lstrip("/")
    if not key or key[-1] == "/" or key[0] == "/" or _UNSAFE.search(key):
        raise _refused(key)
    expect_short(key)
    return key


def is_temporary(key: str) -> bool:
    """Whether a key is that of a temporary file, or of one in a temporary directory."""
    return f"/{TEMPORARY_PREFIX}" in f"/{key}"


def expect_lasting(key: str) -> None:
    """Refuse a key that would be taken for one of temporary files.

    Raises
    ------
    UnsafeKeyError
        If it is one.
    """
    if is_temporary(key):
        raise UnsafeKeyError(
            f"key {key!r}: expected no name that begins with {TEMPORARY_PREFIX!r}, as those of "
            "temporary files do"
        )


def expect_short(key: str) -> None:
    """Refuse a key or path that is too long.

    Raises
    ------
    LimitError
        If it is longer than the setting ``limits.name_bytes``.
    """
    most = config.get("limits.name_bytes")
    if most is not None and 4 * len(key) > most:  # else it is short in any encoding
        size = len(key.encode("utf-8", "surrogatepass"))
        expect_within("name_bytes", size, f"key {key[:40]!r}...: bytes")


def clean_prefix(prefix: str, normalize: bool = True) -> str:
    """A prefix as the path of a directory: no slash at its end, ``""`` for the root.

    Raises
    ------
    TypeError
        If the prefix is not a string.
    UnsafeKeyError
        If the prefix would leave the root.
    """
    if not isinstance(prefix, str):
        raise TypeError(f"prefix: expected a string, found {type(prefix).__name__}")
    trimmed = prefix.rstrip("/")
    if not trimmed and (normalize or not prefix):
        return ""
    return clean_key(trimmed or prefix, normalize)


def clean_path(path: str | None) -> str:
    """The path of a node: no slashes around it, none doubled, ``""`` for the root.

    Raises
    ------
    TypeError
        If the path is neither a string nor None.
    UnsafeKeyError
        If a segment is ``.`` or ``..``, or the path is one of a file system's root.
    """
    return (
        clean_prefix(path.replace("\\", "/") if isinstance(path, str) else path) if path else ""
    )


def _refused(key: str) -> UnsafeKeyError:
    if not key:
        reason = "an empty key names no object"
    elif key[-1] == "/":
        reason = "a key that ends with '/' names no object"
    elif "\0" in key:
        reason = "it contains NUL"
    elif re.search(r"[\ud800-\udc7f\udd00-\udfff]", key):
        reason = "it contains a surrogate, which no UTF-8 can hold"
    elif key[0] in "/\\" or re.match("[A-Za-z]:", key):
        reason = "it is absolute"
    else:
        reason = "it has a '.' or '..' segment"
    return UnsafeKeyError(
        f"key {key!r}: expected a relative path within the store, but {reason}"
    )
