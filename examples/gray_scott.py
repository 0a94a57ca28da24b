"""Gray-Scott reaction and diffusion in 3-D, written to Zarr while it runs.

Two substances on a periodic cube: U is fed at rate F, V eats U and is removed at rate F + k::

    dU/dt = Du lap(U) - U V^2 + F (1 - U)
    dV/dt = Dv lap(V) + U V^2 - (F + k) V

J. E. Pearson, "Complex Patterns in a Simple System", Science 261 (1993),
doi:10.1126/science.261.5118.189.

Each output step is appended to the arrays ``U`` and ``V`` (time, z, y, x) of a Zarr v3 group.
At the end the store is opened again, its last step is compared with memory bit for bit, and the
middle planes of V are drawn. ``python examples/gray_scott.py --help`` lists the options.
"""

import argparse
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from time import perf_counter

import numpy as np
from plot_gray_scott import draw
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import zarr_c as zarr

REFERENCE = "Pearson 1993, doi:10.1126/science.261.5118.189"
DIMENSIONS = ("time", "z", "y", "x")
LONG_NAMES = {
    "U": "concentration of the fed substance U",
    "V": "concentration of the autocatalyst V",
}
# Of each codec the lowest, the usual and the highest level.
LEVELS = {"none": (0, 0, 0), "zstd": (1, 3, 22), "blosc": (0, 3, 9), "gzip": (0, 5, 9)}
CHUNK_EDGE = 64  # cells: 1 MiB of float32 per chunk, so that one output step feeds all cores
BLOCK_CELLS = 1 << 16  # a block and its twelve neighbours stay in cache; best of 2**14 to 2**25
FLOOR = np.float32(1e-20)  # keeps V out of the denormal numbers, which cost ten times the time


# ---- physics ----


@dataclass(frozen=True)
class Parameters:
    """Dimensionless rates of the model, in grid units (cell edge 1)."""

    F: float
    k: float
    Du: float
    Dv: float
    dt: float


