"""zarr_c's public names beside those of zarr-python, which ``tests/peer_api.json`` has.

``python tests/helpers/api.py`` prints what differs and why; ``make status`` makes the page.
"""

import ast
import dis
import enum
import importlib
import inspect
import json
import re
import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import dump_peer_api

TESTS = Path(__file__).parents[1]
PEER = TESTS / "peer_api.json"
REASONS = TESTS / "peer_api_reasons.toml"
SAME, EXTENDED, DIFFERS = "same", "extended", "differs"
# What zarr-python has in private modules and gives by public properties, and where ours is.
PARTS = {
    "ArrayConfig": "zarr_c.array_config.ArrayConfig",
    "ArrayV2Metadata": "zarr_c.metadata.array.ArrayMetadata",
    "ArrayV3Metadata": "zarr_c.metadata.array.ArrayMetadata",
    "AsyncOIndex": "zarr_c.aio.indexers.AsyncOIndex",
    "AsyncVIndex": "zarr_c.aio.indexers.AsyncVIndex",
    "Attributes": "zarr_c.attributes.Attributes",
    "BlockIndex": "zarr_c.indexers.BlockIndex",
    "Config": "zarr_c.config.Config",
    "GroupMetadata": "zarr_c.metadata.group.GroupMetadata",
    "OIndex": "zarr_c.indexers.OIndex",
    "VIndex": "zarr_c.indexers.VIndex",
}
HEAD = """# The API of zarr-python

<!-- made by `make status ARGS=--renew` -->

Each public name, member and parameter of zarr-python {version}, compared by looking into both.
*Same* means that what calls one calls the other; *extended*, that zarr_c takes more besides.
`make api` lists every name that differs.

"""
_ABSENT = object()


@cache
def peer():
    """What ``dump_peer_api.py`` found in zarr-python."""
    return json.loads(PEER.read_text())


@cache
def compared():
    """Each public name of zarr-python: name -> (verdict, how it differs)."""
    found = {}
    for module, entries in peer()["modules"].items():
        for name, entry in entries.items():
            if isinstance(entry, str) and entry.startswith("as "):
                found[f"{module}.{name}"] = _exists(module, name)
                continue
            found.update(_compared(f"{module}.{name}", entry, ours(module, name)))
    return dict(sorted(found.items()))


def ours(module, name):
    """What zarr_c has under a name of zarr-python's."""
    place = f"{module}.{name}".replace("zarr", "zarr_c", 1)
    if name.startswith("("):
        place = PARTS[name.strip("()")]
    module, name = place.rsplit(".", 1)
    try:
        return getattr(importlib.import_module(module), name, _ABSENT)
    except ModuleNotFoundError:
        return _ABSENT


def _exists(module, name):
    return (SAME, "") if ours(module, name) is not _ABSENT else (DIFFERS, "absent")


def _compared(place, theirs, mine):
    if mine is _ABSENT:
        yield place, (DIFFERS, "absent")
    elif isinstance(theirs, str):
        yield place, verdict(theirs, dump_peer_api.entry(mine))
    elif "values" in theirs:
        yield place, _values(theirs["values"], mine)
    else:
        yield from class_verdicts(place, theirs, mine)


def _values(theirs, mine):
    found = {name: getattr(mine, name, None) for name in theirs}
    found = {name: getattr(value, "value", value) for name, value in found.items()}
    return (SAME, "") if found == theirs else (DIFFERS, f"{found} instead of {theirs}")


def class_verdicts(place, theirs, mine):
    """A class and its members: pairs of a name and how it compares."""
    if not inspect.isclass(mine):
        yield place, (DIFFERS, f"{type(mine).__name__} instead of a class")
        return
    above = {base.__name__ for base in mine.__mro__}
    lost = [name for name in theirs["bases"] if name not in above]
    called = (SAME, "")
    if "call" in theirs and not issubclass(mine, enum.Enum):
        called = _call(theirs["call"], dump_peer_api.signature(mine))
    yield place, (DIFFERS, f"no subclass of {lost}") if lost else called
    fields = {name for base in mine.__mro__ for name in inspect.get_annotations(base)}
    for base in mine.__mro__:
        init = base.__dict__.get("__init__")
        if inspect.isfunction(init):
            found = dis.get_instructions(init)
            fields |= {line.argval for line in found if line.opname == "STORE_ATTR"}
    for name, member in theirs["members"].items():
        value = inspect.getattr_static(mine, name, None if name in fields else _ABSENT)
        if value is _ABSENT:
            yield f"{place}.{name}", (DIFFERS, "absent")
        else:
            called = verdict(member, dump_peer_api.member(value))
            yield f"{place}.{name}", (SAME, "") if name.startswith("__") else called


