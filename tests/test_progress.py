"""What `progress=` reports, and to whom."""

import sys
import threading

import pytest

from zarr_c.progress import measured


def run(progress, steps=3):
    with measured(progress, steps, "copying") as meter:
        for _ in range(steps):
            meter.add()
    return meter


def test_a_callable_hears_each_step():
    heard = []
    run(lambda done, total: heard.append((done, total)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_steps_that_turn_out_to_be_needed_count():
    heard = []
    with measured(lambda *step: heard.append(step), 0, "walking") as meter:
        meter.expect(2)
        meter.add()
        meter.expect(5)
        meter.add(3)
    assert heard == [(1, 2), (4, 7)]


def test_what_a_callable_raises_ends_the_work():
    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(stop)


def test_threads_lose_no_step():
    heard = []
    with measured(lambda done, total: heard.append(done), 400, "x") as meter:
        threads = [
            threading.Thread(target=lambda: [meter.add() for _ in range(100)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard == list(range(1, 401))


@pytest.mark.parametrize("progress", [False, None])
def test_nothing_is_reported_unless_asked_for(progress, capsys):
    assert run(progress).done == 0
    assert capsys.readouterr() == ("", "")


def test_a_bar_is_drawn_on_stderr(capsys):
    run(True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "copying" in err
    assert "100%" in err


def test_a_plain_line_without_rich(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    run(True)
    assert capsys.readouterr() == ("", "copying 100% (3/3)\n")


def test_a_line_moves_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run(True)
    assert capsys.readouterr().err == "\rcopying  33% (1/3)\rcopying 100% (3/3)\n"


def test_anything_else_is_refused():
    with pytest.raises(TypeError, match="progress: expected True, False or a callable"):
        run("yes")
