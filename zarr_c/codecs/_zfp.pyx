"""ZFP: bare streams (zfp of zarr-extensions), and behind a header (zfpy of numcodecs)."""

from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from zarr_c._native._memory cimport zc_buffer, zc_reserve, zc_slot, zc_worker, zc_worker_slot
from zarr_c._native._status cimport (
    ZC_CODEC, ZC_CORRUPT, ZC_MEMORY, ZC_OK, zc_error, zc_fail, zc_status,
)
from zarr_c.codecs._chain cimport Stage, zc_codec

cdef extern from "zfp_library.h" nogil:
    ctypedef struct zfp_stream
    ctypedef struct zfp_field
    ctypedef struct bitstream
    int ZC_ZFP_HEADER
    zfp_stream *zfp_stream_open(bitstream *)
    void zfp_stream_close(zfp_stream *)
    void zfp_stream_set_bit_stream(zfp_stream *, bitstream *)
    void zfp_stream_rewind(zfp_stream *)
    void zfp_stream_set_reversible(zfp_stream *)
    double zfp_stream_set_rate(zfp_stream *, double, int, unsigned, int)
    unsigned zfp_stream_set_precision(zfp_stream *, unsigned)
    double zfp_stream_set_accuracy(zfp_stream *, double)
    int zfp_stream_set_params(zfp_stream *, unsigned, unsigned, unsigned, int)
    size_t zfp_stream_maximum_size(const zfp_stream *, const zfp_field *)
    zfp_field *zfp_field_alloc()
    void zfp_field_free(zfp_field *)
    void zfp_field_set_pointer(zfp_field *, void *)
    int zfp_field_set_type(zfp_field *, int)
    int zfp_field_type(const zfp_field *)
    size_t zfp_field_size(const zfp_field *, size_t *)
    unsigned zfp_field_dimensionality(const zfp_field *)
    void zfp_field_set_size_1d(zfp_field *, size_t)
    void zfp_field_set_size_2d(zfp_field *, size_t, size_t)
    void zfp_field_set_size_3d(zfp_field *, size_t, size_t, size_t)
    void zfp_field_set_size_4d(zfp_field *, size_t, size_t, size_t, size_t)
    size_t zfp_compress(zfp_stream *, const zfp_field *)
    size_t zfp_decompress(zfp_stream *, zfp_field *)
    size_t zfp_write_header(zfp_stream *, const zfp_field *, unsigned)
    size_t zfp_read_header(zfp_stream *, zfp_field *, unsigned)
    bitstream *stream_open(void *, size_t)
    void stream_close(bitstream *)
    int zc_zfp_scalar(int type)
    size_t zc_zfp_size(int type)
    size_t zc_zfp_wide(int type)
    bint zc_zfp_promote(int type, void *dst, const void *src, size_t n)
    void zc_zfp_demote(int type, void *dst, void *src, size_t n)

cdef enum Mode:
    REVERSIBLE, RATE, PRECISION, ACCURACY, EXPERT

cdef struct State:
    int type
    Mode mode
    double number                      # rate, precision or tolerance
    unsigned minbits, maxbits, maxprec
    int minexp
    bint header
    int ndim
    size_t shape[4]                    # fastest axis first, as zfp has it
    size_t count, most                 # elements; bytes of the longest stream

cdef struct Session:
    zfp_stream *stream
    zfp_field *field
    bitstream *bits

cdef char stream_slot, element_slot


cdef void close(Session *session) noexcept nogil:
    if session.stream != NULL:
        zfp_stream_close(session.stream)
    if session.field != NULL:
        zfp_field_free(session.field)
    if session.bits != NULL:
        stream_close(session.bits)


