"""What ``import zarr_c`` costs beside ``import numpy``, in fresh interpreters."""

import subprocess
import sys


class Import:
    """Wall time of a process that imports one package."""

    params = (("numpy", "zarr_c"),)
    param_names = ("package",)
    number, repeat = 1, (5, 20, 10.0)

    def time_import(self, package):
        subprocess.run([sys.executable, "-c", f"import {package}"], check=True)

    def track_modules(self, package):
        """How many modules the import loads: exact, so a new one is seen at once."""
        code = f"import sys, {package}; print(len(sys.modules))"
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
        return int(done.stdout)

    track_modules.unit = "modules"
