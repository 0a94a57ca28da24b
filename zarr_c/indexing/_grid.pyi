from collections.abc import Sequence
from typing import TypeAlias

_Numbers: TypeAlias = tuple[int, ...]

def parts(
    shape: Sequence[int],
    chunk_shape: Sequence[int],
    starts: Sequence[int],
    steps: Sequence[int],
    counts: Sequence[int],
) -> list[tuple[_Numbers, _Numbers, _Numbers, bool]]: ...
