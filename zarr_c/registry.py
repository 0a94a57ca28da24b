"""What can be added to zarr_c, by name.

Codecs and chunk key encodings that are registered are used by every array that names them.
Buffers are what `zarr_c.buffer.default_buffer_prototype` gives programs; the settings
``buffer`` and ``ndbuffer`` choose among those registered. Chunks go through the compiled
pipeline of zarr_c, whichever is registered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zarr_c.buffer import cpu
from zarr_c.buffer.registered import BUFFERS, ND_BUFFERS, Registry, chosen
from zarr_c.codecs import registry as codec_registry
from zarr_c.config import config
from zarr_c.errors import MetadataValidationError, UnknownCodecError
from zarr_c.metadata import chunk_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zarr_c.buffer.base import Buffer, NDBuffer

__all__ = [
    "Registry",
    "get_buffer_class",
    "get_chunk_key_encoding_class",
    "get_codec_class",
    "get_ndbuffer_class",
    "get_numcodec",
    "get_pipeline_class",
    "register_buffer",
    "register_chunk_key_encoding",
    "register_codec",
    "register_ndbuffer",
    "register_pipeline",
]

_pipelines: Registry[Any] = Registry()
# the pipelines of zarr-python: a program that chooses one gets that of zarr_c
_PIPELINES = (
    "zarr_c",
    "zarr.core.codec_pipeline.BatchedCodecPipeline",
    "zarr.core.codec_pipeline.FusedCodecPipeline",
)


def register_codec(key: str, codec_cls: Any, *, qualname: str | None = None) -> None:
    """Make a codec known by a name; see `zarr_c.codecs.register_codec`.

    Parameters
    ----------
    key : str
        As documents have it.
    codec_cls : type or PyCapsule
    qualname : str, optional
        Accepted; a name has one class here, the one registered last.
    """
    codec_registry.register_codec(key, codec_cls)


def get_codec_class(key: str, reload_config: bool = False) -> Any:
    """The codec of a name.

    Parameters
    ----------
    key : str
    reload_config : bool
        Whether to read the environment again before.

    Raises
    ------
    UnknownCodecError
        If there is none.
    """
    _reload(reload_config)
    return codec_registry.get_codec_class(key)


def register_chunk_key_encoding(key: str, cls: type[Any]) -> None:
    """Make a chunk key encoding known by a name.

    Parameters
    ----------
    key : str
        As documents have it.
    cls : type
        A subclass of `zarr_c.metadata.chunk_key.ChunkKeyEncoding`.
    """
    chunk_key.register_chunk_key_encoding(key, cls)


def get_chunk_key_encoding_class(key: str) -> type[chunk_key.ChunkKeyEncoding]:
    """The chunk key encoding of a name.

    Raises
    ------
    KeyError
        If there is none.
    """
    try:
        return chunk_key.get_chunk_key_encoding_class(key)
    except MetadataValidationError as error:
        raise KeyError(str(error)) from None


def get_numcodec(data: Mapping[str, Any]) -> Any:
    """The codec of numcodecs for a configuration with an ``id``.

    Raises
    ------
    UnknownCodecError
        If numcodecs has none of this id.
    """
    import numcodecs
    from numcodecs.errors import UnknownCodecError as Unknown

    try:
        return numcodecs.get_codec(dict(data))
    except Unknown as error:
        raise UnknownCodecError(f"codec: numcodecs has none for {dict(data)!r}") from error


def register_buffer(cls: type[Buffer], qualname: str | None = None) -> None:
    """Make a class of buffers known, for the setting ``buffer``."""
    BUFFERS.register(cls, qualname)


def register_ndbuffer(cls: type[NDBuffer], qualname: str | None = None) -> None:
    """Make a class of buffers known, for the setting ``ndbuffer``."""
    ND_BUFFERS.register(cls, qualname)


def register_pipeline(pipe_cls: type[Any]) -> None:
    """Remember a codec pipeline.

    Programs may ask for it with `get_pipeline_class`; arrays use the compiled one of zarr_c.
    """
    _pipelines.register(pipe_cls)


def get_buffer_class(reload_config: bool = False) -> type[Buffer]:
    """The class of buffers that the setting ``buffer`` names.

    Raises
    ------
    KeyError
        If none of this name is registered.
    """
    _reload(reload_config)
    return chosen(BUFFERS, "buffer", cpu.Buffer)  # type: ignore[no-any-return]


def get_ndbuffer_class(reload_config: bool = False) -> type[NDBuffer]:
    """The class of buffers that the setting ``ndbuffer`` names.

    Raises
    ------
    KeyError
        If none of this name is registered.
    """
    _reload(reload_config)
    return chosen(ND_BUFFERS, "ndbuffer", cpu.NDBuffer)  # type: ignore[no-any-return]


def get_pipeline_class(reload_config: bool = False) -> type[Any]:
    """The codec pipeline that the setting ``codec_pipeline.path`` names.

    Raises
    ------
    KeyError
        If none of this name is registered.
    """
    from zarr_c.abc.codec import CodecPipeline

    _reload(reload_config)
    if config.get("codec_pipeline.path") in _PIPELINES:
        return CodecPipeline
    return chosen(_pipelines, "codec_pipeline.path", None)  # type: ignore[no-any-return]


def _reload(reload_config: bool) -> None:
    if reload_config:
        config.refresh()
