"""``pickle`` of Zarr v2, for those who trust the data and say so."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

__all__ = ["Pickle"]


class Pickle:
    """Arrays of objects, pickled as a whole; reading them runs code of the data's.

    Parameters
    ----------
    protocol : int, default 5
    """

    codec_id = "pickle"

    def __init__(self, protocol: int = 5) -> None:
        self.protocol = protocol

    def encode(self, data: Any) -> bytes:
        """Pickle an array."""
        return pickle.dumps(data, protocol=self.protocol)

    def decode(self, data: Any) -> Any:
        """Make the array again."""
        found = pickle.loads(bytes(data))
        return found if isinstance(found, np.ndarray) else np.asarray(found, object)
