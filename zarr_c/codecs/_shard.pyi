from typing import Self

from typing_extensions import disjoint_base

from zarr_c.codecs._chain import Chain, Stage

@disjoint_base
class Shard:
    chain: Chain
    index_chain: Chain
    counts: tuple[int, ...]
    steps: tuple[int, ...]
    index_at_start: bool
    def __new__(
        cls,
        counts: tuple[int, ...],
        steps: tuple[int, ...],
        chain: Chain,
        index_chain: Chain,
        index_at_start: bool,
    ) -> Self: ...

@disjoint_base
class ShardStage(Stage):
    shard: Shard
    chunk_shape: tuple[int, ...]
    axes: tuple[int, ...]
    word: int
    def __new__(
        cls,
        shard: Shard,
        chunk_shape: tuple[int, ...],
        axes: tuple[int, ...],
        itemsize: int,
        word: int,
        fill: bytes,
        kind: str | None = None,
    ) -> Self: ...
