"""What one chunk, member or call costs as arrays, groups and shards grow: flat, if all is well.

``python asv_bench/scale.py`` prints a table for each part, ``--json FILE`` writes the figures
too, and names of parts choose some. Figures are minima over repetitions, where a call can be
made again. Stores are in memory; the local one is in ``/dev/shm`` where the system has it.
"""

import argparse
import json
import shutil
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np

import zarr_c as zarr
from zarr_c.storage import LocalStore, MemoryStore

REPEAT = 5
CHUNK = (2, 8)  # elements of int32: 64 bytes, so what is measured is all but the data
MOST = {"memory": 6, "local": 5}  # powers of ten: chunks of an array


def best(call, repeat=REPEAT, before=None):
    """Seconds that a call takes at least; `before` is called ahead of each, untimed."""
    least = float("inf")
    for _ in range(repeat):
        if before is not None:
            before()
        start = perf_counter()
        call()
        least = min(least, perf_counter() - start)
    return least


@contextmanager
def stored(kind):
    """A store that is removed afterwards."""
    if kind == "memory":
        yield MemoryStore()
        return
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="zarr_c-scale-", dir=memory if memory.is_dir() else None)
    try:
        yield LocalStore(folder)
    finally:
        shutil.rmtree(folder)


def grid_of(chunks):
    """A grid of about as many rows as columns, of a power of ten of chunks."""
    power = len(str(chunks)) - 1
    return 10 ** (power - power // 2), 10 ** (power // 2)


def array_times(kind, chunks):
    """Microseconds of one call, or for one chunk, by operation on an array of `chunks`."""
    rows, columns = grid_of(chunks)
    shape = rows * CHUNK[0], columns * CHUNK[1]
    data = np.arange(1, shape[0] * shape[1] + 1, dtype="i4").reshape(shape)
    out = np.empty_like(data)
    with stored(kind) as store:
        array = zarr.create_array(
            store, shape=shape, chunks=CHUNK, dtype="i4", compressors=None
        )
        each = {
            "write all": best(lambda: array.__setitem__(..., data)),
            "read all": best(lambda: array.get_basic_selection(..., out=out)),
            "list": best(lambda: store.list_prefix("c")),
            "nchunks_initialized": best(lambda: array.nchunks_initialized),
        }
        assert (out == data).all()
        assert array.nchunks_initialized == chunks
        call = {
            "open": best(lambda: zarr.open_array(store, mode="r"), 50),
            "slice": best(lambda: array[1, 1:4], 50),
            "write a chunk": best(lambda: array.__setitem__((slice(2), slice(8)), 7), 50),
        }
        for name, (seconds, touched) in resize_times(array, data, columns).items():
            if touched:
                each[name] = seconds * chunks / touched
            else:
                call[name] = seconds
        each["delete"] = best(
            lambda: store.delete_dir("c"), 2, lambda: array.__setitem__(..., data)
        )
    return {name: 1e6 * seconds for name, seconds in call.items()} | {
        f"{name} / chunk": 1e6 * seconds / chunks for name, seconds in each.items()
    }


def resize_times(array, data, columns):
    """Seconds of growing, of cutting off a row of chunks and half of all; chunks deleted."""
    rows, width = data.shape

    def whole():
        array.resize(data.shape)
        array[...] = data

    def last_row():
        array.resize(data.shape)
        array[rows - CHUNK[0] :] = data[rows - CHUNK[0] :]

    times = {
        "grow": (best(lambda: array.resize((2 * rows, width)), before=last_row), 0),
        "cut off a row": (
            best(lambda: array.resize((rows - CHUNK[0], width)), before=last_row),
            columns,
        ),
        "halve": (
            best(lambda: array.resize((rows, width // 2)), 2, whole),
            rows // CHUNK[0] * columns // 2,
        ),
    }
    array.resize(data.shape)
    return times


def grid_times(elements):
    """Microseconds of one call on an array of so many elements that stores three chunks."""
    side = round(elements ** (1 / 3))
    array = zarr.create_array(
        MemoryStore(), shape=(side,) * 3, chunks=(10, 10, 10), dtype="f8", compressors=None
    )
    for place in (0, side // 2, side - 1):
        array[place, place, place] = 1
    shape = array.shape
    longer = (shape[0] + 10, *shape[1:])
    middle = side // 2
    calls = {
        "open": lambda: zarr.open_array(array.store, mode="r"),
        "slice": lambda: array[middle, middle, middle : middle + 3],
        "absent slice": lambda: array[middle, 0, 0:3],
        "write": lambda: array.__setitem__((middle, middle, middle), 2),
        "vindex": lambda: array.vindex[[0, middle], [0, middle], [0, middle]],
        "repr": lambda: repr(array),
        "info": lambda: repr(array.info),
        "nchunks": lambda: array.nchunks,
        "nchunks_initialized": lambda: array.nchunks_initialized,
        "info_complete": array.info_complete,
        "grow and shrink": lambda: (array.resize(longer), array.resize(shape)),
        "halve and double": lambda: (array.resize((side // 2 + 1,) * 3), array.resize(shape)),
    }
    return {name: 1e6 * best(call, 20) for name, call in calls.items()}


def group_times(kind, members):
    """Microseconds of one call, or for one member, of a group of so many arrays."""
    with stored(kind) as store:
        group = zarr.create_group(store)
        start = perf_counter()
        for i in range(members):
            group.create_array(f"a{i:06}", shape=(4,), chunks=(4,), dtype="i4")
        each = {"create": perf_counter() - start}
        middle = f"a{members // 2:06}"
        numbers = iter(range(1000))
        call = {
            "in": best(lambda: middle in group, 50),
            "[]": best(lambda: group[middle], 50),
            "create one more": best(
                lambda: group.create_group(f"b{next(numbers)}"),
                20,
            ),
            "tree": best(group.tree),
        }
        each["keys"] = best(lambda: list(group.keys()))
        each["members"] = best(group.members, 3)
        each["members, all levels"] = best(lambda: group.members(None), 3)
        each["consolidate"] = best(lambda: zarr.consolidate_metadata(store), 2)
        each["open consolidated"] = best(lambda: zarr.open_group(store, mode="r+"), 3)
        listed = zarr.open_group(store, mode="r+")
        call["consolidated: in"] = best(lambda: middle in listed, 50)
        call["consolidated: []"] = best(lambda: listed[middle], 50)
        call["consolidated: create one more"] = best(
            lambda: listed.create_group(f"b{next(numbers)}"), 20
        )
        each["consolidated: keys"] = best(lambda: list(listed.keys()))
        each["consolidated: members"] = best(listed.members, 3)
        each["delete"] = best(lambda: store.delete_dir(""), 1)
    return {name: 1e6 * seconds for name, seconds in call.items()} | {
        f"{name} / member": 1e6 * seconds / members for name, seconds in each.items()
    }


def hierarchy_times(kind, groups):
    """Microseconds for each of so many groups of one array each."""
    with stored(kind) as store:
        root = zarr.create_group(store)
        for i in range(groups):
            root.create_array(f"g{i:06}/a", shape=(4,), chunks=(4,), dtype="i4")
        each = {
            "members, all levels": best(lambda: root.members(None), 2),
            "one by one": best(lambda: [list(g.keys()) for g in root.group_values()], 1),
            "consolidate": best(lambda: zarr.consolidate_metadata(store), 1),
        }
        listed = zarr.open_group(store)
        each["consolidated: members, all levels"] = best(lambda: listed.members(None), 2)
        some = [f"g{i:06}" for i in range(100)]

        def delete():
            for name in some:
                del root[name]

        call = {"delete a group": best(delete, 1) / 100}
    return {name: 1e6 * seconds for name, seconds in call.items()} | {
        f"{name} / group": 1e6 * seconds / groups for name, seconds in each.items()
    }


def shard_times(kind, chunks):
    """Microseconds of one call, or for one inner chunk, of one shard of so many."""
    rows, columns = grid_of(chunks)
    shape = rows * CHUNK[0], columns * CHUNK[1]
    data = np.arange(1, shape[0] * shape[1] + 1, dtype="i4").reshape(shape)
    out = np.empty_like(data)
    with stored(kind) as store:
        array = zarr.create_array(
            store, shape=shape, chunks=CHUNK, shards=shape, dtype="i4", compressors=None
        )
        each = {
            "write all": best(lambda: array.__setitem__(..., data)),
            "read all": best(lambda: array.get_basic_selection(..., out=out)),
        }
        assert (out == data).all()
        call = {"one element, warm": best(lambda: array[1, 1], 50)}
        fresh = []

        def reopen():
            fresh[:] = [zarr.open_array(store, mode="r")]

        each["one element, cold"] = best(lambda: fresh[0][1, 1], 20, reopen)
        each["update a chunk"] = best(lambda: array.__setitem__((slice(2), slice(8)), 7))
        each["update an element"] = best(lambda: array.__setitem__((1, 1), 7))
    return {name: 1e6 * seconds for name, seconds in call.items()} | {
        f"{name} / chunk": 1e6 * seconds / chunks for name, seconds in each.items()
    }


def thread_rates(kind, threads):
    """MB/s of two arrays read whole by so many Python threads, and of one call with them."""
    data = np.random.default_rng(0).integers(0, 4000, (64, 512, 256)).astype("f4")
    with stored(kind) as store:
        found = {}
        for name, chunks, codec in (
            ("raw 2 MiB", (8, 256, 256), None),
            ("raw 16 KiB", (1, 64, 64), None),
            ("zstd 256 KiB", (4, 128, 128), zarr.codecs.ZstdCodec(level=1)),
        ):
            arrays = [
                zarr.create_array(
                    store, name=f"{name}{i}", data=data, chunks=chunks, compressors=codec
                )
                for i in range(2)
            ]
            found[f"{name}, Python threads"] = together(arrays, threads)
            out = np.empty_like(data)
            with zarr.config.set({"threads": threads}):
                seconds = best(lambda: arrays[0].get_basic_selection(..., out=out), 9)  # noqa: B023
                found[f"{name}, config threads"] = data.nbytes / seconds / 1e6
                seconds = best(lambda: arrays[0].get_basic_selection((slice(2),)), 50)  # noqa: B023
                found[f"{name}, config threads, 1 MiB"] = 2 * data[0].nbytes / seconds / 1e6
    return found


def together(arrays, threads, reads=64):
    """MB/s of `reads` whole reads, of the arrays in turn, shared out among Python threads."""
    outs = [np.empty(arrays[0].shape, "f4") for _ in range(min(threads, 4))]

    def work(number):
        for read in range(number, reads, threads):
            arrays[read % 2].get_basic_selection(..., out=outs[number % len(outs)])

    def run():
        workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    return reads * arrays[0].nbytes / best(run, 3) / 1e6


def parts(most):
    """Each part by name: its title, what it is about, and its columns."""
    powers = [10**power for power in range(2, min(most, 6) + 1)]
    return {
        "memory": ("arrays in a MemoryStore, us", "chunks", powers, array_times, "memory"),
        "local": ("arrays in a LocalStore, us", "chunks", powers[:4], array_times, "local"),
        "grid": ("arrays of three chunks, us", "elements",
                 [10**power for power in (3, 6, 9, 12, 15, 18)], grid_times, None),
        "group": ("a group in a LocalStore, us", "members", powers[:3], group_times, "local"),
        "group-memory": ("a group in a MemoryStore, us", "members", powers[:3], group_times,
                         "memory"),
        "hierarchy": ("groups of one array in a MemoryStore, us", "groups", powers[:3],
                      hierarchy_times, "memory"),
        "shard": ("one shard in a LocalStore, us", "chunks", powers[:4], shard_times, "local"),
        "threads": ("two arrays in a LocalStore, MB/s", "threads", [1, 2, 8, 64], thread_rates,
                    "local"),
    }  # fmt: skip


def show(title, about, columns, found):
    """Print a table, one line for each operation."""
    width = max(len(name) for times in found for name in times)
    print(f"\n{title}")
    print(f"{about:>{width}}" + "".join(f"{column:>11.0e}" for column in columns))
    for name in found[0]:
        print(f"{name:>{width}}" + "".join(f"{times[name]:>11.4g}" for times in found))


def main():
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(parts(6))}")
    parser.add_argument("--json", metavar="FILE", help="where to write all figures")
    parser.add_argument("--most", type=int, default=6, help="largest power of ten of chunks")
    arguments = parser.parse_args()
    figures = {}
    for part, (title, about, columns, times, kind) in parts(arguments.most).items():
        if arguments.parts and part not in arguments.parts:
            continue
        found = [times(*([kind] if kind else []), column) for column in columns]
        show(title, about, columns, found)
        figures[part] = dict(zip(map(str, columns), found, strict=True))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
