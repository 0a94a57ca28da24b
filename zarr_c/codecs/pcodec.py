"""Pcodec, as numcodecs has it: needs the package pcodec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_c.codecs.base import ArrayBytesCodec, expect

if TYPE_CHECKING:
    from zarr_c.codecs._chain import Stage
    from zarr_c.codecs.representation import Representation

__all__ = ["PCodec"]

_TYPES = ("i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")
_DELTAS = ("auto", "none", "no_op", "try_consecutive", "try_lookback")


class PCodec(ArrayBytesCodec):
    """Numbers of 2 to 8 bytes without loss (https://github.com/pcodec/pcodec).

    Parameters
    ----------
    level : int, default 8
        From 0 to 12.
    mode_spec : {'auto', 'classic'}
    delta_spec : {'auto', 'none', 'no_op', 'try_consecutive', 'try_lookback'}
    paging_spec : {'equal_pages_up_to'}
    delta_encoding_order : int, optional
        From 0 to 7, for "try_consecutive", which "auto" then means as well.
    equal_pages_up_to : int, default 262144
        Numbers of a page.

    Raises
    ------
    MetadataValidationError
        If a parameter is none of these.
    ImportError
        When an array is opened without the package: ``pip install 'zarr_c[pcodec]'``.
    """

    name = "numcodecs.pcodec"
    parameters = (
        *("level", "mode_spec", "delta_spec", "paging_spec"),
        *("delta_encoding_order", "equal_pages_up_to"),
    )

    def __init__(
        self,
        *,
        level: int = 8,
        mode_spec: str = "auto",
        delta_spec: str = "auto",
        paging_spec: str = "equal_pages_up_to",
        delta_encoding_order: int | None = None,
        equal_pages_up_to: int = 262144,
    ) -> None:
        valid = type(level) is int and 0 <= level <= 12
        expect(self.name, "level", valid, "an integer from 0 to 12", level)
        valid = mode_spec in ("auto", "classic")
        expect(self.name, "mode_spec", valid, "'auto' or 'classic'", mode_spec)
        valid = delta_spec in _DELTAS
        expect(self.name, "delta_spec", valid, f"one of {_DELTAS}", delta_spec)
        valid = paging_spec == "equal_pages_up_to"
        expect(self.name, "paging_spec", valid, "'equal_pages_up_to'", paging_spec)
        order = delta_encoding_order
        free = delta_spec in ("auto", "try_consecutive")
        valid = (free and type(order) is int and 0 <= order <= 7) or (
            order is None and delta_spec != "try_consecutive"
        )
        expected = "an integer from 0 to 7 for 'try_consecutive', else null"
        expect(self.name, "delta_encoding_order", valid, expected, order)
        valid = type(equal_pages_up_to) is int and 1 <= equal_pages_up_to < 2**32
        expect(self.name, "equal_pages_up_to", valid, "a positive integer", equal_pages_up_to)
        self.level, self.mode_spec, self.delta_spec = level, mode_spec, delta_spec
        self.paging_spec, self.delta_encoding_order = paging_spec, order
        self.equal_pages_up_to = equal_pages_up_to

    def stage(self, given: Representation) -> Stage:
        from zarr_c.codecs._python import PythonStage

        dtype = given.data_type.dtype
        valid = dtype.str[1:] in _TYPES and dtype.isnative
        expect(self.name, "data_type", valid, f"one of {_TYPES}", given.data_type.v2_name)
        return PythonStage((_Bound(self, dtype, given.size),), dtype)


class _Bound:
    """The codec for chunks of one size, which bounds what is decoded."""

    name = PCodec.name

    def __init__(self, codec: PCodec, dtype: np.dtype[Any], size: int) -> None:
        try:
            import pcodec
        except ImportError:
            raise ImportError(
                "codec 'numcodecs.pcodec' needs pcodec: pip install 'zarr_c[pcodec]'"
            ) from None
        self._pcodec, self._dtype, self._size = pcodec, dtype, size
        order = codec.delta_encoding_order
        if order is not None:
            delta = pcodec.DeltaSpec.try_consecutive(order)
        elif codec.delta_spec == "none":  # what no_op was called
            delta = pcodec.DeltaSpec.no_op()
        else:
            delta = getattr(pcodec.DeltaSpec, codec.delta_spec)()
        self._config = pcodec.ChunkConfig(
            compression_level=codec.level,
            mode_spec=getattr(pcodec.ModeSpec, codec.mode_spec)(),
            delta_spec=delta,
            paging_spec=pcodec.PagingSpec.equal_pages_up_to(codec.equal_pages_up_to),
        )

    def encode(self, data: Any) -> Any:
        return self._pcodec.standalone.simple_compress(np.ascontiguousarray(data), self._config)

    def decode(self, data: Any) -> Any:
        decoded = np.empty(self._size, self._dtype)
        progress = self._pcodec.standalone.simple_decompress_into(bytes(data), decoded)
        if progress.n_processed != self._size or not progress.finished:
            raise ValueError(f"expected {self._size} numbers, found others")
        return decoded
