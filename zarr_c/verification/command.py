"""``python -m zarr_c verify``: what `verify` found, as a table or as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from zarr_c.verification.verify import verify

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

__all__ = ["add_arguments", "run"]

CLEAN, FOUND, FAILED = 0, 1, 2


def add_arguments(parser: ArgumentParser) -> None:
    """Tell a parser the arguments of the command."""
    parser.description = (
        "Read and decode all that is stored of a hierarchy, and say what is wrong with it. "
        "Exit status: 0 if nothing is, or all was repaired; 1 if something is; 2 if it cannot "
        "be opened."
    )
    parser.add_argument("path", metavar="PATH", help="a directory, a .zip file or a URL")
    parser.add_argument("--node", metavar="NODE", help="path of the array or group in it")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="remove left-over temporary files and chunks outside of arrays, and consolidate "
        "again what is out of date; nothing that may be data is touched",
    )
    parser.add_argument(
        "--complete", action="store_true", help="report absent chunks too, which are fill value"
    )
    parser.add_argument(
        "--older-than",
        type=float,
        default=3600.0,
        metavar="SECONDS",
        help="age from which a temporary file counts as left over (default: 3600)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--no-progress", action="store_true", help="draw no progress bar")


def run(arguments: Namespace) -> int:
    """Run the command; its exit status.

    Parameters
    ----------
    arguments : argparse.Namespace
        As `add_arguments` makes a parser give them.
    """
    try:
        found = verify(
            arguments.path,
            arguments.node,
            repair=arguments.repair,
            complete=arguments.complete,
            older_than=arguments.older_than,
            progress=not arguments.no_progress,
        )
    except (ValueError, OSError, TypeError, ImportError, NotImplementedError) as error:
        print(f"zarr_c verify: {arguments.path}: {error}", file=sys.stderr)
        return FAILED
    print(json.dumps(found.to_json(), indent=2) if arguments.json else found)
    return CLEAN if found.ok else FOUND
