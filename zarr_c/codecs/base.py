"""What a codec is to Python: a checked configuration that can make its compiled stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata.checks import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation

__all__ = [
    "ArrayArrayCodec",
    "ArrayBytesCodec",
    "BytesBytesCodec",
    "Codec",
    "encoded_fill",
    "expect",
]


def expect(codec: str, parameter: str, valid: bool, expected: str, found: Any) -> None:
    """Refuse a parameter of a codec that is not valid.

    Raises
    ------
    MetadataValidationError
        Naming codec and parameter, what was expected and what was found.
    """
    if not valid:
        raise MetadataValidationError(
            f"codec {codec!r}: {parameter}: expected {expected}, found {shown(found)}"
        )


class Codec:
    """Base of the codecs of Zarr v3.

    A subclass sets `name`, takes its parameters as keywords, checks them, and gives them back
    from `configuration`.

    Attributes
    ----------
    parameters : tuple of str
        The keys that a configuration may have.
    required, required_in_v2 : tuple of str
        Those that it must have; in Zarr v2 numcodecs wants more of them.
    fixed_size : bool
        Whether the size of what it makes depends on nothing but the size of what it gets; no
        other codec may encode the index of a shard.
    """

    name: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]] = ()
    required: ClassVar[tuple[str, ...]] = ()
    required_in_v2: ClassVar[tuple[str, ...]] = ()
    fixed_size: ClassVar[bool] = False

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> Self:
        """Make a codec out of the ``configuration`` of a document.

        Raises
        ------
        MetadataValidationError
            If there is an unknown key, a required one is missing, or the codec cannot take a
            value.
        """
        if cls.from_dict.__func__ is not Codec.from_dict.__func__:  # type: ignore[attr-defined]
            # written for zarr-python
            return cls.from_dict({"name": cls.name, "configuration": dict(configuration)})
        for key in configuration:
            expect(cls.name, key, key in cls.parameters, f"one of {cls.parameters}", key)
        for key in cls.required:
            expect(cls.name, key, key in configuration, "this parameter", None)
        return cls(**configuration)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make a codec out of what `to_dict` has made.

        Raises
        ------
        MetadataValidationError
            If it is another codec, or the configuration is not valid.
        """
        name = data.get("name")
        expect(cls.name, "name", name == cls.name, repr(cls.name), name)
        return cls.from_configuration(data.get("configuration") or {})

    @property
    def is_fixed_size(self) -> bool:
        """Whether the size of what it makes depends on nothing but the size of what it gets."""
        return self.fixed_size

    def configuration(self) -> dict[str, Any]:
        """The parameters, as a document holds them."""
        return {name: getattr(self, name) for name in self.parameters}

    def to_dict(self) -> dict[str, Any]:
        """The codec as a document holds it."""
        configuration = self.configuration()
        if not configuration:
            return {"name": self.name}
        return {"name": self.name, "configuration": configuration}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Codec):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.name, str(self.configuration())))

    def __repr__(self) -> str:
        parameters = ", ".join(
            f"{key}={value!r}" for key, value in self.configuration().items()
        )
        return f"{type(self).__name__}({parameters})"


class ArrayArrayCodec(Codec):
    """Base of the codecs from array to array.

    A codec of your own gives `encode`, `decode` and, where shape or data type change,
    `encoded`; it runs with the GIL held. A native one gives `stage`.
    """

    fixed_size = True

    def encoded(self, given: Representation) -> Representation:
        """What the codec makes of `given`; by default arrays of the same shape and type.

        Raises
        ------
        MetadataValidationError
            If it cannot work on `given`.
        """
        if hasattr(self, "resolve_metadata"):
            from zarr_c.codecs.coroutines import encoded

            return encoded(self, given)
        return given

    def encode(self, data: Any) -> Any:
        """Encode an array, of the shape and type of `given`, to one of those of `encoded`."""
        raise NotImplementedError

    def decode(self, data: Any) -> Any:
        """Undo `encode`."""
        raise NotImplementedError

    def stage(self, given: Representation) -> Stage | None:
        """The compiled stage, None where no byte changes."""
        from zarr_c.codecs._python import PythonStage

        made = self.encoded(given)
        return PythonStage(
            (_runnable(self, given),),
            given.data_type.dtype,
            given.shape,
            encoded_dtype=made.data_type.dtype,
            encoded_shape=made.shape,
        )


def encoded_fill(codec: ArrayArrayCodec, given: Representation) -> bytes:
    """What a codec that encodes each element by itself makes of the fill value.

    Raises
    ------
    MetadataValidationError
        If it cannot encode the fill value.
    """
    from zarr_c.codecs._chain import Chain

    stage = codec.stage(given.with_(shape=(1,)))
    if stage is None:
        return given.fill_value
    try:
        return Chain([stage], len(given.fill_value)).encode(given.fill_value)
    except Exception as error:
        raise MetadataValidationError(
            f"codec {codec.name!r}: expected a fill value that it can encode: {error}"
        ) from error


class ArrayBytesCodec(Codec):
    """Base of the codecs from array to bytes.

    A codec of your own gives `encode` and `decode`, and runs with the GIL held. A native one
    gives `stage`.
    """

    def encode(self, data: Any) -> Any:
        """Encode an array, of the shape and type of a chunk, to bytes-like."""
        raise NotImplementedError

    def decode(self, data: Any) -> Any:
        """Undo `encode`: from a flat uint8 array to anything with the bytes of a chunk."""
        raise NotImplementedError

    def stage(self, given: Representation) -> Stage | None:
        """The compiled stage, None where no byte changes."""
        from zarr_c.codecs._python import PythonStage

        return PythonStage((_runnable(self, given),), given.data_type.dtype, given.shape)


class BytesBytesCodec(Codec):
    """Base of the codecs from bytes to bytes.

    A codec of your own gives `encode` and `decode` and is registered with
    `zarr_c.codecs.register_codec`; it runs with the GIL held.
    """

    def encode(self, data: Any) -> Any:
        """Encode a flat uint8 array, or what the codec before returned, to bytes-like."""
        raise NotImplementedError

    def decode(self, data: Any) -> Any:
        """Undo `encode`."""
        raise NotImplementedError

    def stage(self, itemsize: int) -> Stage:
        """The compiled stage, for elements of `itemsize` bytes."""
        from zarr_c.codecs._python import PythonStage

        return PythonStage((_runnable(self),))


def _runnable(codec: Codec, given: Representation | None = None) -> Any:
    """What has ``encode`` and ``decode``: a codec, or a face of one written for zarr-python."""
    if not any(hasattr(codec, name) for name in ("_encode_single", "_encode_sync")):
        return codec
    from zarr_c.codecs.coroutines import Adapted, spec_of

    return Adapted(codec) if given is None else Adapted(codec, spec_of(given))
