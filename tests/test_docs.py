"""The documents: their code runs, gives what they show, and has types."""

import inspect
import os
import re
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import doc_blocks
import pytest
from doc_blocks import ROOT, blocks, matches, pages, shown

import zarr_c
from zarr_c.config import SETTINGS

DOCS = ROOT / "docs"
# what blocks need that no test has, and how many there are of each
NOT_RUN = {
    "server": ("a bucket of a cloud", {"README.md": 1}),
    "mpi": ("mpiexec", {"docs/other_libraries.md": 1}),
    "extension": ("a module compiled from the C above it", {"docs/codecs.md": 1}),
}
PUBLIC = [
    *("zarr_c", "zarr_c.api.asynchronous"),
    *(f"zarr_c.abc.{name}" for name in ("buffer", "codec", "metadata", "numcodec", "store")),
    *(f"zarr_c.{name}" for name in ("buffer", "buffer.cpu", "buffer.gpu", "dtype", "errors")),
    *("zarr_c.codecs", "zarr_c.codecs.numcodecs", "zarr_c.storage", "zarr_c.testing"),
    *("zarr_c.experimental", "zarr_c.experimental.cache_store", "zarr_c.metadata.migrate_v3"),
    *("zarr_c.registry", "zarr_c.types"),
]
GPU = "gpu"  # these run on the stand-in for CuPy
PACKAGES = {"dask", "h5py"}  # of the extra `test`


def ident(page):
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def namespace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield {"__name__": "page"}
    zarr_c.config.reset()


@pytest.mark.parametrize("page", pages(), ids=ident)
def test_the_code_of_a_page_gives_what_is_shown(page, namespace, request):
    for block in blocks(page):
        if block.needs == GPU:
            request.getfixturevalue("cupy")
        if block.needs in PACKAGES:
            pytest.importorskip(block.needs)
        if block.needs not in NOT_RUN:
            doc_blocks.run(block, namespace)


def test_blocks_that_are_not_run_are_known():
    found = {
        need: dict(Counter(ident(p) for p in pages() for b in blocks(p) if b.needs == need))
        for need in {b.needs for p in pages() for b in blocks(p)} - {"", GPU, *PACKAGES}
    }
    assert found == {need: counts for need, (_, counts) in NOT_RUN.items()}


def test_mypy_accepts_the_code_of_the_pages(tmp_path):
    doc_blocks.write_modules(tmp_path)
    command = [
        *(sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports"),
        "--untyped-calls-exclude=dask",
        "--untyped-calls-exclude=h5py",
        "--config-file",
        ROOT / "pyproject.toml",
    ]
    files = sorted(tmp_path.glob("*.py"))
    here = Path(zarr_c.__file__).parents[1]
    found = {"MYPYPATH": str(here)} if here == ROOT else {}  # of an editable installation
    done = subprocess.run(
        [*command, *files],
        cwd=tmp_path,
        env=os.environ | found,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_page_is_in_a_table_of_contents():
    listed = set()
    for page in DOCS.rglob("*.md"):
        for tree in re.findall(
            r"^```\{toctree\}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE
        ):
            names = [n for n in tree.split("\n") if n and not n.startswith(":")]
            globbed = [p for n in names for p in page.parent.glob(f"{n}.md")]
            listed |= {p.resolve() for p in globbed}
    assert set(DOCS.rglob("*.md")) - listed == {DOCS / "index.md"}


# ---- the reference


def referred():
    """The names that pages of the reference describe."""
    names = set()
    for page in (DOCS / "api").glob("*.md"):
        module = ""
        for line in page.read_text().splitlines():
            if found := re.match(r"\.\. currentmodule:: ([\w.]+)", line):
                module = found[1]
            elif found := re.match(r"\.\. automodule:: ([\w.]+)", line):
                names |= {f"{found[1]}.{n}" for n in sys.modules[found[1]].__all__}
            elif found := re.match(r"   ([\w.]+)$", line):
                names.add(f"{module}.{found[1]}")
            elif found := re.match(r"\| `(zarr_c[\w.]*)` \| (.*) \|$", line):
                names |= {f"{found[1]}.{name}" for name in re.findall(r"`(\w+)`", found[2])}
    return names


@pytest.mark.parametrize("module", PUBLIC)
def test_the_reference_has_every_public_name(module):
    found = import_module(module)
    public = {n for n in found.__all__ if not inspect.ismodule(getattr(found, n))}
    public -= {"__version__", "config"}
    assert {f"{module}.{name}" for name in public} <= referred()


def test_the_table_of_settings_is_complete():
    text = (DOCS / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `([\w.]+)` \| `(.+?)` \|", text, re.MULTILINE))
    assert rows == {name: repr(setting.default) for name, setting in SETTINGS.items()}


# ---- the comparison itself


def test_what_is_shown_is_compared(tmp_path):
    page = tmp_path / "page.md"
    for code in (
        "1 + 1  # -> 3",
        "print('a')\n# -> b",
        "1 / 0  # -> ValueError: ...",
        "1 / 0",
        "if 1:\n    1  # -> 1\n    2",
    ):
        page.write_text(f"```python\n{code}\n```\n")
        (block,) = blocks(page)
        with pytest.raises((AssertionError, ZeroDivisionError)):
            doc_blocks.run(block, {})
    page.write_text(
        "```python\n1 + 1  # -> 2\nfor i in range(2):\n    print(i)\n# -> 0\n#    1\n"
        "1 / 0  # -> ZeroDivisionError: ...\n```\n"
    )
    doc_blocks.run(blocks(page)[0], {})


def test_shown_output_may_leave_out_the_middle():
    assert shown(["x  # -> a", "#    b", "", "# -> c"], 1) == "a\n    b"
    assert matches("a ... d", "a b\n  c d")
    assert not matches("a", "ab")
