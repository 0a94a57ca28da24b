"""The Python in the documents: taken out of pages, run, and compared with the output shown.

A block that begins with three backticks and ``python`` runs; another word behind it says what
it needs (``python server``). ``# -> text`` behind a statement, or on lines of its own below it,
is what the statement gives: the repr of an expression, else what was printed, else the error
that was raised, as ``Name: message``. White space counts as one space, ``...`` is anything.

``python tests/helpers/doc_blocks.py FOLDER`` writes a module for each page, for mypy.
"""

import ast
import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```python *(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"#\s*->\s?(.*)")


class Block(NamedTuple):
    """One block of a page; `line` is where its code begins, `needs` what has to be there."""

    page: Path
    line: int
    needs: str
    code: str


def pages():
    """All documents with Python in them."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if blocks(page)]


def blocks(page):
    text = page.read_text()
    return [
        Block(page, text.count("\n", 0, found.start(2)) + 1, found[1], found[2])
        for found in FENCE.finditer(text)
    ]


def run(block, names):
    """Run a block in a namespace and compare all output that it shows.

    Raises
    ------
    AssertionError
        If it gives something else.
    """
    tree = ast.parse(block.code)
    lines = block.code.splitlines()
    compared = 0
    for statement, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        end = following.lineno - 1 if following else len(lines)
        expected = shown(lines[statement.end_lineno - 1 : end], statement.end_col_offset)
        found = _run_statement(statement, block, names, expected is not None)
        if expected is not None:
            compared += 1
            where = f"{block.page.name}:{block.line + statement.lineno - 1}"
            assert matches(expected, found), f"{where}\nshown: {expected}\nfound: {found}"
    assert compared == len(re.findall(r"#\s*->", block.code)), f"{block}: output within a block"


def shown(lines, column):
    """The output shown behind a statement that ends in the first of some lines, or None."""
    first = SHOWN.search(lines[0][column:].lstrip())
    found = [first[1]] if first else []
    for line in lines[1:]:
        comment = re.match(r"\s*#(.*)", line)
        start = SHOWN.match(line)
        if comment is None or not (found or start):
            break
        found.append(start[1] if start else comment[1])
    return "\n".join(found) if found else None


def matches(expected, found):
    parts = " ".join(expected.split()).split("...")
    pattern = ".*".join(map(re.escape, parts))
    return re.fullmatch(pattern, " ".join(found.split()), re.DOTALL) is not None


def _run_statement(statement, block, names, may_raise):
    """What a statement gives, as it is shown."""
    ast.increment_lineno(statement, block.line - 1)  # tracebacks lead into the page
    printed = io.StringIO()
    value = None
    try:
        with redirect_stdout(printed):
            if isinstance(statement, ast.Expr):
                code = compile(ast.Expression(statement.value), str(block.page), "eval")
                value = eval(code, names)
            else:
                exec(compile(ast.Module([statement], []), str(block.page), "exec"), names)
    except Exception as error:
        if not may_raise:
            raise
        return f"{type(error).__name__}: {error}"
    finally:
        ast.increment_lineno(statement, 1 - block.line)
    return printed.getvalue() if value is None else repr(value)


def write_modules(folder):
    """Write the blocks of each page as a module, at the lines where they are in the page."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in pages():
        module = []
        for block in blocks(page):
            module += [""] * (block.line - 1 - len(module)) + block.code.splitlines()
        name = "_".join(page.relative_to(ROOT).with_suffix("").parts).lower()
        (folder / f"page_{name}.py").write_text("\n".join(module) + "\n")


if __name__ == "__main__":
    write_modules(Path(sys.argv[1]))
