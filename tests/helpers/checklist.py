"""Which rules of the formats no test proves: ``python tests/helpers/checklist.py``.

The rules are in ``tests/checklist.toml``; a comment above a test names those that it proves.
"""

import argparse
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]
COMMENT = re.compile(r"^\s*# format\.md +(.+)$")
TEST = re.compile(r"^\s*(?:async )?def (test_\w+)")
PLAIN = re.compile(r"[A-Z]\d+|5\.\d+")


class Rules(NamedTuple):
    """What ``checklist.toml`` holds.

    words : the rules in words, by their names
    names : each name that a comment may use, and the rule that it means
    prefixes : of the sections whose names are only unique behind one
    """

    words: dict[str, str]
    names: dict[str, str]
    prefixes: set[str]


def rules():
    """The rules of all sections."""
    found = Rules({}, {}, set())
    for section in tomllib.loads((TESTS / "checklist.toml").read_text()).values():
        section.pop("spec")
        prefix, also = section.pop("prefix", None), section.pop("also", {})
        if prefix:
            found.prefixes.add(prefix)
        for name, words in section.items():
            rule = f"{prefix} {name}" if prefix else name
            found.words[rule] = words
            found.names[rule] = rule
            found.names.update((f"{prefix} {other}", rule) for other in also.get(name, ()))
    return found


def named(comment, prefixes):
    """The names in a comment; behind a prefix each has it, as in ``2.1 int2 int4 F6``."""
    prefix = None
    for token in comment.split():
        if token in prefixes:
            prefix = token
        elif PLAIN.fullmatch(token) or prefix is None:
            yield token
        else:
            yield f"{prefix} {token}"


def proofs(folder=TESTS):
    """Every name in a comment with the test below it, as ``(name, path::test)``.

    Raises
    ------
    ValueError
        If there is no test below a comment.
    """
    prefixes = rules().prefixes
    for path in sorted(folder.rglob("*.py")):
        waiting = []
        for line in path.read_text().splitlines():
            if comment := COMMENT.match(line):
                waiting += named(comment[1], prefixes)
            elif test := TEST.match(line):
                yield from (
                    (name, f"{path.relative_to(folder)}::{test[1]}") for name in waiting
                )
                waiting = []
        if waiting:
            raise ValueError(f"{path}: no test below the comment that names {waiting}")


def unproven(folder=TESTS):
    """The rules that no test names, with their words."""
    known = rules()
    proven = {known.names.get(name) for name, _ in proofs(folder)}
    return {rule: words for rule, words in known.words.items() if rule not in proven}


def unknown(folder=TESTS):
    """Names that stand in a comment and mean no rule, with their tests."""
    names = rules().names
    return [(name, test) for name, test in proofs(folder) if name not in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--proofs", action="store_true", help="print the tests of every rule")
    if parser.parse_args().proofs:
        for name, test in sorted(proofs()):
            print(f"{name:24} {test}")
        return
    missing = unproven()
    for rule, words in missing.items():
        print(f"{rule:24} {words}")
    print(f"{len(missing)} of {len(rules().words)} rules are named by no test")


if __name__ == "__main__":
    main()
