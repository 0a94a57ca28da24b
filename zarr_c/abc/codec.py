"""The bases of codecs, and the pipeline that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self, TypedDict, runtime_checkable

from zarr_c.buffer.base import Buffer, NDBuffer
from zarr_c.codecs.base import ArrayArrayCodec, ArrayBytesCodec, BytesBytesCodec, Codec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from zarr_c.metadata.array import ArrayMetadata

__all__ = [
    "ArrayArrayCodec",
    "ArrayBytesCodec",
    "ArrayBytesCodecPartialDecodeMixin",
    "ArrayBytesCodecPartialEncodeMixin",
    "BaseCodec",
    "BytesBytesCodec",
    "Codec",
    "CodecInput",
    "CodecJSON_V2",
    "CodecOutput",
    "CodecPipeline",
    "GetResult",
    "SupportsSyncCodec",
]

BaseCodec = Codec
CodecInput = CodecOutput = Buffer | NDBuffer
"""What codecs of zarr-python take and give; ours take and give arrays and bytes."""


class CodecJSON_V2(TypedDict):
    """A codec of Zarr v2, the configuration beside the ``id``."""

    id: str


class GetResult(TypedDict):
    """What became of a chunk that was asked for."""

    status: str


@runtime_checkable
class SupportsSyncCodec(Protocol):
    """A codec that works at once, as all of zarr_c do."""

    def encode(self, data: Any) -> Any:
        """Encode a chunk."""

    def decode(self, data: Any) -> Any:
        """Decode a chunk."""


class ArrayBytesCodecPartialDecodeMixin:
    """Marks a codec of zarr-python that decodes parts; zarr_c decodes whole chunks with it."""


class ArrayBytesCodecPartialEncodeMixin:
    """Marks a codec of zarr-python that encodes parts; zarr_c encodes whole chunks with it."""


class CodecPipeline:
    """The codecs of an array, as they follow each other.

    Chunks go through a compiled pipeline, of which this is the description.

    Parameters
    ----------
    codecs : iterable of Codec
    """

    supports_partial_decode = True
    supports_partial_encode = True

    def __init__(self, codecs: Iterable[Codec]) -> None:
        self.codecs = tuple(codecs)

    @classmethod
    def from_codecs(cls, codecs: Iterable[Codec]) -> Self:
        """A pipeline of codecs."""
        return cls(codecs)

    @classmethod
    def from_array_metadata_and_store(cls, array_metadata: ArrayMetadata, store: Any) -> Self:
        """The pipeline of an array."""
        from zarr_c.codecs.pipeline import compile_pipeline

        return cls(compile_pipeline(array_metadata).codecs)

    def __iter__(self) -> Iterator[Codec]:
        return iter(self.codecs)

    def __len__(self) -> int:
        return len(self.codecs)
