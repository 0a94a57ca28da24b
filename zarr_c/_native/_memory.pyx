"""Workers: reusable buffers and codec contexts, one set per chunk job.

The free list is last in, first out, so the memory a job gets is the one most likely still in
cache.
"""

from libc.stdlib cimport calloc, free

from zarr_c._native._status cimport ZC_MEMORY, zc_fail
from zarr_c._native._posix cimport (
    PTHREAD_MUTEX_INITIALIZER_VALUE, pthread_atfork, pthread_mutex_lock, pthread_mutex_t,
    pthread_mutex_unlock,
)

# A buffer that grew past this is given back after the job: one array of huge chunks must not
# keep gigabytes for ever. 64 MiB is four times the largest chunk that `chunks="auto"` makes.
cdef size_t KEEP = 64 << 20

cdef pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER_VALUE()
cdef zc_worker *idle = NULL


cdef zc_worker *worker_take(zc_error *err) noexcept nogil:
    """A worker for one job, or NULL with `err` set when there is no memory for a new one."""
    global idle
    cdef zc_worker *worker
    pthread_mutex_lock(&lock)
    worker = idle
    if worker != NULL:
        idle = worker.next
    pthread_mutex_unlock(&lock)
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
    global idle
    cdef zc_worker *worker
    cdef zc_worker *rest
    cdef size_t freed = 0
    cdef int i
    with nogil:
        pthread_mutex_lock(&lock)
        worker, idle = idle, NULL
        pthread_mutex_unlock(&lock)
        while worker != NULL:
            rest = worker.next
            for i in range(ZC_WORKER_BUFFERS):
                freed += worker.buffer[i].capacity
                free(worker.buffer[i].data)
            free(worker.key.data)
            for i in range(ZC_WORKER_SLOTS):
                if worker.slot[i].value != NULL:
                    worker.slot[i].destroy(worker.slot[i].value)
            free(worker)
            worker = rest
    return freed
