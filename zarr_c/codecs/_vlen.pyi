from typing import Self

from zarr_c.codecs._chain import Stage

class VlenStage(Stage):
    def __new__(cls, text: bool) -> Self: ...
