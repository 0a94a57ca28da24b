"""Describes the extension modules; everything static is in pyproject.toml.

The environment variable ``ZARR_C_BUILD`` chooses one of the `MODES`.
"""

import os
import sys
from importlib.metadata import files
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

MODES = {  # compiler flags
    "release": ["-O3", "-g0"],
    "debug": ["-O0", "-g"],
    "coverage": ["-O0", "-g"],
    "asan": ["-O1", "-g", "-fsanitize=address", "-fno-omit-frame-pointer"],
    "ubsan": ["-O1", "-g", "-fsanitize=undefined", "-fno-sanitize-recover=undefined"],
    "tsan": ["-O1", "-g", "-fsanitize=thread"],
}
MODE = os.environ.get("ZARR_C_BUILD", "release")
if MODE not in MODES:
    sys.exit(f"ZARR_C_BUILD is {MODE!r}, expected one of {', '.join(MODES)}")
CHECKED = MODE != "release"
COVERAGE = MODE == "coverage"
FLAGS = [*MODES[MODE], "-pthread", "-Wall", "-Wextra", "-Wno-unused-parameter"]
LINK = [flag for flag in FLAGS if flag.startswith("-fsanitize") or flag == "-pthread"]
if sys.platform == "linux":  # the codecs' symbols stay ours; the wheel needs no symbol table
    LINK += ["-Wl,--exclude-libs,ALL"] + ([] if CHECKED else ["-Wl,--strip-all"])


def wheel_file(name, ending):
    """Path of the one file of the installed distribution `name` that ends with `ending`."""
    found = [str(file.locate().resolve()) for file in files(name) if str(file).endswith(ending)]
    if len(found) != 1:
        sys.exit(f"{name}: expected one file *{ending} in its wheel, found {found}")
    return found[0]


def library(name, archive):
    header = wheel_file(name, f"include/{name}.h")
    return {"archives": [wheel_file(name, archive)], "include": [os.path.dirname(header)]}


# Two libraries that define the same symbols: never linked into one module.
LIBRARY = dict.fromkeys(
    ["_zstd", "_lz4", "_deflate", "_blosc_read"], library("blosc2", "lib/libblosc2.a")
)
LIBRARY["_blosc_write"] = library("blosc", "libblosc.a")


def extension(path):
    linked = LIBRARY.get(path.stem, {"archives": [], "include": []})
    return Extension(
        ".".join(path.with_suffix("").parts),
        [str(path)],
        include_dirs=["include", "zarr_c/_native", "zarr_c/codecs", *linked["include"]],
        extra_objects=linked["archives"],
        extra_compile_args=FLAGS,
        extra_link_args=LINK,
        define_macros=[("CYTHON_TRACE_NOGIL", "1")] if COVERAGE else [],
    )


setup(
    options={"build_ext": {"parallel": os.cpu_count()}},
    ext_modules=cythonize(
        [extension(path) for path in sorted(Path("zarr_c").rglob("_*.pyx"))],
        build_dir=None if COVERAGE else f"build/cython-{MODE}",
        nthreads=os.cpu_count(),
        emit_linenums=CHECKED and not COVERAGE,
        compiler_directives={
            "language_level": "3",
            "boundscheck": CHECKED,
            "wraparound": False,
            "initializedcheck": CHECKED,
            "cdivision": True,
            "linetrace": COVERAGE,
        },
    ),
)
