"""How many threads a call uses when nobody says."""

import os
from functools import cache

from zarr_c.config import config

__all__ = ["call_concurrency", "call_threads", "default_threads"]


def _cgroup_cpus() -> float | None:
    """CPUs that the cgroup (version 2) of this process grants, or None without a quota."""
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:
            quota, period = file.read().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


@cache
def default_threads() -> int:
    """Number of threads for bulk reads and writes when ``config["threads"]`` is None.

    The CPUs this process may run on, and no more than the cgroup's quota,
    ``SLURM_CPUS_PER_TASK`` or ``OMP_NUM_THREADS`` ask for. An explicit number is never capped
    by these.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cpus = float(len(affinity(0)) if affinity else os.cpu_count() or 1)
    quota = _cgroup_cpus()
    if quota is not None:
        cpus = min(cpus, quota)
    for name in ("SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS"):
        hint = os.environ.get(name, "").split(",")[0]
        if hint.isdigit() and int(hint) > 0:
            cpus = min(cpus, int(hint))
    return max(1, round(cpus))


def call_threads() -> int:
    """Number of threads that a call may use now: ``config["threads"]`` or the default."""
    threads: int | None = config.get("threads")
    return default_threads() if threads is None else threads


os.register_at_fork(after_in_child=default_threads.cache_clear)


def call_concurrency(concurrency: int, threads: int, nbytes: int) -> int:
    """How many threads wait for the requests of one call to a store that asks for many.

    Parameters
    ----------
    concurrency : int
        What the store asks for, -1 for ``config["async.concurrency"]``.
    threads : int
        Threads that the call may use at least.
    nbytes : int
        Bytes of a decoded chunk; those under way at once take at most 256 MiB, or one each for
        `threads`.
    """
    wanted: int = config.get("async.concurrency") if concurrency < 0 else concurrency
    return max(threads, min(wanted, (256 << 20) // max(nbytes, 1)))
