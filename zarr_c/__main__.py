"""``python -m zarr_c``: commands of the package."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING

from zarr_c import __version__
from zarr_c.verification import command as verify

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_COMMANDS = {"verify": (verify, "find damage in a stored hierarchy")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        The exit status.
    """
    parser = ArgumentParser(prog="python -m zarr_c")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, summary) in _COMMANDS.items():
        module.add_arguments(commands.add_parser(name, help=summary))
    parsed = parser.parse_args(arguments)
    command, _ = _COMMANDS[parsed.command]
    status: int = command.run(parsed)
    return status


if __name__ == "__main__":
    sys.exit(main())
