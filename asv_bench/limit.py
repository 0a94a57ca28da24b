"""Builds ``limit.c`` with the static libraries that zarr_c itself links, and runs it."""

import os
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


def wheel_file(name, ending):
    """Path of the one file of the distribution `name` whose path ends with `ending`."""
    found = [
        str(f.locate().resolve()) for f in distribution(name).files if str(f).endswith(ending)
    ]
    if len(found) != 1:
        raise PackageNotFoundError(f"{name} with {ending}")
    return found[0]


class Limit:
    """The lower bound of each row, or nothing with the reason in `missing`.

    Parameters
    ----------
    folder : Path
        Where the two programs are built.
    threads : int
        Threads they run with.
    """

    name = "limit"
    missing = None

    def __init__(self, folder, threads):
        self.threads = threads
        self.programs = {name: folder / f"limit_{name}" for name in ("blosc", "blosc2")}
        try:
            self._build()
        except (PackageNotFoundError, OSError) as error:
            self.missing = f"needs a C compiler and the packages blosc and blosc2: {error}"
        except subprocess.CalledProcessError as error:
            self.missing = f"limit.c does not build: {error.stderr.decode()[-400:]}"

    def _build(self):
        source = Path(__file__).with_name("limit.c")
        flags = ["-O3", "-march=native", "-w", "-pthread"]
        for name, program in self.programs.items():
            archive = wheel_file(name, f"lib{name}.a")
            header = wheel_file(name, f"include/{name}.h")
            define = ["-DBLOSC1"] if name == "blosc" else []
            include = f"-I{Path(header).parent}"
            words = [os.environ.get("CC", "cc"), *flags, *define, include, str(source), archive]
            command = [*words, "-lm", "-ldl", "-o", str(program)]
            subprocess.run(command, check=True, capture_output=True)

    def seconds(self, work, codec, level, shape, chunks, source, target=None, repeats=3):
        """Median seconds of `repeats` runs of `work`; see the top of ``limit.c``."""
        writes_blosc = codec == "blosc" and work != "read"
        program = self.programs["blosc" if writes_blosc else "blosc2"]
        words = [work, codec, level, self.threads, repeats, *shape, *chunks, source]
        if target is not None:
            words.append(target)
        try:
            done = subprocess.run(
                [str(program), *map(str, words)], check=True, capture_output=True, text=True
            )
        finally:
            if target is not None:
                shutil.rmtree(target, ignore_errors=True)
        return float(done.stdout)