cdef zc_status open(const State *state, Session *session, zc_error *err) noexcept nogil:
    """A stream with the mode and a field with the shape of a chunk."""
    memset(session, 0, sizeof(Session))
    session.stream, session.field = zfp_stream_open(NULL), zfp_field_alloc()
    if session.stream == NULL or session.field == NULL:
        close(session)
        return zc_fail(err, ZC_MEMORY, "out of memory for zfp", -1, -1)
    zfp_field_set_type(session.field, zc_zfp_scalar(state.type))
    if state.ndim == 1:
        zfp_field_set_size_1d(session.field, state.shape[0])
    elif state.ndim == 2:
        zfp_field_set_size_2d(session.field, state.shape[0], state.shape[1])
    elif state.ndim == 3:
        zfp_field_set_size_3d(
            session.field, state.shape[0], state.shape[1], state.shape[2])
    else:
        zfp_field_set_size_4d(
            session.field, state.shape[0], state.shape[1], state.shape[2], state.shape[3])
    if state.mode == REVERSIBLE:
        zfp_stream_set_reversible(session.stream)
    elif state.mode == RATE:
        zfp_stream_set_rate(
            session.stream, state.number, zc_zfp_scalar(state.type), state.ndim, 0)
    elif state.mode == PRECISION:
        zfp_stream_set_precision(session.stream, <unsigned>state.number)
    elif state.mode == ACCURACY:
        zfp_stream_set_accuracy(session.stream, state.number)
    elif not zfp_stream_set_params(session.stream, state.minbits, state.maxbits,
                                   state.maxprec, state.minexp):
        close(session)
        return zc_fail(err, ZC_CODEC, "zfp does not take these parameters", -1, -1)
    return ZC_OK


