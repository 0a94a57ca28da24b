"""The examples of docs/rechunking.md, one after the other."""

import re
from pathlib import Path

import numpy as np

import zarr_c

PAGE = Path(__file__).parents[1] / "docs" / "rechunking.md"


def test_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    names = {}
    for block in blocks:
        exec(block, names)
    assert len(blocks) == 5
    steps = zarr_c.open_array("steps.zarr", mode="r")
    for name in ("series", "sharded", "smaller", "old", "copy", "other"):
        copied = zarr_c.open_array(f"{name}.zarr", mode="r")
        np.testing.assert_array_equal(copied[...], steps[...])
        assert not Path(f"{name}.zarr/__rechunk__").exists()
    for path in ("columns.zarr", "again.zarr/again"):
        np.testing.assert_array_equal(zarr_c.open_array(path, mode="r")[...], np.eye(1000))
    assert "boxes in two passes" in capsys.readouterr().out
