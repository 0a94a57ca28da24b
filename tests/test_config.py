"""Settings: names, values, restoring, the environment, threads."""

import threading

import pytest

from zarr_c.config import SETTINGS, Config, config
from zarr_c.errors import UnknownSettingError, ZarrUserWarning


@pytest.fixture
def settings():
    return Config()


def test_set_counts_at_once_and_restores_at_the_end_of_a_block(settings):
    settings.set({"threads": 3})
    assert settings.get("threads") == settings["threads"] == 3
    with settings.set({"array": {"order": "F"}}, array__write_empty_chunks=True, threads=1):
        assert settings.get("array.order") == "F"
        assert settings.get("array.write_empty_chunks") is True
        assert settings.get("threads") == 1
    assert settings.get("array.order") == "C"
    assert settings.get("threads") == 3


def test_blocks_nest_and_an_exception_restores(settings):
    with settings.set(threads=1):
        with pytest.raises(RuntimeError), settings.set(threads=2):
            raise RuntimeError
        assert settings.get("threads") == 1
    assert settings.get("threads") is None


def test_the_names_of_zarr_python(settings):
    settings.set({"threading.max_workers": 5, "async.concurrency": 128})
    assert settings.get("threads") == settings.get("threading.max_workers") == 5
    settings.set({"codec_pipeline.path": "a.b.C", "codecs.bytes": "my.Codec"})
    assert settings.get("codecs.bytes") == "my.Codec"
    assert settings.get("array") == {
        name.removeprefix("array."): setting.default
        for name, setting in SETTINGS.items()
        if name.startswith("array.")
    }


def test_defaults_are_those_of_zarr_python(settings):
    zarr = pytest.importorskip("zarr")
    from donfig import Config as Donfig

    theirs = Donfig("zarr", defaults=zarr.config.defaults, env={}, paths=[])
    for name in SETTINGS:
        if name.startswith(("array.", "json_indent", "default_zarr_format")):
            assert settings.get(name) == theirs.get(name, settings.get(name)), name


def test_an_unknown_name_names_its_neighbours(settings):
    with pytest.raises(UnknownSettingError, match=r"'array\.ordr'.*'array\.order'"):
        settings.set({"array.ordr": "F"})
    with pytest.raises(KeyError, match="nothing_like_it"):
        settings.get("nothing_like_it")
    assert settings.get("nothing_like_it", 7) == 7


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("threads", 0, ValueError),
        ("threads", "4", TypeError),
        ("threads", True, ValueError),
        ("array.order", "Q", ValueError),
        ("array.order", 1, TypeError),
        ("array.write_empty_chunks", 1, TypeError),
        ("default_zarr_format", 4, ValueError),
    ],
)
def test_a_wrong_value_changes_nothing(settings, name, value, error):
    before = settings.to_dict()
    with pytest.raises(error, match=f"{name}.*expected.*found {value!r}"):
        settings.set({"json_indent": 4, name: value})
    assert settings.to_dict() == before


def test_the_environment_ours_wins(settings, monkeypatch):
    monkeypatch.setenv("ZARR_ARRAY__ORDER", "F")
    monkeypatch.setenv("ZARR_JSON_INDENT", "4")
    monkeypatch.setenv("ZARR_C_JSON_INDENT", "none")
    monkeypatch.setenv("ZARR_C_THREADS", "2")
    monkeypatch.setenv("ZARR_C_ARRAY__WRITE_EMPTY_CHUNKS", "True")
    monkeypatch.setenv("ZARR_C_BUILD", "debug")
    settings.reset()
    assert settings.get("array.order") == "F"
    assert settings.get("json_indent") is None
    assert settings.get("threads") == 2
    assert settings.get("array.write_empty_chunks") is True
    settings.set(threads=9)
    settings.refresh()
    assert settings.get("threads") == 2


@pytest.mark.parametrize("variable", ["ZARR_C_THREDS", "ZARR_C_THREADS"])
def test_a_bad_variable_is_named(settings, monkeypatch, variable):
    monkeypatch.setenv(variable, "many")
    with pytest.warns(ZarrUserWarning, match=f"{variable} is ignored"):
        settings.reset()
    assert settings.get("threads") is None


def test_threads_lose_no_setting(settings):
    names = ["threads", "json_indent", "async.concurrency", "codec_pipeline.batch_size"]

    def work(name):
        for value in range(1, 200):
            settings.set({name: value})

    workers = [threading.Thread(target=work, args=(name,)) for name in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [settings.get(name) for name in names] == [199] * 4


def test_it_prints(settings, capsys):
    settings.pprint()
    assert "array.order = 'C'" in capsys.readouterr().out
    assert dict(config)["array.order"] == config["array.order"]
