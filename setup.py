"""Describes the extension modules; everything static is in pyproject.toml.

The environment variable ``ZARR_C_BUILD`` chooses one of the `MODES`.
"""

import os
import sys
from importlib.metadata import files
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup

MODES = {  # compiler flags
    "release": ["-O3", "-g0"],
    "debug": ["-O0", "-g"],
    "coverage": ["-O0", "-g", "-DCYTHON_TRACE_NOGIL=1"],
    "asan": ["-O1", "-g", "-fsanitize=address", "-fno-omit-frame-pointer"],
    "ubsan": ["-O1", "-g", "-fsanitize=undefined", "-fno-sanitize-recover=undefined"],
    "tsan": ["-O1", "-g", "-fsanitize=thread"],
    # the fuzzer brings the runtime of both; Zig's compiler would add checks of its own
    "fuzz": ["-O1", "-g", "-fsanitize=address,fuzzer-no-link", "-fno-sanitize=undefined"],
}
MODE = os.environ.get("ZARR_C_BUILD", "release")
if MODE not in MODES:
    sys.exit(f"ZARR_C_BUILD is {MODE!r}, expected one of {', '.join(MODES)}")
CHECKED, COVERAGE = MODE != "release", MODE == "coverage"
FLAGS = [*MODES[MODE], "-pthread", "-Wall", "-Wextra", "-Wno-unused-parameter"]
LINK = [flag for flag in FLAGS if flag.startswith("-fsanitize") or flag == "-pthread"]
if MODE == "fuzz":
    LINK = ["-pthread"]
elif sys.platform == "linux":  # the codecs' symbols stay ours; the wheel needs no symbol table
    LINK += ["-Wl,--exclude-libs,ALL"] + ([] if CHECKED else ["-Wl,--strip-all"])


def library(name, archive):
    """The archive of a C library and the directory of its header, out of its wheel."""
    paths = [str(file.locate().resolve()) for file in files(name)]
    try:
        (found,) = (path for path in paths if path.endswith(f"/{archive}"))
        (header,) = (path for path in paths if path.endswith(f"/{name}.h"))
    except ValueError:
        sys.exit(f"{name}: expected one {archive} and one {name}.h in its wheel")
    return [found], [os.path.dirname(header)]


# Two libraries that define the same symbols: never linked into one module.
blosc2 = library("blosc2", "libblosc2.a")
LIBRARY = dict.fromkeys(
    ["_zstd", "_lz4", "_deflate", "_blosc_read", "_blosc_streams", "_checksum", "_zfp"], blosc2
)
LIBRARY["_blosc_write"] = library("blosc", "libblosc.a")

HEADERS = sorted(map(str, [*Path("include").rglob("*.h"), *Path("zarr_c").rglob("*.h")]))


# the one module that needs NumPy's C API, as of NumPy 2.0
LIBRARY["_elements"] = [], [numpy.get_include()]


def extension(path):
    archives, headers = LIBRARY.get(path.stem, ([], []))
    return Extension(
        ".".join(path.with_suffix("").parts),
        [str(path)],
        include_dirs=["include", "zarr_c/_native", "zarr_c/codecs", *headers],
        extra_objects=archives,
        define_macros=[
            ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
            ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
        ],
        depends=HEADERS,
        extra_compile_args=FLAGS,
        extra_link_args=LINK,
    )


setup(
    options={
        # each its own: a module of one mode would pass for an up-to-date one of another
        "build": {"build_base": f"build/{MODE}"},
        "build_ext": {"parallel": os.cpu_count()},
    },
    ext_modules=cythonize(
        [extension(path) for path in sorted(Path("zarr_c").rglob("_*.pyx"))],
        build_dir=None if COVERAGE else f"build/{MODE}/cython",
        nthreads=os.cpu_count(),
        emit_linenums=CHECKED and not COVERAGE,
        compiler_directives={
            "boundscheck": CHECKED,
            "wraparound": False,
            "initializedcheck": CHECKED,
            "cdivision": True,
            "linetrace": COVERAGE,
        },
    ),
)
