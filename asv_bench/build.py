"""What a build costs: seconds, and bytes of the wheel. asv measures what is installed only.

``python asv_bench/build.py [COMMIT ...]`` builds each commit, by default the last, in a new
folder with no cache and all cores, prints a line for it and adds one to ``.asv/builds.jsonl``.
It needs what `pyproject.toml` requires for building in the environment that runs it.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent


def git(*arguments):
    done = subprocess.run(
        ["git", "-C", str(HERE), *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def build(commit):
    """Build one commit from its files alone."""
    with tempfile.TemporaryDirectory(prefix="zarr_c-build-") as folder:
        source, wheels = Path(folder, "zarr_c"), Path(folder, "wheels")
        git(
            "clone",
            "--quiet",
            "--no-checkout",
            git("rev-parse", "--show-toplevel"),
            str(source),
        )
        subprocess.run(["git", "-C", str(source), "checkout", "--quiet", commit], check=True)
        command = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps"]
        start = time.perf_counter()
        subprocess.run(
            [*command, "--no-build-isolation", "-w", str(wheels), str(source)], check=True
        )
        seconds = time.perf_counter() - start
        (wheel,) = wheels.iterdir()
        return {
            "commit": commit,
            "seconds": round(seconds, 1),
            "wheel_bytes": wheel.stat().st_size,
            "wheel": wheel.name,
            "machine": platform.node(),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("commits", nargs="*", default=["HEAD"], metavar="COMMIT")
    results = HERE / ".asv" / "builds.jsonl"
    results.parent.mkdir(exist_ok=True)
    for name in parser.parse_args().commits:
        built = build(git("rev-parse", "--verify", f"{name}^{{commit}}"))
        print(f"{name}: {built['seconds']} s, {built['wheel_bytes']:,} bytes, {built['wheel']}")
        with results.open("a") as file:
            file.write(json.dumps(built) + "\n")


if __name__ == "__main__":
    main()
