"""Several processes that change one node, and what must be there when they are done."""

import json
import threading
import time

import numpy as np
from children import start

COMMON = """
import json, sys, time
import numpy as np
import zarr_c
from zarr_c.storage import LocalStore, ObjectStore, StorePath

kind, place, options, path, me, count, begin = sys.argv[1:]
store = {"local": LocalStore, "object": ObjectStore}[kind](place, **json.loads(options))
node = zarr_c.open(StorePath(store, path), mode="r+")
me, count = int(me), int(count)
time.sleep(max(0, float(begin) - time.time()))
"""

SET = COMMON + "for i in range(count): node.attrs[f'{me}-{i}'] = i\n"

# The value of an element is 1 + 1000 * writer + row of the writer.
APPEND = (
    COMMON
    + """
rng, sent = np.random.default_rng(me), 0
for _ in range(count):
    rows = 1 + 1000 * me + sent + np.arange(rng.integers(1, 6))
    node.append(np.repeat(rows[:, None], node.shape[1], axis=1))
    sent += len(rows)
print(sent)
"""
)


def together(code, arguments, processes, count, timeout=120):
    """Let processes do the same at once; returns what each printed."""
    kind, place, options, path = arguments
    begin = time.time() + 1  # when all have imported what they need
    started = [
        start(code, kind, place, json.dumps(options), path, me, count, begin)
        for me in range(processes)
    ]
    printed = [child.communicate(timeout=timeout)[0] for child in started]
    assert [child.returncode for child in started] == [0] * processes, printed
    return printed


def check_attributes(attributes, processes, count):
    """Every process has set every attribute of its own."""
    expected = {f"{me}-{i}": i for me in range(processes) for i in range(count)}
    assert {k: v for k, v in attributes.items() if k in expected} == expected


def check_rows(rows, printed):
    """Every row of every writer is there once, whole, and after those that it sent before."""
    assert (rows == rows[:, :1]).all()
    found = rows[:, 0] - 1
    for me, sent in enumerate(map(int, printed)):
        np.testing.assert_array_equal(found[found // 1000 == me] % 1000, np.arange(sent))
    assert len(found) == sum(map(int, printed))


def in_threads(count, function):
    """Call a function in threads, with the number of each; none may raise."""
    errors = []

    def guarded(me):
        try:
            function(me)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(me,)) for me in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