class GrayScott:
    """State of the simulation: two fields, each with one ghost layer and two time levels.

    Fields are walked as flat memory: a neighbour is then one constant offset away, every NumPy
    call runs over one long piece, and what lands in ghost cells is overwritten by `_wrap`.
    """

    def __init__(self, grid, parameters, noise, seed):
        edge = grid + 2
        self.parameters = parameters
        self._u = [np.ones((edge,) * 3, np.float32) for _ in range(2)]
        self._v = [np.full((edge,) * 3, FLOOR) for _ in range(2)]
        self._level = 0
        planes = max(1, BLOCK_CELLS // edge**2)
        scratch = np.empty((2, planes * edge**2), np.float32)
        starts = range(1, grid + 1, planes)
        self._blocks = [
            [self._block(level, z, min(z + planes, grid + 1), scratch) for z in starts]
            for level in range(2)
        ]
        _seed(self.U, self.V, noise, np.random.default_rng(seed))
        self._wrap()

    @property
    def U(self):
        """The current U without ghost cells: a view of shape (grid, grid, grid)."""
        return self._u[self._level][1:-1, 1:-1, 1:-1]

    @property
    def V(self):
        """The current V without ghost cells: a view of shape (grid, grid, grid)."""
        return self._v[self._level][1:-1, 1:-1, 1:-1]

    def step(self, count=1):
        """Advance by `count` time steps."""
        for _ in range(count):
            self._react_and_diffuse(self._blocks[self._level])
            self._level ^= 1
            self._wrap()

    def _block(self, level, start, stop, scratch):
        """Views of one block of planes: (old, new, neighbours) of U, of V, and two buffers."""
        edge = self._u[0].shape[0]
        plane = edge * edge
        low, high = start * plane + edge + 1, stop * plane - edge - 1
        fields = []
        for field in (self._u, self._v):
            old, new = field[level].reshape(-1), field[1 - level].reshape(-1)
            shifts = (-1, 1, -edge, edge, -plane, plane)
            fields.append(
                (old[low:high], new[low:high], [old[low + s : high + s] for s in shifts])
            )
        return *fields, scratch[0, : high - low], scratch[1, : high - low]

    def _react_and_diffuse(self, blocks):
        """One forward Euler step; every result goes into memory that exists."""
        p = self.parameters
        rates = [p.dt * p.Du, 1 - p.dt * (6 * p.Du + p.F), p.dt * p.F]
        rates += [p.dt * p.Dv, 1 - p.dt * (6 * p.Dv + p.F + p.k), p.dt]
        spread_u, keep_u, feed, spread_v, keep_v, dt = map(np.float32, rates)
        for (u, new_u, around_u), (v, new_v, around_v), eaten, buffer in blocks:
            np.multiply(v, v, out=eaten)
            np.multiply(eaten, u, out=eaten)
            np.multiply(eaten, dt, out=eaten)
            _diffuse(u, around_u, spread_u, keep_u, new_u, buffer)
            np.subtract(new_u, eaten, out=new_u)
            np.add(new_u, feed, out=new_u)
            _diffuse(v, around_v, spread_v, keep_v, new_v, buffer)
            np.add(new_v, eaten, out=new_v)
            np.maximum(new_v, FLOOR, out=new_v)

    def _wrap(self):
        """Fill the ghost layers from the opposite faces: the domain is periodic."""
        for field in (self._u[self._level], self._v[self._level]):
            for axis in range(3):
                faces = np.moveaxis(field, axis, 0)
                faces[0], faces[-1] = faces[-2], faces[1]


def _diffuse(old, around, spread, keep, new, buffer):
    """``new = spread * sum(around) + keep * old``."""
    np.add(around[0], around[1], out=new)
    for neighbour in around[2:]:
        np.add(new, neighbour, out=new)
    np.multiply(new, spread, out=new)
    np.multiply(old, keep, out=buffer)
    np.add(new, buffer, out=new)


def _seed(u, v, noise, random, spots=8, radius=4.0):
    """Put drops of V at random places, three on the middle plane, and noise everywhere."""
    grid = u.shape[0]
    axis = np.arange(grid)
    centres = random.uniform(0, grid, (spots, 3))
    centres[:3, 0] = grid // 2
    for centre in centres:
        away = [(axis - c + grid / 2) % grid - grid / 2 for c in centre]
        z, y, x = (np.exp(-(a**2) / (2 * radius**2)).astype(np.float32) for a in away)
        drop = z[:, None, None] * y[:, None] * x
        u -= 0.5 * drop
        v += 0.25 * drop
    u -= noise * random.random(u.shape, np.float32)
    v += noise * random.random(v.shape, np.float32)


# ---- output ----


def make_compressor(codec, level):
    """The codec that an array takes as its `compressors`."""
    match codec:
        case "zstd":
            return zarr.codecs.ZstdCodec(level=level)
        case "blosc":
            return zarr.codecs.BloscCodec(cname="zstd", clevel=level, shuffle="shuffle")
        case "gzip":
            return zarr.codecs.GzipCodec(level=level)
    return None


def create_output(options, parameters):
    """Create the group: coordinates filled, ``time``, ``U`` and ``V`` empty and ready to grow.

    Returns
    -------
    zarr.Group
        Of format 3, with ``U`` and ``V`` of shape (0, grid, grid, grid).
    """
    grid, compressor = options.grid, make_compressor(options.codec, options.level)
    group = zarr.create_group(
        store=str(options.output),
        zarr_format=3,
        overwrite=options.overwrite,
        attributes=group_attributes(options, parameters),
    )

    def add(name, shape, chunks, dimensions, long_name, compressors=None):
        return group.create_array(
            name,
            shape=shape,
            chunks=chunks,
            dtype="float32",
            compressors=compressors,
            dimension_names=dimensions,
            attributes={"long_name": long_name, "units": "1"},
        )

    add("time", (0,), (1024,), ("time",), "model time")
    for name in DIMENSIONS[1:]:
        axis = add(name, (grid,), (grid,), (name,), f"cell index along {name}")
        axis[:] = np.arange(grid, dtype=np.float32)
    edge = -(-grid // -(-grid // CHUNK_EDGE))
    shape, chunks = (0, grid, grid, grid), (1, edge, edge, edge)
    for name, long_name in LONG_NAMES.items():
        add(name, shape, chunks, DIMENSIONS, long_name, compressor)
    return group


def group_attributes(options, parameters):
    """What a reader of the store wants to know about the run."""
    versions = {"zarr_c": zarr.__version__, "numpy": np.__version__}
    chosen = ("noise", "seed", "steps", "output_every")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "title": "Gray-Scott reaction and diffusion in 3-D",
        "source": "forward Euler, 7-point Laplacian, float32, periodic",
        "references": REFERENCE,
        "history": f"{now} written by examples/gray_scott.py",
        "parameters": asdict(parameters) | {name: getattr(options, name) for name in chosen},
        "versions": versions,
    }


def run(simulation, group, options, console):
    """Step to the end and append each output step; return the seconds spent writing U and V."""
    written = dict.fromkeys(LONG_NAMES, 0.0)
    computed = 0.0
    arrays = {name: group[name] for name in (*LONG_NAMES, "time")}
    label = TextColumn("[bold magenta]Gray-Scott")
    state = TextColumn("step {task.completed}/{task.total}  {task.fields[rates]}")
    columns = (label, BarColumn(bar_width=None), state, TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("run", total=options.steps, rates="")
        append_step(arrays, 0.0, simulation, written)
        for step, count in output_steps(options.steps, options.output_every):
            start = perf_counter()
            simulation.step(count)
            computed += perf_counter() - start
            append_step(arrays, step * options.dt, simulation, written)
            megabytes = sum(arrays[name].nbytes for name in LONG_NAMES) / 1e6
            speed = megabytes / sum(written.values())
            rates = f"{step / computed:.0f} steps/s, {speed:.0f} MB/s written"
            progress.update(bar, completed=step, rates=rates)
    return written


def output_steps(steps, every):
    """Yield (step, steps since the one before) for each output; the last step is always one."""
    for step in range(every, steps, every):
        yield step, every
    yield steps, (steps - 1) % every + 1


def append_step(arrays, time, simulation, written):
    """Append one output step; the time comes last: who finds a time finds its fields."""
    for name in LONG_NAMES:
        start = perf_counter()
        arrays[name].append(getattr(simulation, name)[np.newaxis], axis=0)
        written[name] += perf_counter() - start
    arrays["time"].append(np.array([time], np.float32))


# ---- check and report ----


def read_back(group, name):
    """Read all steps of one array, one at a time; return (last step, seconds)."""
    array = group[name]
    start = perf_counter()
    for step in range(array.shape[0]):
        field = array[step]
    return field, perf_counter() - start


def difference(name, stored, expected):
    """Return None if both are the same bit for bit, else a sentence that says what differs."""
    if stored.shape != expected.shape or stored.dtype != expected.dtype:
        found = f"{stored.dtype}{stored.shape}"
        return f"{name}: expected {expected.dtype}{expected.shape}, found {found}"
    expected = np.ascontiguousarray(expected)
    wrong = np.argwhere(stored.view(np.uint32) != expected.view(np.uint32))
    if not len(wrong):
        return None
    first = tuple(map(int, wrong[0]))
    values = f"expected {expected[first]!r}, found {stored[first]!r}"
    return f"{name}: {len(wrong)} of {stored.size} values differ; at {first} {values}"


def report(path, group, written, read, console):
    """Print the table of what was stored and how fast."""
    table = Table(title=str(path), title_style="bold", header_style="bold cyan")
    for heading in ("array", "shape", "chunks"):
        table.add_column(heading, no_wrap=True)
    for heading in ("stored bytes", "ratio", "write MB/s", "read MB/s"):
        table.add_column(heading, justify="right", no_wrap=heading == "stored bytes")
    for name in LONG_NAMES:
        array = group[name]
        stored = array.nbytes_stored()
        shape, chunks = ("x".join(map(str, sizes)) for sizes in (array.shape, array.chunks))
        rates = (f"{array.nbytes / seconds[name] / 1e6:,.0f}" for seconds in (written, read))
        ratio = f"{array.nbytes / stored:.2f}"
        table.add_row(name, shape, chunks, f"{stored:,}", ratio, *rates)
    console.print(table)


# ---- command line ----


def parse(argv):
    """Turn the command line into options, or exit with 2 and say which option is wrong."""
    parser = argparse.ArgumentParser(
        description="Gray-Scott reaction and diffusion in 3-D, written to Zarr.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--grid", type=int, default=128, metavar="N", help="cells along each axis, at least 8")
    add("--steps", type=int, default=3000, help="time steps")
    add(
        "--output-every", "--plot-gap", type=int, default=150, help="time steps between outputs"
    )
    add("--F", type=float, default=0.025, help="feed rate")
    add("--k", type=float, default=0.055, help="removal rate")
    add("--Du", type=float, default=0.14, help="diffusion of U, in cells squared per time")
    add("--Dv", type=float, default=0.07, help="diffusion of V")
    add("--dt", type=float, default=1.0, help="time step")
    add("--noise", type=float, default=0.01, help="amplitude of the initial noise")
    add("--seed", type=int, default=3, help="of the random initial state")
    add("--codec", choices=LEVELS, default="blosc", help="compressor of U and V")
    add("--level", type=int, help="of the codec; its usual one if None")
    add("--output", type=Path, default=Path("gray_scott.zarr"), help="the Zarr group to create")
    add("--png", type=Path, default=Path("gray_scott.png"), help="the picture to draw")
    add("--overwrite", action="store_true", help="replace a Zarr group that exists at --output")
    options = parser.parse_args(argv)
    if options.level is None:
        options.level = LEVELS[options.codec][1]
    for refusal in refusals(options):
        parser.error(refusal)
    return options


def refusals(options):
    """Yield a sentence for each option out of its range."""
    lowest, _, highest = LEVELS[options.codec]
    limits = {"grid": (8, 4096), "steps": (1, inf), "output_every": (1, options.steps)}
    limits |= {"level": (lowest, highest), "noise": (0, 0.5), "seed": (0, inf)}
    limits |= dict.fromkeys(("F", "k", "Du", "Dv"), (0, 1)) | {"dt": (1e-6, 100)}
    for name, (low, high) in limits.items():
        value = getattr(options, name)
        if not low <= value <= high:
            option = f"--{name.replace('_', '-')}"
            yield f"{option}: expected a value from {low} to {high}, found {value}"
    fastest = 6 * options.dt * max(options.Du, options.Dv)
    if fastest > 1:
        yield f"--dt: expected 6 dt max(Du, Dv) <= 1, else it blows up, found {fastest:g}"
    if not options.png.parent.is_dir():
        yield f"--png: expected a path in a folder that exists, found {options.png}"
    if options.output.exists() and not options.overwrite:
        yield f"--output: {options.output} exists; give another path or --overwrite"
    if options.output.exists() and not (options.output / "zarr.json").is_file():
        yield f"--output: expected a Zarr group, found no zarr.json in {options.output}"


def main(argv=None):
    """Run the simulation; return 0, or 1 where the store does not hold what memory holds."""
    options = parse(argv)
    console = Console()
    parameters = Parameters(options.F, options.k, options.Du, options.Dv, options.dt)
    simulation = GrayScott(options.grid, parameters, options.noise, options.seed)
    group = create_output(options, parameters)
    written = run(simulation, group, options, console)

    stored, read = zarr.open_group(str(options.output), mode="r"), {}
    for name in LONG_NAMES:
        field, read[name] = read_back(stored, name)
        problem = difference(name, field, getattr(simulation, name))
        if problem:
            print(f"gray_scott: {options.output} is wrong: {problem}", file=sys.stderr)
            return 1
    report(options.output, stored, written, read, console)
    console.print("The last step read from the store equals memory bit for bit.")
    draw(options.output, options.png)
    console.print(f"Picture: {options.png}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