def verdict(theirs, mine):
    """A function, a method or a value; both as `dump_peer_api.entry` has them."""
    if "(" not in theirs:
        called = "(" in mine if isinstance(mine, str) else False
        return (DIFFERS, "called, not a property") if called else (SAME, "")
    if isinstance(mine, dict):  # a class where there is a function
        return _call(theirs, mine.get("call", ""))
    if "(" not in mine:  # an alias of a call that cannot be looked into
        return (DIFFERS, "a value, not called")
    for word in ("static", "async"):
        if (word in theirs.split("(")[0]) != (word in mine.split("(")[0]):
            return DIFFERS, f"{word} in one only"
    return _call(theirs, mine)


def _call(theirs, mine):
    """Whether what calls one can call the other."""
    them, us = _arguments(theirs), _arguments(mine)
    if them is None or us is None:
        return (SAME, "") if theirs in ("", "()") else (DIFFERS, "unknown parameters")
    wrong = []
    for name, default in them.named.items():
        if name not in us.named:
            if not us.keywords:
                wrong.append(f"no {name}")
        elif (default is None) != (us.named[name] is None) and default is not None:
            wrong.append(f"{name} is required")
        elif default != us.named[name] and us.named[name] is not None and default is not None:
            wrong.append(f"{name}={us.named[name]} instead of {default}")
    required = [n for n, value in us.named.items() if value is None and n not in them.named]
    wrong += [f"{name} is required" for name in required]
    if not us.any_number and us.positional[: len(them.positional)] != them.positional:
        wrong.append(f"positional {us.positional} instead of {them.positional}")
    for ours_has, theirs_has, word in (
        (us.any_number, them.any_number, "*args"),
        (us.keywords, them.keywords, "**kwargs"),
    ):
        if theirs_has and not ours_has:
            wrong.append(f"no {word}")
    if wrong:
        return DIFFERS, ", ".join(wrong)
    return (SAME, "") if theirs.split("(", 1)[1] == mine.split("(", 1)[1] else (EXTENDED, "")


class _Arguments:
    def __init__(self, arguments):
        both = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(both) - len(arguments.defaults)) + arguments.defaults
        pairs = [*zip(both, defaults, strict=True)]
        pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        self.positional = [argument.arg for argument in both]
        self.named = {a.arg: None if d is None else ast.unparse(d) for a, d in pairs}
        self.any_number, self.keywords = arguments.vararg, arguments.kwarg


def _arguments(text):
    if "(" not in text:
        return None
    tree = ast.parse(f"def f({text.split('(', 1)[1]}: pass")
    return _Arguments(tree.body[0].args)


# ---- the reasons


@cache
def reasons():
    """Why names differ: pattern -> reason."""
    found = {}
    for item in tomllib.loads(REASONS.read_text())["reason"]:
        for name in item["names"]:
            assert name not in found, f"{name} has two reasons"
            found[name] = item["why"]
    return found


@cache
def _pattern(text):
    """``*`` stands for anything within one name, ``**`` for names within it too."""
    parts = (r"[^.]*".join(map(re.escape, part.split("*"))) for part in text.split("**"))
    return re.compile(".*".join(parts))


def explained():
    """Names that differ, with the pattern that explains each, or None."""
    return {
        name: next(
            (pattern for pattern in reasons() if _pattern(pattern).fullmatch(name)), None
        )
        for name, (verdict, _) in compared().items()
        if verdict == DIFFERS
    }


def unexplained():
    """Names that differ without a reason."""
    return [name for name, pattern in explained().items() if pattern is None]


def outlived():
    """Reasons that explain nothing any more."""
    return sorted(set(reasons()) - set(explained().values()))


def counts():
    """How many names are the same, extended, or differ."""
    return Counter(verdict for verdict, _ in compared().values())


def page():
    """The page of ``docs/status``."""
    lines = ["| module | same | extended | differ |\n| --- | --- | --- | --- |\n"]
    for module in peer()["modules"]:
        found = Counter(v for name, (v, _) in compared().items() if _module(name) == module)
        numbers = " | ".join(str(found[word]) for word in (SAME, EXTENDED, DIFFERS))
        lines.append(f"| `{module}` | {numbers} |\n")
    lines.append("\n## What differs, and why\n")
    for why in dict.fromkeys(reasons().values()):
        names = [f"`{name}`" for name, reason in reasons().items() if reason == why]
        lines.append(f"\n* {', '.join(names)}: {why}\n")
    return HEAD.format(version=peer()["version"]) + "".join(lines)


def _module(name):
    """The module of a name: the longest that it begins with."""
    return max((m for m in peer()["modules"] if name.startswith(f"{m}.")), key=len)


def main():
    for name, pattern in explained().items():
        why = reasons()[pattern] if pattern else "UNEXPLAINED"
        print(f"{name}: {compared()[name][1]}: {why}")
    for pattern in outlived():
        print(f"{pattern}: the reason no longer applies")
    print(dict(counts()))
    sys.exit(bool(unexplained() or outlived()))


if __name__ == "__main__":
    main()
