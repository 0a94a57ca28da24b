from collections.abc import Callable
from typing import Any, Self

from typing_extensions import disjoint_base

from zarr_c._chunk_cache import DecodedChunks
from zarr_c._native._file_locks import FileLocks
from zarr_c.codecs._chain import Chain
from zarr_c.codecs._shard import Shard
from zarr_c.indexing._grid import Runs
from zarr_c.storage._store import NativeStore

KINDS: dict[str, int]

@disjoint_base
class Plan:
    def __new__(
        cls,
        shape: tuple[int, ...],
        chunk_shape: tuple[int, ...],
        itemsize: int,
        axes: tuple[int, ...],
        word: int,
        fill: Any,
        chain: Chain,
        store: NativeStore,
        prefix: str,
        separator: str,
        suffix: str,
        write_empty: bool,
        read_missing: bool,
        shard: Shard | None = None,
        max_gap: int = 0,
        max_bytes: int = 0,
        kind: str | None = None,
        encoder: Callable[[tuple[int, ...]], str] | None = None,
        runs: Runs | None = None,
        variants: Callable[[tuple[int, ...]], Plan] | None = None,
        locks: FileLocks | None = None,
    ) -> Self: ...
    @property
    def chain(self) -> Chain: ...
    @property
    def shard(self) -> Shard | None: ...
    @property
    def variants(self) -> Callable[[tuple[int, ...]], Plan] | None: ...
    @property
    def store(self) -> NativeStore: ...
    def keep_chunks(
        self, chunks: DecodedChunks, identity: int, decoding: int, validates: bool
    ) -> None: ...
    def forget_chunks(self) -> None: ...
    def key(self, coords: tuple[int, ...]) -> str: ...
