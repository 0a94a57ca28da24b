"""Workers: reusable buffers and codec contexts, one set per chunk job.

A thread puts its worker back into a place of its own, so the memory that a job gets is the one
most likely still in the cache of its core, and threads do not wait for each other.
"""

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from zarr_c._native._status cimport ZC_MEMORY, zc_fail
from zarr_c._native._posix cimport (
    PTHREAD_MUTEX_INITIALIZER_VALUE, pthread_atfork, pthread_mutex_lock, pthread_mutex_t,
    pthread_mutex_unlock, zc_exchange, zc_put_if_null, zc_thread_number,
)

# A buffer that grew past this is given back after the job: one array of huge chunks must not
# keep gigabytes for ever. 64 MiB is four times the largest chunk that `chunks="auto"` makes.
cdef size_t KEEP = 64 << 20

cdef enum:
    PLACES = 64   # so many that threads at work rarely share one

cdef struct Place:
    void *worker            # NULL: taken, or none made yet
    int64_t pad[7]   # no two in one line of the cache

cdef Place place[PLACES]
cdef pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER_VALUE()
cdef zc_worker *idle = NULL   # those that found no place


cdef zc_worker *take_idle() noexcept nogil:
    """A worker that another thread has put back, or NULL: only those at work count as many."""
    global idle
    cdef zc_worker *worker = NULL
    cdef int i
    for i in range(PLACES):
        if place[i].worker != NULL:
            worker = <zc_worker *>zc_exchange(&place[i].worker, NULL)
            if worker != NULL:
                return worker
    pthread_mutex_lock(&lock)
    worker = idle
    if worker != NULL:
        idle = worker.next
    pthread_mutex_unlock(&lock)
    return worker


cdef zc_worker *worker_take(zc_error *err) noexcept nogil:
    """A worker for one job, or NULL with `err` set when there is no memory for a new one."""
    cdef void **own = &place[zc_thread_number() % PLACES].worker
    cdef zc_worker *worker = <zc_worker *>zc_exchange(own, NULL)
    if worker == NULL:
        worker = take_idle()
    if worker == NULL:
        worker = <zc_worker *>calloc(1, sizeof(zc_worker))
        if worker == NULL:
            zc_fail(err, ZC_MEMORY, "out of memory for a worker", -1, -1)
    return worker


cdef void trim(zc_buffer *buffer) noexcept nogil:
    if buffer.capacity > KEEP:
        free(buffer.data)
        buffer.data = NULL
        buffer.capacity = 0


cdef void worker_give(zc_worker *worker) noexcept nogil:
    """Put a worker back; it may not be used afterwards."""
    global idle
    cdef int i
    for i in range(ZC_WORKER_BUFFERS):
        trim(&worker.buffer[i])
    if zc_put_if_null(&place[zc_thread_number() % PLACES].worker, worker):
        return
    pthread_mutex_lock(&lock)
    worker.next = idle
    idle = worker
    pthread_mutex_unlock(&lock)


# The lock is held across fork(), so that the child finds the list whole.
cdef void before_fork() noexcept nogil:
    pthread_mutex_lock(&lock)


cdef void after_fork() noexcept nogil:
    pthread_mutex_unlock(&lock)


pthread_atfork(before_fork, after_fork, after_fork)


def release_memory():
    """Free the buffers and codec contexts of all workers that are not at work.

    Returns
    -------
    int
        Bytes of buffers freed.
    """
    cdef zc_worker *worker
    cdef size_t freed = 0
    cdef int i
    with nogil:
        worker = take_idle()
        while worker != NULL:
            for i in range(ZC_WORKER_BUFFERS):
                freed += worker.buffer[i].capacity
                free(worker.buffer[i].data)
            free(worker.key.data)
            for i in range(ZC_WORKER_SLOTS):
                if worker.slot[i].value != NULL:
                    worker.slot[i].destroy(worker.slot[i].value)
            free(worker)
            worker = take_idle()
    return freed
