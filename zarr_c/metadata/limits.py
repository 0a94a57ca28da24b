"""Limits on what metadata may ask for, which are settings."""

from __future__ import annotations

from zarr_c.config import config
from zarr_c.errors import LimitError

__all__ = ["expect_within"]


def expect_within(limit: str, found: int, what: str) -> None:
    """Refuse what is beyond a limit.

    Parameters
    ----------
    limit : str
        The name of the setting, without ``limits.``.
    found : int
        How much there is.
    what : str
        The key or field it was found in, for the error.

    Raises
    ------
    LimitError
        If `found` is more than the setting, which is not None.
    """
    most = config.get(f"limits.{limit}")
    if most is not None and found > most:
        raise LimitError(
            f"{what}: expected at most {most} (the setting 'limits.{limit}'), found {found}"
        )
