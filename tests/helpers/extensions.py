"""Extensions that a test builds against the installed headers and declarations of zarr_c."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from compilers import compiler

import zarr_c

SETUP = """
import sys
from setuptools import Extension, setup
import zarr_c
flags = sys.argv.pop().split()
source = sys.argv.pop()
setup(name="extension", script_args=["build_ext", "--inplace"], ext_modules=[Extension(
    "extension", [source], include_dirs=[zarr_c.get_include()], extra_compile_args=flags)])
"""


def run(folder: Path, *arguments: str) -> str:
    # the package under test, wherever it is imported from
    path = str(Path(zarr_c.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path, name: str, source: str, flags: str = "") -> None:
    if not shutil.which(compiler()):
        pytest.skip("there is no C compiler")
    (folder / name).write_text(source)
    (folder / "setup.py").write_text(SETUP)
    run(folder, "setup.py", name, flags)
