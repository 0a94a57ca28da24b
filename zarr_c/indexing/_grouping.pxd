"""The chunks that hold points, found and put in order."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

from zarr_c._native._status cimport zc_error, zc_status
from zarr_c.indexing._copy cimport ZC_NDIM
from zarr_c.indexing._grid cimport zc_axis, zc_run

# How chunks lie along an axis, for dividing by their lengths.
cdef struct Lengths:
    Py_ssize_t extent
    Py_ssize_t chunk, inner       # 0 for `inner` where there are no shards
    Py_ssize_t chunks, inners     # of the axis, and of a shard
    int shift                     # the chunk is that power of two; -1 if it is none
    const zc_run *run             # NULL where all chunks have one length
    Py_ssize_t runs

# Where an element lies along an axis.
cdef struct Place:
    Py_ssize_t coord, inner       # its chunk, and its inner chunk within that
    Py_ssize_t rest, length       # its number in the inner one of these, and how long that is

# A chunk is named by its coordinates, behind which there are those of the inner chunk in its
# shard. A record is the width of its name, the name, the order in which it was met, and its
# number of points.
cdef struct Grouping:
    int ndim, width
    Py_ssize_t n
    const Py_ssize_t *coordinate[ZC_NDIM]
    Lengths lengths[ZC_NDIM]
    Py_ssize_t cells              # chunks, or inner chunks, that there are; 0 for too many
    Py_ssize_t *cell              # of each slice, the points in each; then where the next goes
    int slices                    # of the points, each for one thread
    Py_ssize_t *order             # where points are put
    Py_ssize_t *sorted_within
    Py_ssize_t *record
    Py_ssize_t records, room
    uint32_t *table               # numbers of records, from 1; 0 for nothing
    size_t mask
    uint32_t *group               # the record of each point
    Py_ssize_t *within
    # the chunk that was met last
    Py_ssize_t name[2 * ZC_NDIM]
    Py_ssize_t begin[ZC_NDIM]
    Py_ssize_t length[ZC_NDIM]
    uint32_t last

cdef void set_lengths(Lengths *lengths, const zc_axis *axis, Py_ssize_t inner) noexcept nogil
cdef zc_status find_groups(Grouping *g, int threads, zc_error *err) noexcept nogil
cdef zc_status put_points(
    Grouping *g, const Py_ssize_t *first, int threads, zc_error *err
) noexcept nogil
cdef bint same_name(const Py_ssize_t *a, const Py_ssize_t *b, int width) noexcept nogil
