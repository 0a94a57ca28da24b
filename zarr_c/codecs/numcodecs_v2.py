"""Codecs of Zarr v2 that exist in numcodecs alone."""

from __future__ import annotations

from typing import Any

from zarr_c.config import config
from zarr_c.errors import MetadataValidationError, PickleCodecDisabledError, UnknownCodecError

__all__ = ["numcodec"]


def numcodec(configuration: dict[str, Any]) -> Any:
    """The codec of a configuration of Zarr v2, which numcodecs has; it is imported only now.

    Parameters
    ----------
    configuration : dict
        With the codec's ``id``.

    Raises
    ------
    PickleCodecDisabledError
        If it is ``pickle``, which runs code of the data's, and nobody has allowed that.
    UnknownCodecError
        If numcodecs has no such codec.
    MetadataValidationError
        If numcodecs refuses the parameters.
    """
    name = configuration.get("id")
    if name == "pickle" and not config.get("array.allow_unsafe_pickle_decode"):
        raise PickleCodecDisabledError(
            "codec 'pickle': expected a codec that runs no code of the data's, found pickle; "
            "zarr_c.config.set({'array.allow_unsafe_pickle_decode': True}) allows it"
        )
    if name == "pickle":
        from zarr_c.codecs.pickle_ import Pickle

        return Pickle(configuration.get("protocol", 5))
    import numcodecs
    from numcodecs.errors import UnknownCodecError as Unknown

    try:
        return numcodecs.get_codec(dict(configuration))
    except Unknown:
        raise UnknownCodecError(
            f"codec {name!r}: numcodecs {numcodecs.__version__} has none of this name"
        ) from None
    except (TypeError, ValueError) as error:
        raise MetadataValidationError(
            f"codec {name!r}: numcodecs refuses {configuration}: {error}"
        ) from error
