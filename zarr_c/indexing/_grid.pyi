from collections.abc import Iterable, Sequence
from typing import Self, TypeAlias

from typing_extensions import disjoint_base

_Numbers: TypeAlias = tuple[int, ...]
_Lengths: TypeAlias = Iterable[Sequence[tuple[int, int]] | None]

@disjoint_base
class Runs:
    def __new__(cls, axes: _Lengths) -> Self: ...

def parts(
    shape: Sequence[int],
    chunk_shape: Sequence[int],
    starts: Sequence[int],
    steps: Sequence[int],
    counts: Sequence[int],
    runs: _Lengths | None = None,
) -> list[tuple[_Numbers, _Numbers, _Numbers, bool, _Numbers, _Numbers]]: ...
