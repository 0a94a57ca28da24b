"""One peer in a process of its own: ``process.py PEER WORK THREADS PATH...``.

``read`` and ``copy`` are timed from outside, interpreter and imports included, so this imports
only what it needs. ``memory-read`` and ``memory-write`` print the MiB that the work took beside
the values, by the high-water mark of Linux.
"""

import sys


def make(name, threads):
    import peers

    if any(found.name == name for found in peers.ZARR_PEERS):
        known = peers.ZARR_PEERS
    else:
        import other_formats

        known = other_formats.PEERS
    peer = next(found for found in known if found.name == name)(threads)
    peer.select()
    return peer


def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024


def added(work):
    """MiB that `work` takes at its highest, and what it returns."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the high-water mark starts anew
    before = status("VmRSS:")
    result = work()
    return status("VmHWM:") - before, result


def main(name, work, threads, path, *more):
    peer = make(name, int(threads))
    if work == "read":
        values = peer.read(peer.open(path), ...)
        print(values[::64, ::64, ::64].tobytes().hex())
    elif work == "copy":
        peer.write(peer.open(more[0], "r+"), ..., peer.read(peer.open(path), ...))
    elif work == "memory-read":
        array = peer.open(path)
        peak, values = added(lambda: peer.read(array, ...))
        print(peak - values.nbytes / 2**20)
    else:
        import numpy as np

        values, array = np.load(more[0]), peer.open(path, "r+")
        print(added(lambda: peer.write(array, ..., values))[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
