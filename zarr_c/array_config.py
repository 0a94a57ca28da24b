"""How one open array behaves: nothing of it is stored."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from zarr_c.config import SETTINGS, config
from zarr_c.frozen import Frozen, set_field

__all__ = ["ArrayConfig", "ArrayConfigLike", "config_with", "parse_array_config"]


class ArrayConfig(Frozen):
    """Run-time behaviour of an open array.

    Parameters
    ----------
    order : {'C', 'F'}
        Memory order of the arrays that reads return.
    write_empty_chunks : bool
        Whether a chunk that equals the fill value is stored all the same.
    read_missing_chunks : bool
        Whether an absent chunk reads as the fill value; otherwise it is an error.
    sharding_coalesce_max_gap_bytes, sharding_coalesce_max_bytes : int
        Ranges of a shard in a store far away become one request if no more bytes than this lie
        between them, and it has no more than this; a shard of no more bytes that is wanted by
        half or more is read as a whole.
    lock : bool, str or os.PathLike
        Whether writers of one chunk, or of one shard, in other processes are waited for, if
        they do the same: True locks a file beside the chunks, which needs a `LocalStore`; a
        path is that of a lock file, see `zarr_c.ProcessSynchronizer`. Threads of one process
        wait for each other in any case.
    """

    __slots__ = (
        *("order", "write_empty_chunks", "read_missing_chunks"),
        *("sharding_coalesce_max_gap_bytes", "sharding_coalesce_max_bytes", "lock"),
    )

    order: Literal["C", "F"]
    write_empty_chunks: bool
    read_missing_chunks: bool
    sharding_coalesce_max_gap_bytes: int
    sharding_coalesce_max_bytes: int
    lock: bool | str

    def __init__(
        self,
        order: Literal["C", "F"] = "C",
        write_empty_chunks: bool = False,
        read_missing_chunks: bool = True,
        sharding_coalesce_max_gap_bytes: int = 1 << 20,
        sharding_coalesce_max_bytes: int = 16 << 20,
        lock: bool | str | os.PathLike[str] = False,
    ) -> None:
        set_field(self, "order", order)
        set_field(self, "write_empty_chunks", write_empty_chunks)
        set_field(self, "read_missing_chunks", read_missing_chunks)
        set_field(self, "sharding_coalesce_max_gap_bytes", sharding_coalesce_max_gap_bytes)
        set_field(self, "sharding_coalesce_max_bytes", sharding_coalesce_max_bytes)
        set_field(self, "lock", lock if isinstance(lock, bool) else os.fspath(lock))

    def to_dict(self) -> dict[str, Any]:
        """The fields, by name."""
        return {name: getattr(self, name) for name in self._fields}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ArrayConfig:
        """The configuration with some fields given, the others from ``zarr_c.config``.

        Raises
        ------
        TypeError, ValueError
            As `parse_array_config`.
        """
        return parse_array_config(data)


ArrayConfigLike = ArrayConfig | Mapping[str, Any]
_NAMES = ArrayConfig.__slots__
_SETTINGS = tuple(f"array.{name}" for name in _NAMES)
_shared = lru_cache(maxsize=8)(ArrayConfig)  # one serves all arrays that are opened alike


def parse_array_config(value: ArrayConfigLike | None, **overrides: Any) -> ArrayConfig:
    """The configuration of an array: what the user gave, the rest from ``zarr_c.config``.

    Parameters
    ----------
    value : ArrayConfig, mapping or None
        What the user gave.
    **overrides
        Fields that win over `value` where they are not None.

    Raises
    ------
    TypeError
        If a key is unknown or a value has another type than its field.
    ValueError
        If a value is not one of those that its field takes.
    """
    if isinstance(value, ArrayConfig):
        parsed = value
    else:
        parsed = _shared(*[config.get(name) for name in _SETTINGS])
        if value is not None:
            parsed = parsed.with_(**_checked(value))
    given = {name: item for name, item in overrides.items() if item is not None}
    return parsed.with_(**_checked(given)) if given else parsed


def config_with(config: ArrayConfigLike | None, **fields: Any) -> ArrayConfigLike | None:
    """What the user gave, with those fields that are not None; the others stay open."""
    given = {name: value for name, value in fields.items() if value is not None}
    if not given:
        return config
    if isinstance(config, ArrayConfig):
        return parse_array_config(config, **given)
    return given if config is None else {**config, **given}


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise TypeError(f"config: expected a mapping, ArrayConfig or None, found {given!r}")
    unknown = [name for name in given if name not in _NAMES]
    if unknown:
        raise TypeError(f"config: unknown keys {unknown}; expected some of {list(_NAMES)}")
    for name, item in given.items():
        setting = SETTINGS[f"array.{name}"]
        if not setting.accepts(item):
            kind = ValueError if isinstance(item, type(setting.default)) else TypeError
            raise kind(f"config[{name!r}]: expected {setting.expected}, found {item!r}")
    return dict(given)
