"""Feeds the targets with inputs that libFuzzer makes up, guided by what they reach.

``make fuzz ARGS='zstd blosc --seconds 600'`` builds the compiled code for it, with
AddressSanitizer. What breaks a target is kept below ``build/fuzzing/found``; ``make fuzz
ARGS='NAME --input FILE'`` does it again.
"""

import argparse
import re
import shutil
import subprocess
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "helpers")]
BUILD = HERE.parent / "build" / "fuzzing"
FOUND = BUILD / "found"
# libFuzzer merges in processes that it starts by the name of its own.
AGAIN = BUILD / "again.sh"
OPTIONS = ["-timeout=20", "-rss_limit_mb=4096", "-max_len=8192", "-print_final_stats=1"]
ROW = "{:14}{:>10}{:>8}{:>8}{:>8}"
# What these reach in Python counts too, which takes ten times as long.
IN_PYTHON = {"zarr_json", "zarray", "consolidated", "zip"}


def fuzz(name, options):
    """Be libFuzzer with this target; it ends the process."""
    import atheris

    followed = name in IN_PYTHON
    with atheris.instrument_imports(include=["zarr_c"]) if followed else nullcontext():
        import fuzz_rules
        from fuzz_targets import TARGETS

        target = TARGETS[name]()
        for data in target.seeds():  # they import what is imported on use
            target(data)
    fuzz_rules.limit()
    mutate = getattr(target, "mutate", None)

    def mutator(data, most, seed):
        if seed % 2:
            return atheris.Mutate(data, most)
        try:
            return mutate(data, seed)[:most]
        except (ValueError, RecursionError):  # it is no JSON any more
            return atheris.Mutate(data, most)

    special = {} if mutate is None else {"custom_mutator": mutator}
    atheris.Setup([f"sh {AGAIN}", *options], target, **special)
    atheris.Fuzz()


def child(name, *options):
    """Run `fuzz` in a process of its own."""
    command = [sys.executable, __file__, "--be", name, *map(str, options)]
    AGAIN.write_text(f'exec {" ".join(command[:4])} "$@"\n')
    return subprocess.run(command, capture_output=True, text=True)


def campaign(name, seconds):
    """Fuzz one target for a while and print a row; whether nothing was found."""
    from fuzz_corpus import kept
    from fuzz_targets import TARGETS

    work, found, log = BUILD / name, FOUND / name, BUILD / f"{name}.log"
    work.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    for i, data in enumerate([*TARGETS[name]().seeds(), *kept(name)]):
        (work / f"kept-{i:04}").write_bytes(data)
    limits = f"-max_total_time={seconds}", f"-artifact_prefix={found}/"
    done = child(name, *OPTIONS, *limits, work)
    log.write_text(done.stdout + done.stderr)
    cases = re.findall(r"number_of_executed_units: (\d+)", done.stderr) or "?"
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr) or ["???"]
    outcome = f"  FAILED, see {log}" if done.returncode else ""
    print(ROW.format(name, cases[-1], *reached[-1]) + outcome, flush=True)
    return done.returncode == 0


def keep_few(name):
    """Keep the fewest inputs that reach what all do."""
    from fuzz_corpus import keep

    few = BUILD / f"few-{name}"
    shutil.rmtree(few, ignore_errors=True)
    few.mkdir()
    done = child(name, "-set_cover_merge=1", few, BUILD / name, FOUND / name)
    if done.returncode:
        sys.exit(done.stderr)
    keep(name, [path.read_bytes() for path in few.iterdir()])


def main():
    import fuzz_rules
    from fuzz_targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--keep", action="store_true", help="keep the inputs, as few as may be")
    parser.add_argument("--input", type=Path, help="run one target with this file alone")
    given = parser.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(
            f"expected targets of {', '.join(TARGETS)}, found {', '.join(sorted(unknown))}"
        )
    names = given.targets or list(TARGETS)
    if given.input:
        fuzz_rules.limit()
        return TARGETS[names[0]]()(given.input.read_bytes())
    print(ROW.format("target", "cases", "points", "ways", "inputs"))
    passed = [campaign(name, given.seconds) for name in names]
    if given.keep:
        for name in names:
            keep_few(name)
    return 0 if all(passed) else 1


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--be"]:
        fuzz(sys.argv[2], sys.argv[3:])
    sys.exit(main())
