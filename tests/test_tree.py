"""The rules of the tree: who may import whom, how long files are, what carries a docstring."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "zarr_c"  # the sources, of which the installed package has a part only
SOURCES = sorted(p for p in PACKAGE.rglob("*") if p.suffix in (".py", ".pyx", ".pxd"))
TESTS = sorted(p for p in Path(__file__).parent.rglob("*.py"))
HARD_LIMIT = 600

STAGES = {"_native", "metadata", "indexing", "codecs", "storage"}
FACES = {PACKAGE / "metadata" / "migrate_v3.py"}  # zarr-python gives it this place
# what each part may import besides itself, `errors`, `config`, `frozen`, `limits` and `recent`,
# as docs/architecture.md has it
LAYERS = {
    "errors": set(),
    "config": set(),
    "frozen": set(),
    "limits": set(),
    "recent": set(),
    "_version": set(),
    "_native": set(),
    "metadata": set(),
    "indexing": {"_native", "metadata"},
    "codecs": {"_native", "metadata", "indexing", "buffer"},
    "buffer": set(),
    "storage": {"_native", "buffer"},
    "_shard_indexes": STAGES,
    "_chunk_cache": STAGES,
    "_plan": STAGES | {"_chunk_cache", "_shard_indexes"},
    "_regions": STAGES | {"_plan"},
    "_scatter": STAGES | {"_plan"},
    "_fetch": STAGES | {"_chunk_cache", "_plan", "_scatter"},
    "_shard_ranges": STAGES
    | {"_chunk_cache", "_fetch", "_plan", "_regions", "_scatter", "_shard_indexes"},
    "_read_shards": STAGES
    | {"_chunk_cache", "_fetch", "_plan", "_regions", "_scatter"}
    | {"_shard_indexes", "_shard_ranges"},
    "_read": STAGES | {"_fetch", "_plan", "_regions", "_scatter", "_read_shards"},
    "_gather": STAGES | {"_plan"},
    "_write_shards": STAGES | {"_plan", "_regions", "_gather", "_scatter", "_shard_indexes"},
    "elements": {"metadata"},
    "_write": STAGES | {"_plan", "_regions", "_gather", "_read", "_write_shards", "elements"},
    "_selected": STAGES | {"_plan", "_regions", "_read", "_write", "elements"},
    "nodes": {"metadata", "storage"},
    "consolidated": {"metadata", "storage", "nodes"},
    "node_documents": {"metadata", "nodes"},
    "node_changes": {"metadata", "storage", "nodes", "node_documents", "consolidated"},
}
IMPORT = re.compile(
    r"^\s*(?:from\s+(zarr_c[\w.]*)\s+c?import\s+(\(?[\w, ]+)|c?import\s+(zarr_c[\w.]*))",
    re.MULTILINE,
)


def part(name):
    """The part of the package that a dotted name belongs to; None for the package itself."""
    return name.split(".")[1] if "." in name else None


def imports(path):
    text = path.read_text()
    if path.suffix == ".py":
        checked = _outside_type_checking(ast.parse(text))
        for node in checked:
            if isinstance(node, ast.Import):
                yield from (
                    alias.name for alias in node.names if alias.name.startswith("zarr_c")
                )
            elif node.module and node.module.split(".")[0] == "zarr_c":
                names = [alias.name for alias in node.names]
                plain = node.module == "zarr_c"
                yield from (f"zarr_c.{name}" for name in names) if plain else [node.module]
        return
    for module, names, plain in IMPORT.findall(text):
        if module == "zarr_c":
            yield from (f"zarr_c.{name.strip('( ')}" for name in names.split(","))
        else:
            yield module or plain


def _outside_type_checking(tree):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        yield from _outside_type_checking(node)


def ident(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=ident)
def test_imports_run_one_way(path):
    own = part(f"zarr_c.{'.'.join(path.relative_to(PACKAGE).with_suffix('').parts)}")
    if own not in LAYERS or path in FACES:  # the faces know all
        return
    allowed = LAYERS[own] | {own, "errors", "config", "frozen", "limits", "recent"}
    found = {part(name) for name in imports(path)}
    assert found <= allowed, f"{ident(path)} imports {sorted(map(str, found - allowed))}"


def test_the_check_of_imports_sees_imports():
    assert "zarr_c.storage._store" in set(imports(PACKAGE / "_read.pyx"))
    assert "zarr_c.errors" in set(imports(PACKAGE / "_native" / "_status.pyx"))
    assert "zarr_c.errors" in set(imports(PACKAGE / "storage" / "verbs.py"))
    assert {"zarr_c.nodes"} <= set(imports(PACKAGE / "array.py"))


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=ident)
def test_files_are_short(path):
    assert len(path.read_text().splitlines()) <= HARD_LIMIT


def test_most_files_are_within_the_budget():
    """400 lines is what a page of a whole path may take; only a few faces are longer."""
    longer = [ident(p) for p in [*SOURCES, *TESTS] if len(p.read_text().splitlines()) > 400]
    assert len(longer) <= 2, longer


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".pyx"], ids=ident)
def test_every_kernel_has_a_stub(path):
    assert path.with_suffix(".pyi").is_file()


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".py"], ids=ident)
def test_what_is_public_has_a_docstring(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) or path.name == "_version.py", "the module"
    definitions = (ast.FunctionDef, ast.ClassDef)
    owners = [tree, *(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name[0] != "_")]
    for owner in owners:
        for node in owner.body:
            if isinstance(node, definitions) and not node.name.startswith(("_", "test_")):
                plain = not any(_is(d, "setter", "overload") for d in node.decorator_list)
                overrides = owner is not tree and owner.bases
                assert ast.get_docstring(node) or not plain or overrides, node.name


def _is(decorator, *names):
    return getattr(decorator, "attr", getattr(decorator, "id", None)) in names


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".pyx"], ids=ident)
def test_what_is_public_in_a_kernel_has_a_docstring(path):
    text = path.read_text()
    assert text.startswith('"""')
    for found in re.finditer(r"^(?:def|cdef class) (\w+)", text, re.MULTILINE):
        if found[1].startswith("_"):
            continue
        header_end = re.compile(r":[ ]*(?:#.*)?\n").search(text, found.end())
        assert text[header_end.end() :].lstrip().startswith('"""'), found[1]
