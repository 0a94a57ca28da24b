"""How the metadata modules say what they expected and what they found."""

from __future__ import annotations

from reprlib import Repr
from typing import Any

from zarr_c.errors import LimitError, MetadataValidationError

__all__ = ["MAX_LENGTH", "MAX_RANK", "expect_object", "in_document", "invalid", "shown"]

MAX_RANK = 64
"""Most dimensions of an array: NumPy's own limit."""

MAX_LENGTH = 2**63
"""Lengths and byte counts stay below this, so that they fit a signed 64-bit integer in C."""

# A document may hold anything, so what is shown of it is bounded in depth and length.
_repr = Repr()
_repr.maxlevel = 3
_repr.maxstring = _repr.maxother = _repr.maxlong = 80


def shown(value: object) -> str:
    """Show a value in an error message, shortened where it is long or deep."""
    try:
        return _repr.repr(value)
    except ValueError:  # an integer of more digits than Python converts
        return f"{type(value).__name__} of thousands of digits"


def invalid(field: str, expected: str, found: object) -> MetadataValidationError:
    """Make the error that names a field, what was expected and what was found."""
    return MetadataValidationError(f"{field}: expected {expected}, found {shown(found)}")


def in_document(key: str, error: ValueError) -> MetadataValidationError:
    """Make the error that says in which document another one was met."""
    kind = LimitError if isinstance(error, LimitError) else MetadataValidationError
    return kind(f"{key}: {error}")


def expect_object(field: str, value: Any) -> dict[str, Any]:
    """Return a JSON object, or raise an error that names the field."""
    if isinstance(value, dict):
        return value
    raise invalid(field, "an object", value)