cdef zc_status attach(Session *session, zc_buffer *buffer, zc_error *err) noexcept nogil:
    session.bits = stream_open(buffer.data, buffer.capacity // 8 * 8)
    if session.bits == NULL:
        return zc_fail(err, ZC_MEMORY, "out of memory for zfp", -1, -1)
    zfp_stream_set_bit_stream(session.stream, session.bits)
    zfp_stream_rewind(session.stream)
    return ZC_OK


cdef void free_buffer(void *value) noexcept nogil:
    free((<zc_buffer *>value).data)
    free(value)


cdef zc_buffer *scratch(
    zc_worker *worker, const void *owner, size_t n, zc_error *err
) noexcept nogil:
    """Aligned memory of the worker's for `n` bytes."""
    cdef zc_slot *slot = zc_worker_slot(worker, owner)
    if slot.value == NULL:
        slot.value, slot.destroy = calloc(1, sizeof(zc_buffer)), free_buffer
        if slot.value == NULL:
            zc_fail(err, ZC_MEMORY, "out of memory for zfp", -1, -1)
            return NULL
    if zc_reserve(<zc_buffer *>slot.value, n, err) != ZC_OK:
        return NULL
    return <zc_buffer *>slot.value


cdef size_t bound(const zc_codec *codec, size_t n) noexcept nogil:
    return (<const State *>codec.state).most


cdef zc_status encode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    cdef size_t expected = state.count * zc_zfp_size(state.type)
    cdef zc_buffer *elements
    cdef Session session
    if n != expected:
        return zc_fail(err, ZC_CODEC, "wrong number of bytes for zfp", expected, n)
    elements = scratch(worker, &element_slot, state.count * zc_zfp_wide(state.type), err)
    if elements == NULL or zc_reserve(dst, state.most + 8, err) != ZC_OK:
        return err.code
    if not zc_zfp_promote(state.type, elements.data, src, state.count):
        return zc_fail(err, ZC_CODEC, "zfp takes no integers with the highest bit set", -1, -1)
    if open(state, &session, err) != ZC_OK:
        return err.code
    if attach(&session, dst, err) == ZC_OK:
        zfp_field_set_pointer(session.field, elements.data)
        if state.header and zfp_write_header(session.stream, session.field, ZC_ZFP_HEADER) == 0:
            zc_fail(err, ZC_CODEC, "zfp has no header for this shape", -1, -1)
        else:
            dst.size = zfp_compress(session.stream, session.field)
            if dst.size == 0:
                zc_fail(err, ZC_CODEC, "zfp cannot compress", -1, -1)
    close(&session)
    return err.code


cdef zc_status read_header(const State *state, Session *session, zc_error *err) noexcept nogil:
    """Check a header against the chunk; its mode is the one to decode with."""
    cdef size_t shape[4]
    cdef int i
    cdef bint same = zfp_read_header(session.stream, session.field, ZC_ZFP_HEADER) != 0
    if not same:
        return zc_fail(err, ZC_CORRUPT, "no header of zfp", -1, -1)
    same = zfp_field_type(session.field) == zc_zfp_scalar(state.type)
    same = same and zfp_field_dimensionality(session.field) == <unsigned>state.ndim
    zfp_field_size(session.field, shape)
    for i in range(state.ndim):
        same = same and shape[i] == state.shape[i]
    if not same:
        return zc_fail(err, ZC_CORRUPT, "a header of zfp for another type or shape", -1, -1)
    return ZC_OK


cdef zc_status decompress(
    const State *state, Session *session, const uint8_t *src, size_t n, zc_buffer *stream,
    void *elements, zc_error *err,
) noexcept nogil:
    # zfp reads on without a look at the end: there must be zeros for as long as it may.
    memcpy(stream.data, src, n)
    memset(stream.data + n, 0, stream.capacity - n)
    if attach(session, stream, err) != ZC_OK:
        return err.code
    if state.header and read_header(state, session, err) != ZC_OK:
        return err.code
    if zfp_stream_maximum_size(session.stream, session.field) > stream.capacity // 8 * 8:
        return zc_fail(err, ZC_CORRUPT, "a mode of zfp that no chunk needs", -1, -1)
    zfp_field_set_pointer(session.field, elements)
    if zfp_decompress(session.stream, session.field) == 0:
        return zc_fail(err, ZC_CORRUPT, "damaged data of zfp", -1, -1)
    return ZC_OK


cdef zc_status decode(
    const zc_codec *codec, zc_worker *worker, const uint8_t *src, size_t n, zc_buffer *dst,
    size_t limit, zc_error *err,
) noexcept nogil:
    cdef const State *state = <const State *>codec.state
    cdef size_t decoded = state.count * zc_zfp_size(state.type)
    cdef zc_buffer *stream = NULL
    cdef zc_buffer *elements
    cdef Session session
    if n == 0 or n > state.most + 8 or decoded != limit:
        return zc_fail(err, ZC_CORRUPT, "wrong number of bytes for zfp", state.most, n)
    elements = scratch(worker, &element_slot, state.count * zc_zfp_wide(state.type), err)
    if elements != NULL:
        stream = scratch(worker, &stream_slot, 2 * state.most + 64, err)
    if stream == NULL or zc_reserve(dst, decoded, err) != ZC_OK:
        return err.code
    if open(state, &session, err) != ZC_OK:
        return err.code
    if decompress(state, &session, src, n, stream, elements.data, err) == ZC_OK:
        zc_zfp_demote(state.type, dst.data, elements.data, state.count)
        dst.size = decoded
    close(&session)
    return err.code


MODES = ("reversible", "fixed_rate", "fixed_precision", "fixed_accuracy", "expert")


cdef class ZfpStage(Stage):
    """One ZFP stream for a chunk.

    Parameters
    ----------
    number : int
        Type of the elements, as of `element_types.number`.
    shape : tuple of int
        One to four axes.
    mode : str
        One of `MODES`.
    parameter : float
        Rate, precision or tolerance, as `mode` needs.
    expert : tuple of int
        minbits, maxbits, maxprec and minexp for mode "expert".
    header : bool
        Whether zfp's full header is before the stream.

    Raises
    ------
    ValueError
        If zfp does not take the parameters.
    """
    cdef State state

    def __cinit__(
        self, int number, tuple shape, str mode, double parameter=0,
        tuple expert=(1, 16658, 64, -1074), bint header=False,
    ):
        cdef Session session
        cdef zc_error err
        cdef int i
        if not 0 <= number < 10:
            raise ValueError(f"number: expected a type, found {number}")
        self.state.type, self.state.mode = number, MODES.index(mode)
        self.state.number, self.state.header = parameter, header
        self.state.minbits, self.state.maxbits, self.state.maxprec, self.state.minexp = expert
        self.state.ndim, self.state.count = len(shape), 1
        if not 1 <= self.state.ndim <= 4 or 0 in shape:
            raise ValueError(f"shape: expected one to four axes, found {shape}")
        for i in range(self.state.ndim):
            self.state.shape[i] = shape[self.state.ndim - 1 - i]
            self.state.count *= self.state.shape[i]
        memset(&err, 0, sizeof(err))
        if open(&self.state, &session, &err) != ZC_OK:
            raise ValueError(f"{mode}: expected parameters that zfp takes, found {expert}")
        self.state.most = zfp_stream_maximum_size(session.stream, session.field)
        if header:  # which says the mode of what is read
            zfp_stream_set_reversible(session.stream)
            self.state.most = max(
                self.state.most, zfp_stream_maximum_size(session.stream, session.field))
        close(&session)
        if self.state.most == 0:
            raise ValueError(f"shape: expected one that zfp takes, found {shape}")
        self.table.state = &self.state
        self.table.bound, self.table.encode, self.table.decode = bound, encode, decode
