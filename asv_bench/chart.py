"""The chart of ``compare.py --chart``: time of each implementation relative to zarr_c."""

from statistics import median

MARKS = {
    "zarr-python": ("o", "#4c72b0"),
    "zarr-python fused": ("D", "#64b5cd"),
    "zarrs": ("s", "#dd8452"),
    "tensorstore": ("^", "#55a868"),
    "z5py": ("v", "#8172b3"),
    "HDF5 (h5py)": ("P", "#937860"),
    "blosc2": ("X", "#da8bc3"),
    "limit": ("|", "#555555"),
}


def relative(runs):
    """For each row, in order, median / median of zarr_c over all runs, by implementation."""
    found = {}
    for rows in runs:
        for row in rows:
            own = row["medians"]["zarr_c"]
            for name in MARKS:
                if name in row["medians"]:
                    line = found.setdefault(row["title"], {})
                    line.setdefault(name, []).append(row["medians"][name] / own)
    return {
        title: {name: median(values) for name, values in line.items()}
        for title, line in found.items()
    }


def draw(runs, path):
    """Write a PNG that is readable at a width of 900 pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = relative(runs)
    figure = Figure(figsize=(9, 1.3 + 0.24 * len(lines)), dpi=200, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, (mark, colour) in MARKS.items():
        dots = [(line[name], y) for y, line in enumerate(lines.values()) if name in line]
        if dots:
            style = {"marker": mark, "color": colour, "linestyle": "none", "label": name}
            axes.plot(*zip(*dots, strict=True), markersize=5, **style)
    axes.axvline(1, color="#c44e52", linewidth=1.5, label="zarr_c", zorder=0)
    axes.set_xscale("log")
    axes.set_yticks(range(len(lines)), list(lines), fontsize=8)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_xlabel("relative to zarr_c (right of the line: zarr_c is better)", fontsize=8)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="both", color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper center", ncols=5, fontsize=8, frameon=False)
    figure.savefig(path)
