"""Where a build lacks a compiled module, its twin of `standins/` takes its place."""

import importlib.util
import sys
from importlib.machinery import PathFinder
from pathlib import Path

STANDINS = Path(__file__).parent / "standins"


def _stand_in(module: str, file: str) -> None:
    # the package itself cannot be imported before its compiled modules are there
    package, *folders, name = module.split(".")
    folder = Path(importlib.util.find_spec(package).origin).parent.joinpath(*folders)
    if PathFinder.find_spec(name, [str(folder)]) is None:
        spec = importlib.util.spec_from_file_location(module, STANDINS / file)
        sys.modules[module] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[module])


def _install() -> None:
    for module, file in {
        "zarr_c.storage._local": "local.py",
        "zarr_c.storage._memory": "memory.py",
        "zarr_c.array": "array.py",
    }.items():
        _stand_in(module, file)


_install()
