"""Settings of the process: one flat dictionary of dotted names.

A writer replaces the whole dictionary under a lock, so that a reader needs none: ``config.get``
is one dictionary lookup. Names are those of zarr-python where it has them.
"""

from __future__ import annotations

import os
import warnings
from _thread import allocate_lock  # `threading` would take longer to import
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zarr_c.errors import UnknownSettingError, ZarrUserWarning
from zarr_c.frozen import Frozen, set_field

__all__ = ["Config", "config"]


class Setting(Frozen):
    """What one name may hold.

    Attributes
    ----------
    default : object
    expected : str
        What it takes, in words.
    accepts : callable
        Whether it takes a value.
    """

    __slots__ = ("default", "expected", "accepts")

    default: object
    expected: str
    accepts: Callable[[object], bool]

    def __init__(
        self, default: object, expected: str, accepts: Callable[[object], bool]
    ) -> None:
        set_field(self, "default", default)
        set_field(self, "expected", expected)
        set_field(self, "accepts", accepts)


def _integer(
    minimum: int, maximum: float = float("inf"), *, or_none: bool = False
) -> tuple[str, Callable[[object], bool]]:
    def accepts(value: object) -> bool:
        if value is None:
            return or_none
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return minimum <= value <= maximum

    some = "of at least" if maximum == float("inf") else f"from {minimum} to"
    last = minimum if maximum == float("inf") else maximum
    return f"an integer {some} {last}" + (" or None" if or_none else ""), accepts


def _one_of(*values: object) -> tuple[str, Callable[[object], bool]]:
    # True == 1, so the type counts as well
    def accepts(value: object) -> bool:
        return any(type(value) is type(item) and value == item for item in values)

    return " or ".join(map(repr, values)), accepts


_BOOL = ("True or False", lambda value: isinstance(value, bool))
_LOCK = (
    "True, False or the path of a file",
    lambda value: isinstance(value, bool | os.PathLike | str) and value != "",
)
_TEXT = ("a string", lambda value: isinstance(value, str))
_SECONDS = (
    "a number of seconds or None",
    lambda value: value is None or (isinstance(value, int | float) and value >= 0),
)

SETTINGS: dict[str, Setting] = {
    "default_zarr_format": Setting(3, *_one_of(2, 3)),
    "array.order": Setting("C", *_one_of("C", "F")),
    "array.write_empty_chunks": Setting(False, *_BOOL),
    "array.read_missing_chunks": Setting(True, *_BOOL),
    "array.lock": Setting(False, *_LOCK),
    "json_indent": Setting(2, *_integer(0, or_none=True)),
    "threads": Setting(None, *_integer(1, or_none=True)),
    # Requests under way at once to a remote store. Reading 1,000 objects of 64 KiB from an S3
    # server on the same machine took 0.42 s with 8, 0.40 with 16, 0.32 with 32, 0.38 with 64.
    "async.concurrency": Setting(32, *_integer(1)),
    # zarrs' name: False cuts checksums off stored objects without comparing them
    "codec_pipeline.validate_checksums": Setting(True, *_BOOL),
    "array.target_shard_size_bytes": Setting(None, *_integer(1, or_none=True)),
    "array.sharding_coalesce_max_gap_bytes": Setting(1 << 20, *_integer(0)),
    "array.sharding_coalesce_max_bytes": Setting(16 << 20, *_integer(0)),
    "array.allow_unsafe_pickle_decode": Setting(False, *_BOOL),
    # what stored data may ask for, lest hostile data take the memory of the process; 100,000
    # nodes in consolidated metadata take about 100 MiB
    "limits.metadata_bytes": Setting(1 << 30, *_integer(0, or_none=True)),
    "limits.codecs": Setting(64, *_integer(0, or_none=True)),
    # larger ones would run out of stack in NumPy and in the interpreter
    "limits.depth": Setting(32, *_integer(0, 64)),
    "limits.json_depth": Setting(256, *_integer(1, 512)),
    "limits.name_bytes": Setting(65_535, *_integer(1, or_none=True)),
    "limits.chunk_bytes": Setting(64 << 30, *_integer(0, or_none=True)),
    # accepted so that a program written for zarr-python or zarrs runs; they change nothing here
    "array.rectilinear_chunks": Setting(False, *_BOOL),
    "async.timeout": Setting(None, *_SECONDS),
    "codec_pipeline.path": Setting("zarr_c", *_TEXT),
    "codec_pipeline.batch_size": Setting(1, *_integer(1)),
    "codec_pipeline.chunk_concurrent_minimum": Setting(4, *_integer(1)),
    "codec_pipeline.chunk_concurrent_maximum": Setting(None, *_integer(1, or_none=True)),
    "codec_pipeline.direct_io": Setting(False, *_BOOL),
    "codec_pipeline.strict": Setting(False, *_BOOL),
    "codec_pipeline.max_workers": Setting(None, *_integer(1, or_none=True)),
    "buffer": Setting("numpy", *_TEXT),
    "ndbuffer": Setting("numpy", *_TEXT),
}
ALIASES = {"threading.max_workers": "threads"}
_CODEC = Setting(None, *_TEXT)  # codecs.<name>, zarr-python's registry
_NOT_SETTINGS = {"build"}  # ZARR_C_BUILD belongs to setup.py
_MISSING = object()


