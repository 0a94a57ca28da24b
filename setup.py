"""Describes the extension modules; everything static is in pyproject.toml.

``ZARR_C_BUILD`` chooses ``release`` (default), ``debug``, ``coverage``, ``asan``, ``ubsan`` or ``tsan``.
"""

import os
import sys
from importlib.metadata import distribution
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(f"zarr_c needs Python 3.11 or newer; this is {sys.version.split()[0]}")

from Cython.Build import cythonize
from setuptools import Extension, setup

MODES = {  # compiler flags of each build mode
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


def wheel_files(name, *endings):
    """Paths of the files of the installed distribution `name` that end with one of `endings`."""
    found = [
        str(f.locate().resolve()) for f in distribution(name).files if str(f).endswith(endings)
    ]
    if len(found) != len(endings):
        sys.exit(f"the {name} wheel lacks one of {endings}: found {found}")
    return found


(BLOSC2,) = wheel_files("blosc2", "lib/libblosc2.a")
BLOSC1, BLOSC1_H = sorted(
    wheel_files("blosc", "libblosc.a", "include/blosc.h"), key=lambda p: p.endswith(".h")
)
BLOSC2_H = str(Path(BLOSC2).parents[1] / "include")
# Two libraries that define the same symbols: never linked into one module.
STATIC = {
    "zarr_c.codecs._zstd": ([BLOSC2], []),
    "zarr_c.codecs._lz4": ([BLOSC2], []),
    "zarr_c.codecs._deflate": ([BLOSC2], []),
    "zarr_c.codecs._blosc_read": ([BLOSC2], [BLOSC2_H]),
    "zarr_c.codecs._blosc_write": ([BLOSC1], [str(Path(BLOSC1_H).parent)]),
}


def extension(path):
    name = ".".join(path.with_suffix("").parts)
    archives, includes = STATIC.get(name, ([], []))
    flags = [
        *MODES[MODE],
        "-pthread",
        "-Wall",
        "-Wextra",
        "-Wno-unused-function",
        "-Wno-unused-parameter",
    ]
    macros = [("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1")] if COVERAGE else []
    hidden = ["-Wl,--exclude-libs,ALL"] if sys.platform == "linux" else []
    return Extension(
        name,
        [str(path)],
        include_dirs=["include", "zarr_c/_native", "zarr_c/codecs", *includes],
        extra_objects=archives,
        extra_compile_args=flags,
        define_macros=macros,
        extra_link_args=[f for f in flags if f.startswith("-fsanitize") or f == "-pthread"]
        + hidden,
    )


setup(
    options={
        # Of its own: a module of one mode would pass for an up-to-date one of another.
        "build": {"build_base": f"build/{MODE}"},
        "build_ext": {"parallel": os.cpu_count() or 1},
    },
    ext_modules=cythonize(
        [extension(p) for p in sorted(Path("zarr_c").rglob("_*.pyx"))],
        build_dir=None if COVERAGE else f"build/{MODE}/cython",
        nthreads=os.cpu_count() or 1,
        emit_linenums=MODE in ("asan", "ubsan", "tsan", "debug"),
        compiler_directives={
            "language_level": "3",
            "boundscheck": CHECKED,
            "wraparound": False,
            "initializedcheck": CHECKED,
            "cdivision": True,
            "linetrace": COVERAGE,
            "legacy_implicit_noexcept": False,
        },
    )
)
