"""``python -m zarr_c verify``: what it prints, and its exit status."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

import zarr_c
from zarr_c.__main__ import main

DATA = np.arange(8, dtype="i4")


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "x.zarr"
    zarr_c.create_group(path).create_array("x", data=DATA, chunks=4)
    return path


def run(*arguments):
    """Exit status, output and errors of a process."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    done = subprocess.run(
        [sys.executable, "-m", "zarr_c", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_clean_store(store):
    status, out, err = run("verify", store)
    assert (status, out) == (0, "2 nodes, 2 chunks, 32 bytes of elements, 0 findings\n")
    assert "verifying" in err
    assert run("verify", store, "--no-progress") == (0, out, "")


def test_findings_as_json_and_as_a_table(store):
    (store / "x" / "c" / "1").write_bytes(b"")
    (store / "note").write_bytes(b"?")
    status, out, err = run("verify", store, "--json", "--no-progress")
    assert (status, err) == (1, "")
    found = json.loads(out)
    assert found == zarr_c.verify(store).to_json()
    assert [(f["kind"], f["key"]) for f in found["findings"]] == [
        ("orphan", "note"),
        ("truncated", "x/c/1"),
    ]
    status, out, _ = run("verify", store)
    assert status == 1
    assert out == f"{zarr_c.verify(store)}\n"


def test_repairing(store):
    left = store / ".zc-tmp-x"
    left.write_bytes(b"")
    assert run("verify", store, "--no-progress", "--older-than", "3600")[0] == 0
    os.utime(left, (time.time() - 7200,) * 2)
    assert run("verify", store, "--no-progress")[0] == 1
    status, out, _ = run("verify", store, "--repair", "--json", "--no-progress")
    assert status == 0
    assert [f["action"] for f in json.loads(out)["findings"]] == ["removed"]
    assert not left.exists()


def in_process(capsys, *arguments):
    status = main([*map(str, arguments), "--no-progress"])
    return status, *capsys.readouterr()


def test_other_places_and_arguments(store, tmp_path, capsys):
    archive = tmp_path / "x.zip"
    zarr_c.copy_store(str(store), str(archive))
    zarr_c.open_group(archive, mode="r+").store.close()
    for place in (archive, f"file://{store}"):
        assert in_process(capsys, "verify", place)[0] == 0
    (store / "note").write_bytes(b"?")
    (store / "x" / "c" / "0").unlink()
    assert in_process(capsys, "verify", store)[0] == 1
    assert in_process(capsys, "verify", store, "--node", "x")[0] == 0
    status, out, _ = in_process(capsys, "verify", store, "--node", "x", "--complete")
    assert status == 1
    assert out.startswith("missing  x/c/0 ")


@pytest.mark.parametrize("name", ["absent", "absent.zip", "nothing://x", "empty", "text.zip"])
def test_what_cannot_be_opened(name, tmp_path, capsys):
    pytest.importorskip("fsspec")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_bytes(b"no archive")
    place = name if "://" in name else tmp_path / name
    status, out, err = in_process(capsys, "verify", place)
    assert (status, out) == (2, "")
    assert err.startswith(f"zarr_c verify: {place}: ")


@pytest.mark.parametrize("arguments", [[], ["verify"], ["verify", "a", "b"], ["other"]])
def test_usage(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: python -m zarr_c" in capsys.readouterr().err


def test_the_version(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"{zarr_c.__version__}\n"
