"""What calls cost in numbers that no clock and no other program changes.

Requests and files are those of the first call after opening. The rest is that of one call with
everything warm, by one thread, counted in a process of its own: by callgrind, or with
`interpose.c` before the C library. Where a tool is missing, asv shows n/a.
"""

import json
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import zarr_c as zarr
from zarr_c.storage import LoggingStore, MemoryStore

from .common import temporary_folder
from .workloads import REPEAT, ROUNDS, WORKLOADS

HERE = Path(__file__).parent


class Counted:
    """Base: one of the workloads."""

    params = (tuple(WORKLOADS),)
    param_names = ("workload",)


class Requests(Counted):
    """What a store is asked for that is not native, as one far away."""

    def setup(self, workload):
        log = logging.getLogger("zarr_c-asv")
        log.setLevel(logging.INFO)
        log.propagate = False
        log.addHandler(logging.NullHandler())
        store = LoggingStore(MemoryStore(), log)
        call = WORKLOADS[workload](store)
        store.reset()
        call()
        self.stats = store.stats()

    def track_requests(self, _):
        return sum(self.stats["verbs"].values())

    def track_bytes_read(self, _):
        return self.stats["bytes_read"]

    def track_bytes_written(self, _):
        return self.stats["bytes_written"]

    track_requests.unit = "requests"
    track_bytes_read.unit = track_bytes_written.unit = "bytes"


class Files(Counted):
    """What a local store asks of the system, as Linux counts it for the process."""

    def setup(self, workload):
        if not os.path.exists("/proc/self/io"):
            raise NotImplementedError  # asv then leaves it out
        self.folder = temporary_folder()
        with zarr.config.set({"threads": 1}):
            call = WORKLOADS[workload](f"{self.folder}/a.zarr")
            self.spent = self.system_calls(call)

    def teardown(self, _):
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def system_calls(call):
        file = os.open("/proc/self/io", os.O_RDONLY)
        try:
            before = os.pread(file, 4096, 0)
            call()
            after = os.pread(file, 4096, 0)
        finally:
            os.close(file)
        first, last = (
            dict(re.findall(r"(\w+): (\d+)", text.decode())) for text in (before, after)
        )
        spent = {name: int(last[name]) - int(first[name]) for name in last}
        spent["rchar"] -= len(before)  # asking counts as well
        spent["syscr"] -= 1
        return spent

    def track_reads(self, _):
        return self.spent["syscr"]

    def track_bytes_read(self, _):
        return self.spent["rchar"]

    def track_writes(self, _):
        return self.spent["syscw"]

    def track_bytes_written(self, _):
        return self.spent["wchar"]

    track_reads.unit = track_writes.unit = "system calls"
    track_bytes_read.unit = track_bytes_written.unit = "bytes"


def library():
    """`interpose.c` as a library in the working directory, None where it cannot be made."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    source, target = HERE / "interpose.c", Path("interpose.so").resolve()
    flags = ["-O2", "-fPIC", "-shared", "-fno-builtin", "-fno-tree-loop-distribute-patterns"]
    subprocess.run([compiler, *flags, "-o", str(target), str(source)], check=True)
    return str(target)


def run(tool, *arguments, **environment):
    """The counts of all workloads in a process of their own, behind a tool's command line."""
    path = os.pathsep.join([str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment |= {"PYTHONPATH": path, "PYTHONHASHSEED": "0"}
    command = [*arguments, sys.executable, "-m", "benchmarks.workloads", library(), tool]
    done = subprocess.run(
        command, env=os.environ | environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


class Interposed(Counted):
    """Bytes that memcpy and memmove move, and allocations, each Python object one of them."""

    def setup_cache(self):
        path = library()
        if path is None:
            return {}
        return run("interpose", LD_PRELOAD=path, PYTHONMALLOC="malloc")

    setup_cache.timeout = 600

    def setup(self, counts, workload):
        if not counts:
            raise NotImplementedError  # asv then leaves it out

    def track_bytes_copied(self, counts, workload):
        return counts[workload][0]

    def track_allocations(self, counts, workload):
        return counts[workload][1]

    track_bytes_copied.unit = "bytes"
    track_allocations.unit = "allocations"


class Instructions(Counted):
    """Instructions of the process, as callgrind counts them, without those of the kernel.

    Valgrind 3.19 knows no `openat2`, so files are opened as on systems that lack it.
    """

    def setup_cache(self):
        valgrind = shutil.which("valgrind")
        if library() is None or valgrind is None:
            return {}
        tool = ["--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=callgrind"]
        names = run("callgrind", valgrind, *tool, "--log-file=valgrind.log")
        files = [Path(f"callgrind.{i + 1}") for i in range(ROUNDS * len(names))]
        if not files[0].exists():  # compiled without the headers of valgrind
            return {}
        total = re.compile(r"^totals: (\d+)", re.MULTILINE)
        totals = iter([int(total.search(file.read_text())[1]) for file in files])
        return {name: min(next(totals) for _ in range(ROUNDS)) // REPEAT for name in names}

    setup_cache.timeout = 600

    def setup(self, counts, workload):
        if not counts:
            raise NotImplementedError  # asv then leaves it out

    def track_instructions(self, counts, workload):
        return counts[workload]

    track_instructions.unit = "instructions"
