"""The codec chain of an array, checked and compiled.

What it can of a chain becomes a memory layout (which axis is outermost, which words to swap),
which costs nothing; the rest becomes a list of stages, which turn bytes into bytes.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from zarr_c.codecs._chain import Chain, Stage
from zarr_c.codecs._shard import ShardStage
from zarr_c.codecs.base import ArrayArrayCodec, ArrayBytesCodec, BytesBytesCodec, expect
from zarr_c.codecs.bytes_ import BytesCodec
from zarr_c.codecs.numcodecs_v2 import numcodec
from zarr_c.codecs.registry import get_codec_class, get_v2_codec_class
from zarr_c.codecs.representation import Representation
from zarr_c.codecs.transpose import TransposeCodec
from zarr_c.codecs.vlen import most_bytes
from zarr_c.config import config
from zarr_c.errors import MetadataValidationError
from zarr_c.limits import expect_within
from zarr_c.metadata.dtype import parse_v3
from zarr_c.recent import Recent, registrations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zarr_c.codecs.base import Codec
    from zarr_c.metadata.array import ArrayMetadata

__all__ = ["Pipeline", "compile_codecs", "compile_pipeline"]


class Pipeline:
    """A compiled chain.

    Attributes
    ----------
    axes : tuple of int
        The axes of a decoded chunk in memory, outermost first.
    word : int
        Size of the words whose bytes are swapped in stored chunks; 1 for none.
    chain : Chain
        The byte stages.
    codecs : tuple of Codec
        What the chain was made of; empty in Zarr v2.
    any_shape : bool
        Whether the stages are the same for chunks of any other shape, as they see bytes only.
    whole_nbytes : int
        Bytes of what has to be decoded as a whole: the largest chunk, of shards the inner
        chunk; 0 for chunks that are stored as they are.
    """

    __slots__ = ("axes", "word", "chain", "codecs", "any_shape", "whole_nbytes")

    def __init__(
        self,
        axes: tuple[int, ...],
        word: int,
        chain: Chain,
        codecs: tuple[Codec, ...],
        any_shape: bool = False,
    ) -> None:
        self.axes = axes
        self.word = word
        self.chain = chain
        self.codecs = codecs
        self.any_shape = any_shape
        self.whole_nbytes = 0

    @property
    def inner_chunk_shape(self) -> tuple[int, ...] | None:
        """Shape of an inner chunk, by the axes of the array; None without shards."""
        for codec in self.codecs:
            if codec.name == "sharding_indexed":
                from zarr_c.codecs.sharding import ShardingCodec

                assert isinstance(codec, ShardingCodec)
                shape = codec.chunk_shape
                if len(shape) == len(self.axes):  # a reshape before it may change that
                    return tuple(shape[self.axes.index(axis)] for axis in sorted(self.axes))
        return None

    @property
    def shard(self) -> ShardStage | None:
        """The stage of shards, where nothing but a memory layout lies around it."""
        stages = self.chain.stages
        if len(stages) != 1 or not isinstance(stages[0], ShardStage):
            return None
        before = self.codecs[:-1]
        return stages[0] if all(isinstance(c, TransposeCodec) for c in before) else None


def compile_pipeline(
    metadata: ArrayMetadata, chunk_shape: tuple[int, ...] | None = None
) -> Pipeline:
    """Check and compile the codecs of an array.

    Parameters
    ----------
    metadata : ArrayMetadata
    chunk_shape : tuple of int, optional
        Shape of the chunk that they work on. By default it is the largest one of the array,
        and they are checked for every length of a chunk.

    Raises
    ------
    UnknownCodecError
        If there is no codec of a name.
    MetadataValidationError
        If a configuration is wrong, or the codecs do not fit each other or the array.
    LimitError
        If a chunk has to be decoded as a whole that is larger than the setting
        ``limits.chunk_bytes``.
    """
    pipeline = _compiled(metadata, chunk_shape)
    expect_within("chunk_bytes", pipeline.whole_nbytes, "chunks: bytes of a decoded one")
    return pipeline


def _compiled(metadata: ArrayMetadata, chunk_shape: tuple[int, ...] | None) -> Pipeline:
    """A new pipeline, or one that was made lately of the same."""
    if chunk_shape is not None or not metadata.chunk_grid.regular:
        return _compile(metadata, chunk_shape)
    what = _made_of(metadata)
    pipeline = _recent.get(what)
    if pipeline is None:
        pipeline = _compile(metadata, chunk_shape)
        if pipeline.chain.shareable:
            _recent.put(what, pipeline)
    return pipeline


_recent: Recent[tuple[Any, ...], Pipeline] = Recent(128)


def _made_of(metadata: ArrayMetadata) -> tuple[Any, ...]:
    """All that a pipeline for chunks of one shape is made of, the settings included."""
    codecs = metadata.codecs or (metadata.filters, metadata.compressor, metadata.order)
    return (
        registrations(),
        config.get("codec_pipeline.validate_checksums"),
        config.get("limits.chunk_bytes"),
        metadata.zarr_format,
        metadata.chunk_grid.chunk_shape,
        metadata.data_type,
        metadata.fill_value,
        repr(codecs),
    )


def _compile(metadata: ArrayMetadata, chunk_shape: tuple[int, ...] | None) -> Pipeline:
    grid = metadata.chunk_grid
    largest = grid.largest(metadata.shape)
    if metadata.zarr_format == 2:
        pipeline = _compile_v2(metadata)
    else:
        pipeline = _compile_v3(metadata, chunk_shape or largest)
    if not (grid.regular or pipeline.any_shape or chunk_shape):
        _check_lengths(metadata)
    itemsize = metadata.data_type.itemsize
    nbytes = prod(chunk_shape or largest) * itemsize
    pipeline.whole_nbytes = _whole_nbytes(pipeline, nbytes, itemsize)
    if nbytes >= 2**30:  # no codec has a limit below
        _check_size(pipeline, nbytes)
    return pipeline


def _whole_nbytes(pipeline: Pipeline, nbytes: int, itemsize: int) -> int:
    shards = pipeline.shard
    if shards is None:
        return nbytes if pipeline.chain.stages else 0
    return prod(shards.chunk_shape) * itemsize if shards.shard.chain.stages else 0


def _check_lengths(metadata: ArrayMetadata) -> None:
    """Compile the codecs for chunks of every length, so that no chunk is refused later."""
    from zarr_c.metadata.rectilinear import every_length

    for chunk_shape in every_length(metadata.chunk_grid, metadata.shape):
        _compile_v3(metadata, chunk_shape)


def _check_size(pipeline: Pipeline, nbytes: int) -> None:
    from zarr_c.codecs._blosc_write import MAX_NBYTES, BloscStage

    if nbytes > MAX_NBYTES and any(isinstance(s, BloscStage) for s in pipeline.chain.stages):
        raise MetadataValidationError(
            f"codec 'blosc': expected chunks of at most {MAX_NBYTES} bytes, found {nbytes}"
        )


# ---- v3


def _compile_v3(metadata: ArrayMetadata, chunk_shape: tuple[int, ...]) -> Pipeline:
    assert metadata.fill_value is not None
    return compile_codecs(
        metadata.codecs,
        Representation(chunk_shape, metadata.data_type, metadata.fill_value),
    )


def compile_codecs(
    specs: Iterable[dict[str, Any]], given: Representation, *, in_stages: bool = False
) -> Pipeline:
    """Check and compile a v3 chain: that of an array, or one inside a shard.

    Parameters
    ----------
    specs : iterable of dict
        ``{"name", "configuration"}`` each.
    given : Representation
        A decoded chunk.
    in_stages : bool
        Whether the stages must do everything, so that what they take is in C order and native.

    Raises
    ------
    UnknownCodecError, MetadataValidationError
        As `compile_pipeline`.
    """
    codecs = tuple(
        get_codec_class(item["name"]).from_configuration(item.get("configuration") or {})
        for item in specs
    )
    layout = _Layout(tuple(range(len(given.shape))), in_stages)
    nbytes = given.nbytes
    for codec in codecs:
        given = _add(codec, given, layout)
    if not layout.serialized:
        names = [codec.name for codec in codecs]
        raise MetadataValidationError(
            f"codecs: expected one codec from array to bytes, such as 'bytes', found {names}"
        )
    chain = Chain(layout.stages, nbytes)
    return Pipeline(layout.axes, layout.word, chain, codecs, layout.any_shape)


class _Layout:
    """What has been compiled of a chain so far."""

    __slots__ = ("axes", "strided", "word", "stages", "serialized", "any_shape")

    def __init__(self, axes: tuple[int, ...], in_stages: bool) -> None:
        self.axes = axes
        # elements lie as `axes` says, nothing has been done to them
        self.strided = not in_stages
        self.word = 1
        self.stages: list[Stage] = []
        self.serialized = False
        self.any_shape = True


def _add(codec: Codec, given: Representation, layout: _Layout) -> Representation:
    """Compile the next codec; returns what the one after it works on."""
    stage = None
    if isinstance(codec, ArrayArrayCodec):
        _check_place(codec, not layout.serialized, "before the codec from array to bytes")
        if isinstance(codec, TransposeCodec) and layout.strided:  # costs strides only
            order = codec.permutation(len(given.shape))
            layout.axes = tuple(layout.axes[axis] for axis in order)
        else:
            stage, layout.strided = codec.stage(given), False
            layout.any_shape = False
        given = codec.encoded(given)
        native = given.data_type.dtype.isnative
        expect(
            codec.name,
            "data type",
            native,
            "no byte order, which is that of 'bytes'",
            given.data_type.dtype.str,
        )
    elif isinstance(codec, ArrayBytesCodec):
        _check_place(codec, not layout.serialized, "once")
        layout.serialized = True
        uniform = layout.strided and given.data_type.word > 1
        if isinstance(codec, BytesCodec) and uniform:  # swapped where it is copied anyway
            layout.word = given.data_type.word if codec.swaps(given.data_type) else 1
        else:
            stage = codec.stage(given)
            layout.any_shape = layout.any_shape and isinstance(codec, BytesCodec)
    elif isinstance(codec, BytesBytesCodec):
        _check_place(codec, layout.serialized, "after the codec from array to bytes")
        stage = codec.stage(given.data_type.itemsize)
    else:
        raise MetadataValidationError(
            f"codec {codec.name!r}: expected a codec that can be compiled, "
            f"found {type(codec).__name__}"
        )
    if stage is not None:
        layout.stages.append(stage)
    return given


def _check_place(codec: Codec, valid: bool, expected: str) -> None:
    if not valid:
        raise MetadataValidationError(f"codecs: expected {codec.name!r} only {expected}")


# ---- v2


def _compile_v2(metadata: ArrayMetadata) -> Pipeline:
    axes = tuple(range(metadata.ndim))
    if metadata.order == "F":
        axes = axes[::-1]
    configurations = list(metadata.filters)
    if metadata.compressor is not None:
        configurations.append(metadata.compressor)
    stages = list(_v2_stages(configurations, metadata))
    return Pipeline(axes, 1, Chain(stages, metadata.chunk_nbytes), ())


def _v2_stages(
    configurations: list[dict[str, Any]], metadata: ArrayMetadata
) -> Iterable[Stage]:
    """Stages of our codecs, and between them neighbours of numcodecs as one stage each."""
    given = _in_memory(metadata)
    if metadata.data_type.variable:
        yield _object_stage(configurations.pop(0), metadata, given)
        given = _BYTES
    waiting: list[Any] = []
    for configuration in configurations:
        found = get_v2_codec_class(configuration.get("id"))
        if found is None:
            waiting.append(numcodec(configuration))
            continue
        if waiting:
            yield _python_stage(waiting, given, metadata)
            waiting, given = [], _BYTES
        stage, given = _v2_stage(_v2_codec(found, configuration), given)
        if stage is not None:
            yield stage
    if waiting:
        yield _python_stage(waiting, given, metadata)


def _object_stage(
    configuration: dict[str, Any], metadata: ArrayMetadata, given: Representation
) -> Stage:
    """The stage of the codec that stores elements without a fixed size."""
    data_type = metadata.data_type
    name = configuration.get("id")
    valid = name == data_type.serializer
    expect(str(name), "place", valid, f"{data_type.serializer!r} as the first codec", name)
    if data_type.family == "object":
        from zarr_c.codecs._objects import ObjectStage

        return ObjectStage(
            numcodec(configuration), metadata.chunk_shape, metadata.order, most_bytes()
        )
    codec = get_codec_class(data_type.serializer)()
    assert isinstance(codec, ArrayBytesCodec)
    stage = codec.stage(given)
    assert stage is not None
    return stage


def _in_memory(metadata: ArrayMetadata) -> Representation:
    """A decoded chunk as it lies in memory, where codecs of v2 see it."""
    shape = metadata.chunk_shape if metadata.order == "C" else metadata.chunk_shape[::-1]
    return Representation(shape, metadata.data_type, _NO_FILL)


_NO_FILL = bytes(16)  # nothing in v2 asks codecs for it; a codec may see it as any numbers
_BYTES = Representation((0,), parse_v3("uint8"), _NO_FILL)  # however many


def _v2_codec(found: type[Codec], configuration: dict[str, Any]) -> Codec:
    given = {key: value for key, value in configuration.items() if key != "id"}
    for key in found.required_in_v2:
        expect(found.name, key, given.get(key) is not None, "this parameter", None)
    return found.from_configuration(given)


def _v2_stage(codec: Codec, given: Representation) -> tuple[Stage | None, Representation]:
    """Compile a codec, which may stand anywhere; returns what the next one works on."""
    if isinstance(codec, ArrayArrayCodec):
        return codec.stage(given), codec.encoded(given)
    if isinstance(codec, ArrayBytesCodec):
        return codec.stage(given), _BYTES
    assert isinstance(codec, BytesBytesCodec)
    return codec.stage(given.data_type.itemsize), _BYTES


def _python_stage(codecs: list[Any], given: Representation, metadata: ArrayMetadata) -> Stage:
    from zarr_c.codecs._python import PythonStage

    if given is _BYTES:
        return PythonStage(codecs)
    shape = metadata.chunk_shape if given.size == prod(metadata.chunk_shape) else (-1,)
    return PythonStage(codecs, given.data_type.dtype, shape, metadata.order)
