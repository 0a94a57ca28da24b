"""``blosc``: Zarr v3 core, codecs, blosc; and numcodecs' for Zarr v2."""

from __future__ import annotations

from typing import Any

from zarr_c.codecs._blosc_write import MAX_NBYTES, BloscStage
from zarr_c.codecs.base import BytesBytesCodec, expect

__all__ = ["Blosc", "BloscCodec"]

CNAMES = ("lz4", "lz4hc", "blosclz", "zstd", "zlib", "snappy")
SHUFFLES = ("noshuffle", "shuffle", "bitshuffle")


class BloscCodec(BytesBytesCodec):
    """Blosc frames of version 1, whose header says how to decode them.

    Parameters
    ----------
    typesize : int, optional
        Bytes of an element; by default that of the array, and 1 above 255.
    cname : {'zstd', 'lz4', 'lz4hc', 'blosclz', 'zlib'}, default 'zstd'
        Frames with 'snappy' inside cannot be read or written: no build of the library has it.
    clevel : int, default 5
        From 0 (stored) to 9.
    shuffle : {'noshuffle', 'shuffle', 'bitshuffle'}, optional
        By default 'bitshuffle' for one-byte elements, else 'shuffle'.
    blocksize : int, default 0
        Bytes of a block, 0 to let the library choose.

    Raises
    ------
    MetadataValidationError
        If a parameter is none of these.
    """

    name = "blosc"
    parameters = ("typesize", "cname", "clevel", "shuffle", "blocksize")

    def __init__(
        self,
        *,
        typesize: int | None = None,
        cname: str = "zstd",
        clevel: int = 5,
        shuffle: str | None = None,
        blocksize: int = 0,
    ) -> None:
        cname, shuffle = getattr(cname, "value", cname), getattr(shuffle, "value", shuffle)
        valid = typesize is None or (type(typesize) is int and typesize > 0)
        expect(self.name, "typesize", valid, "a positive integer", typesize)
        expect(self.name, "cname", cname in CNAMES, f"one of {CNAMES}", cname)
        valid = type(clevel) is int and 0 <= clevel <= 9
        expect(self.name, "clevel", valid, "an integer from 0 to 9", clevel)
        valid = shuffle is None or shuffle in SHUFFLES
        expect(self.name, "shuffle", valid, f"one of {SHUFFLES}", shuffle)
        valid = type(blocksize) is int and 0 <= blocksize <= MAX_NBYTES
        expect(self.name, "blocksize", valid, f"an integer from 0 to {MAX_NBYTES}", blocksize)
        self.typesize, self.cname, self.clevel = typesize, cname, clevel
        self.shuffle, self.blocksize = shuffle, blocksize

    def configuration(self) -> dict[str, Any]:
        given = super().configuration()
        return {name: value for name, value in given.items() if value is not None}

    def stage(self, itemsize: int) -> BloscStage:
        typesize = self.typesize or itemsize
        shuffle = self.shuffle or ("bitshuffle" if typesize == 1 else "shuffle")
        return BloscStage(
            self.cname,
            self.clevel,
            SHUFFLES.index(shuffle),
            typesize if typesize < 256 else 1,
            self.blocksize,
        )


class Blosc(BloscCodec):
    """Blosc with the parameters of numcodecs.

    Parameters
    ----------
    cname, clevel, blocksize, typesize
        As of `BloscCodec`, with other defaults.
    shuffle : {-1, 0, 1, 2}, default 1
        None, bytes, bits; -1 chooses by the size of an element.
    """

    name = "numcodecs.blosc"

    def __init__(
        self,
        *,
        cname: str = "lz4",
        clevel: int = 5,
        shuffle: int = 1,
        blocksize: int = 0,
        typesize: int | None = None,
    ) -> None:
        valid = type(shuffle) is int and -1 <= shuffle <= 2
        expect(self.name, "shuffle", valid, "-1, 0, 1 or 2", shuffle)
        super().__init__(
            typesize=typesize,
            cname=cname,
            clevel=clevel,
            shuffle=None if shuffle == -1 else SHUFFLES[shuffle],
            blocksize=blocksize,
        )

    def configuration(self) -> dict[str, Any]:
        shuffle = -1 if self.shuffle is None else SHUFFLES.index(self.shuffle)
        return super().configuration() | {"shuffle": shuffle}


def __getattr__(name: str) -> Any:
    # zarr-python has the enumerations here
    from zarr_c.codecs import enums

    if name not in ("BloscCname", "BloscShuffle"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(enums, name)
