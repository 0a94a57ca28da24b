"""What helps to find a fault: versions and settings, and what the package logs."""

from __future__ import annotations

import logging

__all__ = ["print_debug_info", "set_format", "set_log_level"]

_REQUIRED = ("numpy", "numcodecs", "isal")
_OPTIONAL = (
    "fsspec",
    "s3fs",
    "gcsfs",
    "adlfs",
    "aiohttp",
    "botocore",
    "obstore",
    "universal-pathlib",
    "pcodec",
    "ml_dtypes",
    "cupy-cuda12x",
    "rich",
    "xarray",
    "dask",
    "zarr",
)

_logger = logging.getLogger("zarr_c")
_handler: logging.StreamHandler | None = None  # type: ignore[type-arg]


def print_debug_info() -> None:
    """Print what a report of a fault should name.

    The versions of Python, of this package and of those that it uses; where it lies, on how
    many threads it runs, and the settings that are not the default ones.
    """
    import platform
    from pathlib import Path

    from zarr_c._native.threads import call_threads
    from zarr_c._version import __version__
    from zarr_c.config import SETTINGS, config

    print(f"platform: {platform.platform()}")
    print(f"python: {platform.python_version()}")
    print(f"zarr_c: {__version__}")
    print(f"path: {Path(__file__).parent}")
    print(f"threads: {call_threads()}")
    changed = {
        name: config.get(name)
        for name, setting in SETTINGS.items()
        if config.get(name) != setting.default
    }
    print(f"config: {changed or 'defaults'}")
    _print_versions("Required dependencies", _REQUIRED)
    _print_versions("Optional dependencies", _OPTIONAL)


def _print_versions(title: str, packages: tuple[str, ...]) -> None:
    from importlib.metadata import PackageNotFoundError, version

    print(f"\n**{title}:**")
    absent = []
    for package in packages:
        try:
            print(f"{package}: {version(package)}")
        except PackageNotFoundError:
            absent.append(package)
    if absent:
        print(f"not installed: {', '.join(absent)}")


def set_log_level(level: int | str) -> None:
    """Set from which level on the package logs, and write it to stderr.

    The logger is ``zarr_c`` of the standard library's `logging`; loggers of `LoggingStore` are
    below it.

    Parameters
    ----------
    level : int or {'NOTSET', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'}
        The level.

    Raises
    ------
    ValueError
        If there is no level of that name.
    """
    _logger.setLevel(level)
    _ensure_handler().setLevel(level)


def set_format(log_format: str) -> None:
    """Set the form of what the package logs to stderr.

    Parameters
    ----------
    log_format : str
        As `logging.Formatter` takes it.

    Raises
    ------
    ValueError
        If it is no such format.
    """
    formatter = logging.Formatter(fmt=log_format)
    _ensure_handler().setFormatter(formatter)


def _ensure_handler() -> logging.StreamHandler:  # type: ignore[type-arg]
    """The handler of this module, which is added when it is needed first."""
    global _handler
    if _handler is None:
        _handler = logging.StreamHandler()
        _logger.addHandler(_handler)
    return _handler
