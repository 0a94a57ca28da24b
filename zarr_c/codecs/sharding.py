"""``sharding_indexed``: Zarr v3 core, codecs, sharding."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING, Any

from zarr_c.codecs.base import ArrayBytesCodec, expect
from zarr_c.codecs.nested import documents, expect_few_levels, make
from zarr_c.codecs.representation import Representation
from zarr_c.metadata.dtype import parse_v3

if TYPE_CHECKING:
    from zarr_c.codecs._shard import ShardStage

__all__ = ["ShardingCodec"]

_BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
_CRC32C = {"name": "crc32c", "configuration": {}}

_ORDERS = ("morton", "unordered", "lexicographic", "colexicographic")


class ShardingCodec(ArrayBytesCodec):
    """Many inner chunks in one stored object, with an index that says where each lies.

    Parameters
    ----------
    chunk_shape : iterable of int
        Shape of an inner chunk; it divides that of the shard.
    codecs : iterable of codec, default ``bytes``
        What encodes an inner chunk.
    index_codecs : iterable of codec, default ``bytes`` and ``crc32c``
        What encodes the index: codecs whose output has a fixed size.
    index_location : {'end', 'start'}, default 'end'
    subchunk_write_order : str, default 'morton'
        Accepted as zarr-python has it; readers find inner chunks in any order, and zarr_c
        writes them in C order.

    Raises
    ------
    MetadataValidationError
        If a parameter is none of these.
    """

    name = "sharding_indexed"
    parameters = ("chunk_shape", "codecs", "index_codecs", "index_location")
    required = ("chunk_shape", "codecs", "index_codecs")

    def __init__(
        self,
        *,
        chunk_shape: Iterable[int],
        codecs: Iterable[Any] = (_BYTES,),
        index_codecs: Iterable[Any] = (_BYTES, _CRC32C),
        index_location: str = "end",
        subchunk_write_order: str = "morton",
    ) -> None:
        valid = isinstance(chunk_shape, Iterable) and not isinstance(chunk_shape, str)
        expect(self.name, "chunk_shape", valid, "a list of integers", chunk_shape)
        self.chunk_shape = tuple(chunk_shape)
        valid = all(type(n) is int and n > 0 for n in self.chunk_shape)
        expect(self.name, "chunk_shape", valid, "integers from 1", self.chunk_shape)
        index_location = getattr(index_location, "value", index_location)
        valid = index_location in ("start", "end")
        expect(self.name, "index_location", valid, "'start' or 'end'", index_location)
        self.index_location = index_location
        valid = subchunk_write_order in _ORDERS
        expect(
            self.name, "subchunk_write_order", valid, f"one of {_ORDERS}", subchunk_write_order
        )
        self.subchunk_write_order = subchunk_write_order
        self.codecs = documents(self.name, "codecs", codecs)
        self.index_codecs = documents(self.name, "index_codecs", index_codecs)
        expect_few_levels(self.name, (*self.codecs, *self.index_codecs))

    def configuration(self) -> dict[str, Any]:
        return {
            "chunk_shape": list(self.chunk_shape),
            "codecs": [make(codec).to_dict() for codec in self.codecs],
            "index_codecs": [make(codec).to_dict() for codec in self.index_codecs],
            "index_location": self.index_location,
        }

    def counts(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Inner chunks along each axis of a shard.

        Raises
        ------
        MetadataValidationError
            If the shape of an inner chunk does not divide that of the shard.
        """
        chunks = self.chunk_shape
        valid = len(chunks) == len(shape) and not any(
            n % chunk for n, chunk in zip(shape, chunks, strict=True)
        )
        expect(self.name, "chunk_shape", valid, f"divisors of the shard's {shape}", chunks)
        return tuple(n // chunk for n, chunk in zip(shape, chunks, strict=True))

    def stage(self, given: Representation) -> ShardStage:
        from zarr_c.codecs._shard import Shard, ShardStage
        from zarr_c.codecs.pipeline import compile_codecs

        counts = self.counts(given.shape)
        entries = prod(counts)
        expect(self.name, "chunk_shape", entries < 2**58, "fewer inner chunks", entries)
        inner = compile_codecs(self.codecs, given.with_(shape=self.chunk_shape))
        index = compile_codecs(
            self.index_codecs,
            Representation((*counts, 2), parse_v3("uint64"), b"\xff" * 8),
            in_stages=True,
        )
        for codec in index.codecs:
            valid = codec.fixed_size
            expect(self.name, "index_codecs", valid, "codecs of a fixed size", codec.name)
        steps = tuple(prod(counts[axis + 1 :]) for axis in range(len(counts)))
        at_start = self.index_location == "start"
        shard = Shard(counts, steps, inner.chain, index.chain, at_start)
        return ShardStage(
            shard,
            self.chunk_shape,
            inner.axes,
            given.data_type.itemsize,
            inner.word,
            given.fill_value,
            given.data_type.family if given.data_type.variable else None,
        )


def __getattr__(name: str) -> Any:
    # zarr-python has the enumerations here
    from zarr_c.codecs import enums

    if name != "ShardingCodecIndexLocation":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(enums, name)
