"""Limits on what stored data may ask for, which are settings."""

from __future__ import annotations

from zarr_c.config import config
from zarr_c.errors import LimitError

__all__ = ["exceeded", "expect_within"]


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
        raise exceeded(limit, str(found), what)


def exceeded(limit: str, found: str, what: str) -> LimitError:
    """Make the error that names a limit and what is beyond it."""
    most = config.get(f"limits.{limit}")
    return LimitError(
        f"{what}: expected at most {most} (the setting 'limits.{limit}'), found {found}"
    )
