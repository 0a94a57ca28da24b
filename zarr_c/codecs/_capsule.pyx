"""Codecs that other packages write in C: a table of functions in a capsule."""

from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_IsValid

from zarr_c.codecs._chain cimport ZC_CODEC_ABI, Stage, zc_codec
from zarr_c.errors import CodecError

cdef const char *NAME = b"zarr_c.codec"


cdef class CapsuleStage(Stage):
    """The stage of a codec written in C.

    Parameters
    ----------
    capsule : PyCapsule
        Named "zarr_c.codec", around a pointer to a `zc_codec`. It is kept as long as the stage;
        its destructor may free table and state.

    Raises
    ------
    TypeError
        If it is no such capsule.
    CodecError
        If the codec was built with the headers of another zarr_c, or lacks a function.
    """
    cdef object capsule
    shareable = False   # the capsule goes with its array

    def __cinit__(self, capsule):
        cdef const zc_codec *codec
        if not PyCapsule_IsValid(capsule, NAME):
            raise TypeError(
                f"codec: expected a capsule named 'zarr_c.codec', found {capsule!r}"
            )
        codec = <const zc_codec *>PyCapsule_GetPointer(capsule, NAME)
        if codec.abi != ZC_CODEC_ABI:
            raise CodecError(
                f"codec: expected one built for ABI {ZC_CODEC_ABI} of zarr_c, found "
                f"{codec.abi}; build it again with the headers in zarr_c.get_include()"
            )
        if codec.bound == NULL or codec.encode == NULL or codec.decode == NULL:
            raise CodecError(
                "codec: expected the functions bound, encode and decode, found NULL"
            )
        self.capsule = capsule
        self.table = codec[0]
