"""What the metadata of nodes have in common with dictionaries, under zarr-python's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from zarr_c.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zarr_c.metadata.chunk_key import ChunkKeyEncoding

__all__ = ["DocumentedArray", "DocumentedNode"]


class _Prototype(Protocol):
    @property
    def buffer(self) -> Any: ...


class DocumentedNode(Frozen):
    """Base of the metadata of arrays and groups."""

    __slots__ = ()

    zarr_format: int
    attributes: dict[str, Any]
    extra: dict[str, Any]
    _kind: Literal["array", "group"]

    @property
    def node_type(self) -> Literal["array", "group"]:
        """Whether these are metadata of an array or of a group."""
        return self._kind

    @property
    def extra_fields(self) -> dict[str, Any]:
        """Unknown fields that were allowed."""
        return self.extra

    def documents(self) -> dict[str, dict[str, Any]]:
        """The documents that store this metadata, by name."""
        from zarr_c.metadata import v2, v3

        if self.zarr_format == 3:
            return {"zarr.json": getattr(v3, f"{self._kind}_document")(self)}
        return getattr(v2, f"{self._kind}_documents")(self)  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, Any]:
        """The metadata as JSON; in Zarr v2 with the attributes, which lie in a document of
        their own.
        """
        documents = self.documents()
        if self.zarr_format == 3:
            return documents["zarr.json"]
        own = documents[".zarray" if self._kind == "array" else ".zgroup"]
        kind = {} if self._kind == "array" else {"node_type": "group"}
        return own | {"attributes": self.attributes} | kind

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, path: str | None = None) -> Self:
        """The metadata of what `to_dict` has made.

        Parameters
        ----------
        data : mapping
            Of either format.
        path : str, optional
            What errors call it.

        Raises
        ------
        MetadataValidationError
            If it breaks its specification.
        """
        from zarr_c.metadata import v2, v3

        document, key = dict(data), path or "metadata"
        if document.get("zarr_format") == 3:
            found = getattr(v3, f"parse_{cls._kind}")(document | {"node_type": cls._kind}, key)
        else:
            attributes = document.pop("attributes", None)
            document.pop("node_type", None)
            found = getattr(v2, f"parse_{cls._kind}")(document, attributes, key)
        return found  # type: ignore[no-any-return]

    def to_buffer_dict(self, prototype: _Prototype) -> dict[str, Any]:
        """The documents as they are stored, in buffers of a prototype."""
        from zarr_c.metadata.document import dumps

        return {
            name: prototype.buffer.from_bytes(dumps(document, allow_nan=self.zarr_format == 2))
            for name, document in self.documents().items()
        }

    def update_attributes(self, attributes: dict[str, Any]) -> Self:
        """The same metadata with other attributes."""
        return self.with_(attributes=attributes)


class DocumentedArray(DocumentedNode):
    """Base of the metadata of arrays."""

    __slots__ = ()

    _kind = "array"

    chunk_key: ChunkKeyEncoding
    codecs: tuple[dict[str, Any], ...]

    @property
    def chunk_shape(self) -> tuple[int, ...]:
        """Shape of the chunks."""
        raise NotImplementedError

    @property
    def chunk_key_encoding(self) -> ChunkKeyEncoding:
        """How the keys of chunks are made."""
        return self.chunk_key

    @property
    def dimension_separator(self) -> str:
        """What stands between the numbers in the key of a chunk."""
        return str(self.chunk_key.configuration()["separator"])

    @property
    def storage_transformers(self) -> tuple[()]:
        """None: an array that has some is refused."""
        return ()

    def encode_chunk_key(self, chunk_coords: Sequence[int]) -> str:
        """The key of a chunk, relative to the array."""
        return self.chunk_key.encode_chunk_key(tuple(chunk_coords))

    @property
    def sharding_codec(self) -> dict[str, Any] | None:
        """The codec that puts inner chunks into shards, as its document; None without one."""
        found = self.codecs[0] if len(self.codecs) == 1 else {}
        return found if found.get("name") == "sharding_indexed" else None

    @property
    def inner_codecs(self) -> tuple[dict[str, Any], ...]:
        """The codecs of inner chunks; those of chunks where there are no shards."""
        sharding = self.sharding_codec
        return tuple(sharding["configuration"]["codecs"]) if sharding else self.codecs

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the inner chunks; that of the chunks where there are no shards."""
        sharding = self.sharding_codec
        return tuple(sharding["configuration"]["chunk_shape"]) if sharding else self.chunk_shape

    @property
    def shards(self) -> tuple[int, ...] | None:
        """Shape of the shards; None without them."""
        return self.chunk_shape if self.sharding_codec else None
