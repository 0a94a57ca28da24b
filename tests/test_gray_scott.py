"""The demo stores what it computes, other libraries read it, its physics is the equations."""

import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import tensorstore
import zarr

EXAMPLES = Path(__file__).parents[1] / "examples"
GRID, STEPS, EVERY = 16, 25, 10
TIMES = [0, 10, 20, 25]
RATES = {"F": 0.025, "k": 0.055, "Du": 0.14, "Dv": 0.07, "dt": 1.0}


@pytest.fixture(scope="module")
def demo():
    """The example as a module, found as Python finds it for a script: beside its neighbours."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        import gray_scott

        yield gray_scott
    finally:
        sys.path.remove(str(EXAMPLES))


def arguments(folder, *more):
    """A run that takes a fraction of a second."""
    tiny = ["--grid", GRID, "--steps", STEPS, "--output-every", EVERY]
    places = ["--output", folder / "out.zarr", "--png", folder / "out.png"]
    return [str(word) for word in (*tiny, *places, *more)]


@pytest.fixture(scope="module", params=["none", "zstd", "blosc", "gzip"])
def folder(request, demo, tmp_path_factory):
    """Where one run per codec left its store and its picture."""
    path = tmp_path_factory.mktemp(request.param)
    assert demo.main(arguments(path, "--codec", request.param)) == 0
    return path


@pytest.fixture(scope="module")
def state(demo):
    """The simulation of the run above, repeated in memory."""
    simulation = demo.GrayScott(GRID, demo.Parameters(**RATES), noise=0.01, seed=3)
    simulation.step(STEPS)
    return simulation


def same_bits(found, expected):
    return found.dtype == expected.dtype and found.tobytes() == expected.tobytes()


def test_zarr_python_reads_the_last_step(folder, state):
    group = zarr.open_group(folder / "out.zarr", mode="r", zarr_format=3)
    for name in ("U", "V"):
        array = group[name]
        assert array.shape == (len(TIMES), GRID, GRID, GRID)
        assert array.metadata.dimension_names == ("time", "z", "y", "x")
        assert same_bits(array[-1], getattr(state, name))
    assert sorted(group.array_keys()) == ["U", "V", "time", "x", "y", "z"]
    assert group["time"][:].tolist() == TIMES
    for name in "zyx":
        assert group[name].metadata.dimension_names == (name,)
        assert group[name][:].tolist() == list(range(GRID))


def test_tensorstore_reads_the_last_step(folder, state):
    for name in ("U", "V"):
        path = str(folder / "out.zarr" / name)
        spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": path}}
        array = tensorstore.open(spec, read=True).result()
        assert array.domain.labels == ("time", "z", "y", "x")
        assert array.shape == (len(TIMES), GRID, GRID, GRID)
        assert same_bits(array[len(TIMES) - 1].read().result(), getattr(state, name))


def test_attributes_describe_the_run(demo, folder):
    group = zarr.open_group(folder / "out.zarr", mode="r")
    attributes = group.attrs.asdict()
    run = {"noise": 0.01, "seed": 3, "steps": STEPS, "output_every": EVERY}
    assert attributes["parameters"] == RATES | run
    assert attributes["versions"]["zarr_c"] == demo.zarr.__version__
    assert "10.1126/science.261.5118.189" in attributes["references"]
    assert all(array.attrs["units"] == "1" for _, array in group.arrays())


def test_picture_shows_something(folder):
    picture = matplotlib.image.imread(folder / "out.png")
    assert min(picture.shape[:2]) > 400
    assert picture[..., :3].std() > 0.05


def test_physics_agrees_with_the_equations(demo):
    """Against a plain float64 form of the equations, on a grid of several blocks of planes."""
    rates = demo.Parameters(F=0.03, k=0.06, Du=0.16, Dv=0.05, dt=0.9)
    simulation = demo.GrayScott(40, rates, noise=0.05, seed=1)
    u, v = simulation.U.astype(float), simulation.V.astype(float)

    def laplacian(field):
        shifted = (np.roll(field, shift, axis) for axis in range(3) for shift in (-1, 1))
        return sum(shifted) - 6 * field

    for _ in range(12):
        eaten = u * v * v
        du = rates.Du * laplacian(u) - eaten + rates.F * (1 - u)
        dv = rates.Dv * laplacian(v) + eaten - (rates.F + rates.k) * v
        u, v = u + rates.dt * du, v + rates.dt * dv
    simulation.step(12)
    assert len(simulation._blocks[0]) > 1
    np.testing.assert_allclose(simulation.U, u, rtol=0, atol=2e-6)
    np.testing.assert_allclose(simulation.V, v, rtol=0, atol=2e-6)


def test_a_wrong_store_is_reported(demo, tmp_path, monkeypatch, capsys):
    honest = demo.read_back

    def flip_one_bit(group, name):
        field, seconds = honest(group, name)
        field.view(np.uint32)[1, 2, 3] ^= 1
        return field, seconds

    monkeypatch.setattr(demo, "read_back", flip_one_bit)
    assert demo.main(arguments(tmp_path)) == 1
    message = capsys.readouterr().err
    assert "U: 1 of 4096 values differ; at (1, 2, 3) expected" in message


def test_overwrite_replaces_the_store(demo, tmp_path):
    assert demo.main(arguments(tmp_path)) == 0
    assert demo.main(arguments(tmp_path, "--steps", 10, "--overwrite")) == 0
    assert zarr.open_group(tmp_path / "out.zarr", mode="r")["V"].shape[0] == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--grid", 7], "--grid: expected a value from 8 to 4096, found 7"),
        (["--steps", 0], "--steps: expected a value from 1 to inf, found 0"),
        (["--output-every", 26], "--output-every: expected a value from 1 to 25, found 26"),
        (
            ["--codec", "zstd", "--level", 99],
            "--level: expected a value from 1 to 22, found 99",
        ),
        (["--codec", "rar"], "invalid choice: 'rar'"),
        (["--F", "nan"], "--F: expected a value from 0 to 1, found nan"),
        (["--dt", 3], "--dt: expected 6 dt max(Du, Dv) <= 1"),
        (["--png", "/no/such/folder/x.png"], "--png: expected a path in a folder that exists"),
        (["--output", EXAMPLES], "exists; give another path or --overwrite"),
        (["--output", EXAMPLES, "--overwrite"], "found no zarr.json in"),
    ],
)
def test_wrong_options_are_refused(demo, tmp_path, capsys, words, message):
    with pytest.raises(SystemExit) as exit_:
        demo.main(arguments(tmp_path, *words))
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out.zarr").exists()
