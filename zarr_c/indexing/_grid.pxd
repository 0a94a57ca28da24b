"""A selection on a grid of chunks: which chunks, and which part of each."""

from zarr_c.indexing._copy cimport ZC_NDIM
from zarr_c.indexing._elements cimport zc_kind

cdef struct zc_piece
cdef struct zc_run

cdef struct zc_axis:
    Py_ssize_t start    # first selected element; elements ascend, see `out_stride`
    Py_ssize_t step     # at least 1
    Py_ssize_t count    # selected elements
    Py_ssize_t chunk    # length of a chunk
    Py_ssize_t extent   # length of the array
    Py_ssize_t first    # first chunk touched
    Py_ssize_t chunks   # chunks touched
    Py_ssize_t out_stride   # bytes between neighbours in the caller's array, or below 0
    const zc_piece *piece   # what is touched of each run, where chunks differ in length;
    Py_ssize_t pieces       # NULL elsewhere
    bint listed             # points are selected, see `zc_points`; only lengths count
    const zc_run *run       # of chunks that differ in length, where points are selected;
    Py_ssize_t runs         # NULL elsewhere

# What a selection touches of a run, as if the array began with it.
cdef struct zc_piece:
    zc_axis axis
    Py_ssize_t coord, begin      # first chunk and first element of the run
    Py_ssize_t parts, elements   # touched chunks and selected elements of the pieces before

# Neighbouring chunks of one length along an axis; the last run goes on to the end.
cdef struct zc_run:
    Py_ssize_t start    # first element
    Py_ssize_t chunk    # length of a chunk
    Py_ssize_t coord    # first chunk

# Points along some axes, chunk after chunk. Where there are shards, those of all inner chunks
# are in `inner`, and `first` counts inner chunks; their `coord` is that within the shard.
cdef struct zc_points:
    int ndim
    const int *axis             # of the array, ascending
    Py_ssize_t chunks           # that hold points
    const Py_ssize_t *coord     # of each chunk, `ndim` numbers
    const Py_ssize_t *first     # of each chunk, where its points begin; one more than chunks
    const zc_points *inner
    const Py_ssize_t *order     # which of the caller's points it is
    const Py_ssize_t *within    # its number among the elements of the chunk along these axes
    Py_ssize_t out_stride       # bytes between neighbours in the caller's array

# Some bytes of each element: a field, or neighbouring fields.
cdef struct zc_span:
    Py_ssize_t stored, out      # where they begin, in a decoded chunk and in the caller's array
    size_t nbytes

cdef struct zc_region:
    int ndim
    int groups              # of points
    int spans               # of each element that are selected; 0 for all of it
    const zc_span *span
    Py_ssize_t chunks       # product over the axes that are not listed, and over the groups
    zc_kind kind            # of elements in the caller's array ...
    void *descr             # ... and its NumPy dtype
    zc_axis axis[ZC_NDIM]
    zc_points points[ZC_NDIM]

cdef struct zc_part:
    Py_ssize_t coord[ZC_NDIM]    # which chunk
    Py_ssize_t begin[ZC_NDIM]    # its first element
    Py_ssize_t chunk[ZC_NDIM]    # its shape
    Py_ssize_t lo[ZC_NDIM]       # first selected element inside the chunk
    Py_ssize_t count[ZC_NDIM]    # selected elements inside the chunk
    Py_ssize_t group[ZC_NDIM]    # of each group of points, the chunk among those that hold some
    Py_ssize_t out_offset        # bytes from the first selected element of the region
    bint covers                  # every element of the chunk that lies in the array is selected
    bint full                    # ... and the chunk lies in the array as a whole

cdef class Runs:
    cdef const zc_run *run[ZC_NDIM]
    cdef Py_ssize_t runs[ZC_NDIM]
    cdef list memory
    cdef list cut(self, zc_region *region)

cdef Py_ssize_t find_run(
    const zc_run *run, Py_ssize_t runs, Py_ssize_t element
) noexcept nogil
cdef int region_set(zc_region *region) noexcept nogil
cdef void region_part(const zc_region *region, Py_ssize_t index, zc_part *part) noexcept nogil
