"""The public names of zarr-python, as ``tests/peer_api.json`` keeps them.

Run it with the Python that has the zarr-python to compare with; it prints the JSON.
"""

import enum
import importlib
import inspect
import json
import re
import sys

MODULES = [
    "zarr",
    "zarr.abc.buffer",
    "zarr.abc.codec",
    "zarr.abc.metadata",
    "zarr.abc.numcodec",
    "zarr.abc.store",
    "zarr.api.asynchronous",
    "zarr.api.synchronous",
    "zarr.buffer",
    "zarr.buffer.cpu",
    "zarr.buffer.gpu",
    "zarr.codecs",
    "zarr.codecs.blosc",
    "zarr.codecs.bytes",
    "zarr.codecs.cast_value",
    "zarr.codecs.crc32c_",
    "zarr.codecs.gzip",
    "zarr.codecs.numcodecs",
    "zarr.codecs.scale_offset",
    "zarr.codecs.sharding",
    "zarr.codecs.transpose",
    "zarr.codecs.vlen_utf8",
    "zarr.codecs.zstd",
    "zarr.dtype",
    "zarr.errors",
    "zarr.experimental",
    "zarr.experimental.cache_store",
    "zarr.metadata",
    "zarr.metadata.migrate_v3",
    "zarr.registry",
    "zarr.storage",
    "zarr.testing",
    "zarr.types",
]
# Not public by name, but what public properties give.
PARTS = {
    "zarr": {
        "ArrayConfig": "zarr.core.array_spec",
        "ArrayV2Metadata": "zarr.core.metadata",
        "ArrayV3Metadata": "zarr.core.metadata",
        "AsyncOIndex": "zarr.core.indexing",
        "AsyncVIndex": "zarr.core.indexing",
        "Attributes": "zarr.core.attributes",
        "BlockIndex": "zarr.core.indexing",
        "Config": "zarr.core.config",
        "GroupMetadata": "zarr.core.group",
        "OIndex": "zarr.core.indexing",
        "VIndex": "zarr.core.indexing",
    }
}
DUNDERS = {
    "__array__",
    "__contains__",
    "__delitem__",
    "__enter__",
    "__aenter__",
    "__eq__",
    "__getitem__",
    "__iter__",
    "__len__",
    "__setitem__",
    "__truediv__",
}
OWN = ("zarr.", "zarr_c.")


def dump():
    """All names of all modules, as what JSON can hold."""
    found = {"version": importlib.import_module("zarr").__version__, "modules": {}}
    places = {}
    for name in MODULES:
        found["modules"][name] = module(name, places)
    return found


def module(name, places):
    """The public names of a module; `places` says where a class or function was met first."""
    found = importlib.import_module(name)
    names = set(getattr(found, "__all__", ())) | {
        key for key, value in vars(found).items() if getattr(value, "__module__", None) == name
    }
    values = {key: getattr(found, key) for key in sorted(names) if key[0] != "_"}
    for key, place in PARTS.get(name, {}).items():
        values[f"({key})"] = getattr(importlib.import_module(place), key)
    entries = {}
    for key, value in values.items():
        place = f"{name}.{key}"
        seen = places.setdefault(id(value), place) if callable(value) else place
        entries[key] = entry(value) if seen == place else f"as {seen}"
    return entries


def entry(value):
    """What a name stands for: a class as a dictionary, all else as a string."""
    if inspect.isclass(value):
        return class_(value)
    return "module" if inspect.ismodule(value) else member(value)


def member(value):
    """What is behind a name, as ``async (a, *, b=1)``; for what cannot be called, ``value``."""
    static = isinstance(value, classmethod | staticmethod)
    call = value.__func__ if static else value
    if not inspect.isfunction(call):
        return "value"
    words = ["static"] if static else []
    if inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call):
        words.append("async")
    return " ".join([*words, signature(call)])


def signature(value):
    """The parameters of what can be called, without ``self``; empty where they are unknown."""
    try:
        found = inspect.signature(value).parameters.values()
    except (ValueError, TypeError):
        return ""
    kept = [
        p.replace(
            annotation=p.empty, default=p.default if p.default is p.empty else _Text(p.default)
        )
        for p in found
        if p.name not in ("self", "cls")
    ]
    return str(inspect.Signature(kept))


class _Text:
    """A default value, of which the representation is the same in every run."""

    def __init__(self, value):
        self._value = value.value if isinstance(value, enum.Enum) else value

    def __repr__(self):
        if isinstance(self._value, tuple):
            return repr(tuple(map(_Text, self._value)))
        text = getattr(self._value, "__name__", None) or repr(self._value)
        return re.sub(r"<([\w.]+)[^>]*>", r"\1", text)


def class_(value):
    """A class: what it is made from, its members and the built-in classes above it."""
    if issubclass(value, enum.Enum):
        return {"values": {item.name: item.value for item in value}}
    found = {"bases": _built_in_bases(value), "members": members(value)}
    if not (issubclass(value, BaseException) or getattr(value, "_is_protocol", False)):
        found["call"] = signature(value)
    return found


def _built_in_bases(value):
    return [base.__name__ for base in value.__mro__[1:-1] if base.__module__ == "builtins"]


def members(value):
    """The public members that the library itself gives a class."""
    found = {}
    for base in reversed(value.__mro__):
        if not base.__module__.startswith(OWN):
            continue
        for name in [*base.__dict__, *inspect.get_annotations(base)]:
            if name[0] != "_" or name in DUNDERS:
                found[name] = member(base.__dict__.get(name))
    return dict(sorted(found.items()))


if __name__ == "__main__":
    json.dump(dump(), sys.stdout, indent=0, sort_keys=True)
    print()
