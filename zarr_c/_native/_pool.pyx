"""The worker pool: run many jobs of one call on parked threads.

Workers are made on first use, wait on a condition variable and never touch Python. The thread
that calls `pool_run` works through its own batch like a worker, so a call always makes
progress, however many calls are under way at once. OpenMP is not used because its runtime hangs
in forked children.
"""

from cpython.ref cimport Py_DECREF

from zarr_c._native._posix cimport (
    PTHREAD_COND_INITIALIZER_VALUE, PTHREAD_MUTEX_INITIALIZER_VALUE, SIG_SETMASK,
    pthread_atfork, pthread_cond_broadcast, pthread_cond_signal, pthread_cond_t,
    pthread_cond_wait, pthread_create, pthread_detach,
    pthread_mutex_lock, pthread_mutex_t, pthread_mutex_unlock, pthread_sigmask, pthread_t,
    sigfillset, sigset_t, zc_about_now_ns, zc_cond_wait_for, zc_fetch_add, zc_load,
    zc_store_release,
)
from zarr_c._native._status cimport (
    ZC_CODEC, ZC_OK, look_for_signals, zc_error_clear, zc_fail,
)

from libc.stdint cimport int64_t

cdef extern from *:
    """
    static _Thread_local struct zc_here {
        void *batch;      /* whose job this thread is in */
        int64_t looked;   /* for signals */
        int worker;       /* of the pool */
    } zc_here;
    """
    struct Here "zc_here":
        void *batch
        int64_t looked
        bint worker
    Here here "zc_here"

cdef struct Batch:
    zc_job job
    void *context
    int64_t count
    int64_t next        # first job that nobody has taken
    int64_t failed      # set once: no further job is begun
    int helpers         # workers that may still join
    int active          # workers that have joined
    zc_error error      # of the first job that failed
    Batch *link

# How long a calling thread works before it looks for a signal such as Ctrl-C.
cdef int64_t SIGNAL_INTERVAL = 50_000_000

cdef pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER_VALUE()
cdef pthread_cond_t work = PTHREAD_COND_INITIALIZER_VALUE()
cdef pthread_cond_t done = PTHREAD_COND_INITIALIZER_VALUE()
cdef Batch *batches = NULL
cdef int workers = 0


cdef void fail(Batch *batch, const zc_error *err) noexcept nogil:
    """Keep the first error of a batch and let no further job begin."""
    cdef bint first
    pthread_mutex_lock(&lock)
    first = not batch.failed
    if first:
        batch.error = err[0]
        zc_store_release(&batch.failed, 1)
    pthread_mutex_unlock(&lock)
    if not first and err.exception != NULL:
        drop(err.exception)


cdef void drop(void *exception) noexcept with gil:
    Py_DECREF(<object>exception)


cdef bint run_one(Batch *batch) noexcept nogil:
    """Take and run one job; False when none is left."""
    cdef zc_error err
    cdef int64_t index
    cdef zc_status status
    cdef void *outer = here.batch
    if zc_load(&batch.failed):
        return False
    index = zc_fetch_add(&batch.next, 1)
    if index >= batch.count:
        return False
    zc_error_clear(&err)
    here.batch = batch
    status = batch.job(batch.context, index, &err)
    here.batch = outer
    if status != ZC_OK:
        fail(batch, &err)
    return status == ZC_OK


cdef zc_status pool_check(zc_error *err) noexcept nogil:
    """Whether to go on; for jobs that may take long, to be called now and then.

    Not after a signal whose handler raises, such as Ctrl-C, nor after another job has failed.
    Handlers run on the thread that made the call; it looks at most every 50 ms.
    """
    cdef int64_t now
    if here.batch != NULL and zc_load(&(<Batch *>here.batch).failed):
        return zc_fail(err, ZC_CODEC, "another job of the call has failed", -1, -1)
    if here.worker:
        return ZC_OK
    now = zc_about_now_ns()
    if now - here.looked < SIGNAL_INTERVAL:
        return ZC_OK
    here.looked = now
    return look_for_signals(err)


cdef bint pool_worker() noexcept nogil:
    """Whether this thread is one of the pool's, which no signal reaches."""
    return here.worker


