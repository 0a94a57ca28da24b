"""Exceptions that a caller can act on.

The names and bases are those of ``zarr.errors`` in zarr-python 3.4.2, so that an ``except``
clause written for it keeps working; the classes below the line are ours.
"""

__all__ = [
    "BaseZarrError",
    "NodeNotFoundError",
    "ArrayNotFoundError",
    "GroupNotFoundError",
    "ContainsArrayError",
    "ContainsGroupError",
    "ContainsArrayAndGroupError",
    "MetadataValidationError",
    "NodeTypeValidationError",
    "DataTypeValidationError",
    "UnknownCodecError",
    "PickleCodecDisabledError",
    "ChunkNotFoundError",
    "BoundsCheckError",
    "ArrayIndexError",
    "NegativeStepError",
    "VindexInvalidSelectionError",
    "ZarrUserWarning",
    "ZarrDeprecationWarning",
    "ZarrFutureWarning",
    "ZarrRuntimeWarning",
    "UnstableSpecificationWarning",
    "BroadcastError",
    "ChunkCorruptError",
    "CodecError",
    "CopyError",
    "LimitError",
    "ReadOnlyError",
    "StoreError",
    "UnalignedWriteError",
    "UnknownSettingError",
    "UnsafeKeyError",
]


class BaseZarrError(ValueError):
    """Base of the errors that name a node, a chunk or a piece of metadata."""


class NodeNotFoundError(BaseZarrError, FileNotFoundError):
    """No array and no group at a path."""


class ArrayNotFoundError(NodeNotFoundError):
    """No array at a path."""


class GroupNotFoundError(NodeNotFoundError):
    """No group at a path."""


class ContainsArrayError(BaseZarrError):
    """An array is in the way of what was to be created."""


class ContainsGroupError(BaseZarrError):
    """A group is in the way of what was to be created."""


class ContainsArrayAndGroupError(BaseZarrError):
    """Both an array and a group are at one path."""


class MetadataValidationError(BaseZarrError):
    """A metadata document breaks its specification, or asks for what is not supported."""


class NodeTypeValidationError(MetadataValidationError):
    """A metadata document is of another node type than asked for."""


class DataTypeValidationError(ValueError):
    """A data type is unknown, or cannot be stored in the format asked for."""


class UnknownCodecError(BaseZarrError):
    """No codec is registered under a name."""


class PickleCodecDisabledError(BaseZarrError):
    """A pickle codec was met and has not been allowed."""


class ChunkNotFoundError(BaseZarrError):
    """A chunk is absent and ``read_missing_chunks`` is false."""


class BoundsCheckError(IndexError):
    """An index lies outside an axis."""


class ArrayIndexError(IndexError):
    """A selection does not fit the array."""


class NegativeStepError(IndexError):
    """A negative step where none is possible."""


class VindexInvalidSelectionError(IndexError):
    """A selection that coordinate indexing cannot take."""


class ZarrUserWarning(UserWarning):
    """Advice to the user of a public function."""


class ZarrDeprecationWarning(DeprecationWarning):
    """A name that will go away."""


class ZarrFutureWarning(FutureWarning):
    """A behaviour that will change."""


class ZarrRuntimeWarning(RuntimeWarning):
    """Something dubious at run time."""


class UnstableSpecificationWarning(ZarrFutureWarning):
    """Data written in a form that no specification has fixed."""


# ---- names that zarr-python does not have


class BroadcastError(ArrayIndexError, ValueError):
    """Arrays of a selection cannot be broadcast together.

    NumPy raises an IndexError, zarr-python a ValueError.
    """


class ChunkCorruptError(BaseZarrError):
    """A stored object exists but cannot be what the metadata says.

    Attributes
    ----------
    key : str
        The key of the damaged object in its store.
    """

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.args[0], self.key)


class CodecError(BaseZarrError):
    """A codec failed to encode, or refuses a configuration."""


class CopyError(BaseZarrError, RuntimeError):
    """There is something already where a copy was to be made."""


class LimitError(MetadataValidationError):
    """Metadata asks for more than a limit of ``zarr_c.config`` allows."""


class UnalignedWriteError(BaseZarrError):
    """An exclusive write that covers a part of a chunk, or of a shard; nothing was written."""


class ReadOnlyError(BaseZarrError):
    """A write to a store or array that was opened for reading only."""


class StoreError(BaseZarrError, OSError):
    """A store could not do what was asked; the cause is kept."""


class UnsafeKeyError(BaseZarrError):
    """A key that would leave the root of its store."""


class UnknownSettingError(BaseZarrError, KeyError):
    """A name that no setting of ``zarr_c.config`` has."""

    # KeyError would show the repr of the message
    __str__ = Exception.__str__