class Config(Mapping[str, Any]):
    """The settings, by dotted name.

    A subtree (``"array"``) reads as a nested dictionary. Defaults come from the environment
    where it has them: ``ZARR_C_ARRAY__ORDER=F`` sets ``array.order`` (``__`` stands for a dot)
    and wins over zarr-python's ``ZARR_ARRAY__ORDER``, which is read as well.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._values: dict[str, Any] = {}
        self.reset()

    def get(self, key: str, default: Any = _MISSING) -> Any:
        """The value of a setting.

        Parameters
        ----------
        key : str
            A dotted name, or the beginning of several.
        default
            What to return for an unknown name.

        Raises
        ------
        UnknownSettingError
            If the name is unknown and there is no default.
        """
        try:
            return self._values[key]
        except KeyError:
            return self._get_other(key, default)

    def _get_other(self, key: str, default: Any) -> Any:
        values = self._values
        if key in ALIASES:
            return values[ALIASES[key]]
        below = {
            name[len(key) + 1 :]: v for name, v in values.items() if name.startswith(key + ".")
        }
        if below:
            return _nested(below)
        if default is _MISSING:
            raise _unknown(key)
        return default

    def set(self, values: Mapping[str, Any] | None = None, /, **kwargs: Any) -> Restore:
        """Change settings, at once; as a context manager, until the block ends.

        Parameters
        ----------
        values : mapping, optional
            Dotted names to values; nested mappings are taken apart.
        **kwargs
            More of them, with ``__`` for a dot.

        Raises
        ------
        UnknownSettingError
            If there is no such setting.
        TypeError, ValueError
            If a value is not what the setting takes. Nothing is changed then.

        Examples
        --------
        >>> with config.set({"threads": 1, "array.order": "F"}):
        ...     config.get("threads")
        1
        """
        flat = _flat(values or {})
        flat.update(_flat({name.replace("__", "."): value for name, value in kwargs.items()}))
        changes: dict[str, Any] = {}
        for name, value in flat.items():
            changes[ALIASES.get(name, name)] = _checked(name, value)
        with self._lock:
            before = {name: self._values.get(name, _MISSING) for name in changes}
            self._values = {**self._values, **changes}
        return Restore(self, before)

    def _put_back(self, before: Mapping[str, Any]) -> None:
        with self._lock:
            merged = {**self._values, **before}
            self._values = {name: v for name, v in merged.items() if v is not _MISSING}

    def reset(self) -> None:
        """Return to the defaults and the environment."""
        values = {name: setting.default for name, setting in SETTINGS.items()}
        values.update(_environment(os.environ))
        with self._lock:
            self._values = values

    refresh = reset

    @property
    def defaults(self) -> list[dict[str, Any]]:
        """The settings without those of the program and of the environment, nested."""
        return [_nested({name: setting.default for name, setting in SETTINGS.items()})]

    def update(self, new: Mapping[str, Any]) -> None:
        """Change settings, as `set` does, for good."""
        self.set(new)

    def enable_gpu(self) -> Restore:
        """Have `zarr_c.buffer.default_buffer_prototype` name the memory of a GPU.

        Arrays are read into the memory of a GPU where one is given as ``out``.
        """
        return self.set(
            {"buffer": "zarr.buffer.gpu.Buffer", "ndbuffer": "zarr.buffer.gpu.NDBuffer"}
        )

    def serialize(self) -> str:
        """All settings as text, which `deserialize` of donfig reads too."""
        import base64
        import json

        return base64.urlsafe_b64encode(json.dumps(self.to_dict()).encode()).decode()

    def to_dict(self) -> dict[str, Any]:
        """All settings as a nested dictionary."""
        return _nested(self._values)

    def pprint(self) -> None:
        """Print all settings, sorted by name."""
        for name, value in sorted(self._values.items()):
            print(f"{name} = {value!r}")

    def __getitem__(self, key: str) -> Any:
        return self.get(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Config {self.to_dict()}>"


class Restore:
    """Gives settings their former values back when a ``with`` block ends."""

    def __init__(self, owner: Config, before: Mapping[str, Any]) -> None:
        self._owner, self._before = owner, before

    def __enter__(self) -> Config:
        return self._owner

    def __exit__(self, *exc_info: object) -> None:
        self._owner._put_back(self._before)


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *parents, last = (
            name.split(".") if not name.startswith("codecs.") else name.split(".", 1)
        )
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return tree


def _checked(name: str, value: Any) -> Any:
    setting = SETTINGS.get(ALIASES.get(name, name))
    if setting is None:
        if not name.startswith("codecs."):
            raise _unknown(name)
        setting = _CODEC
    if setting.accepts(value):
        return value
    like = setting.default
    wrong_type = like is not None and not isinstance(value, type(like))
    error = (
        TypeError
        if wrong_type or isinstance(value, str) != isinstance(like, str)
        else ValueError
    )
    raise error(f"config {name!r}: expected {setting.expected}, found {value!r}")


def _unknown(name: str) -> UnknownSettingError:
    import difflib

    near = difflib.get_close_matches(str(name), [*SETTINGS, *ALIASES], n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    return UnknownSettingError(f"config has no setting {name!r}{hint}")


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Settings found in the environment; ours after zarr-python's, so that they win."""
    found: dict[str, Any] = {}
    for prefix, ours in (("ZARR_", False), ("ZARR_C_", True)):
        for variable, text in environ.items():
            if not variable.startswith(prefix):
                continue
            name = variable[len(prefix) :].lower().replace("__", ".")
            if name in _NOT_SETTINGS or not (ours or name in SETTINGS or name in ALIASES):
                continue
            try:
                found[ALIASES.get(name, name)] = _checked(name, _literal(text))
            except (TypeError, ValueError) as error:
                message = f"the environment variable {variable} is ignored: {error}"
                warnings.warn(message, ZarrUserWarning, stacklevel=4)
    return found


def _literal(text: str) -> Any:
    """A number, a truth value or None out of text; the text itself otherwise."""
    words = {"true": True, "false": False, "none": None, "null": None, "": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


config = Config()