cdef Batch *joinable() noexcept nogil:
    cdef Batch *batch = batches
    while batch != NULL:
        if batch.helpers > 0 and zc_load(&batch.next) < batch.count:
            return batch
        batch = batch.link
    return NULL


cdef void *worker_main(void *unused) noexcept nogil:
    cdef Batch *batch
    cdef sigset_t every
    here.worker = True
    sigfillset(&every)   # signals belong to Python's threads
    pthread_sigmask(SIG_SETMASK, &every, NULL)
    pthread_mutex_lock(&lock)
    while True:
        batch = joinable()
        while batch == NULL:
            pthread_cond_wait(&work, &lock)
            batch = joinable()
        batch.helpers -= 1
        batch.active += 1
        pthread_mutex_unlock(&lock)
        while run_one(batch):
            pass
        pthread_mutex_lock(&lock)
        batch.active -= 1
        if batch.active == 0:
            pthread_cond_broadcast(&done)


cdef void hire(int wanted) noexcept nogil:
    """Bring the number of workers up to `wanted`; fewer is no error, the caller works too."""
    global workers
    cdef pthread_t thread
    while workers < wanted:
        if pthread_create(&thread, NULL, worker_main, NULL) != 0:
            return
        pthread_detach(thread)
        workers += 1


cdef void leave(Batch *batch) noexcept nogil:
    """Take a batch off the list and wait for the workers that joined it."""
    global batches
    cdef zc_error err
    cdef Batch **link
    pthread_mutex_lock(&lock)
    link = &batches
    while link[0] != NULL and link[0] != batch:
        link = &link[0].link
    if link[0] == NULL:   # a job has forked: its workers and what they did stay with the parent
        if not batch.failed:
            zc_fail(&batch.error, ZC_CODEC, "the process was forked within the call", -1, -1)
            batch.failed = 1
        batch.active = 0
    else:
        link[0] = batch.link
    while batch.active > 0:
        zc_cond_wait_for(&done, &lock, SIGNAL_INTERVAL)
        if batch.active == 0 or zc_load(&batch.failed):
            continue
        pthread_mutex_unlock(&lock)   # handlers of signals may call us
        zc_error_clear(&err)
        if pool_check(&err) != ZC_OK:
            fail(batch, &err)
        pthread_mutex_lock(&lock)
    pthread_mutex_unlock(&lock)


cdef zc_status pool_run(
    zc_job job, void *context, Py_ssize_t count, int threads, zc_error *err
) noexcept nogil:
    """Run ``job(context, i)`` for every ``i < count`` on at most `threads` threads.

    The caller must be a Python thread that has released the GIL. On a failure the first error
    is returned, and jobs that had not begun are not run.
    """
    global batches
    cdef Batch batch
    cdef int64_t now = zc_about_now_ns()
    cdef int _
    if now - here.looked > 2 * SIGNAL_INTERVAL:   # not one of many calls, but the first
        here.looked = now
    batch.job, batch.context, batch.count = job, context, count
    batch.next = batch.failed = batch.active = 0
    batch.helpers = 0
    if threads > 1 and count > 1:
        batch.helpers = <int>min(<Py_ssize_t>threads, count) - 1
        pthread_mutex_lock(&lock)
        hire(threads - 1)
        batch.link = batches
        batches = &batch
        for _ in range(batch.helpers):   # not all: a remote store may have parked many
            pthread_cond_signal(&work)
        pthread_mutex_unlock(&lock)
    while run_one(&batch):
        if pool_check(err) != ZC_OK:
            fail(&batch, err)
    if threads > 1 and count > 1:
        leave(&batch)
    if batch.failed:
        err[0] = batch.error
        return err.code
    return ZC_OK


cdef void after_fork() noexcept nogil:
    # The parent's workers do not exist in the child, and their batches are not its own.
    global lock, work, done, batches, workers
    lock = PTHREAD_MUTEX_INITIALIZER_VALUE()
    work = PTHREAD_COND_INITIALIZER_VALUE()
    done = PTHREAD_COND_INITIALIZER_VALUE()
    batches = NULL
    workers = 0


pthread_atfork(NULL, NULL, after_fork)


def worker_count():
    """Number of threads the pool has made in this process."""
    return workers
