"""Draws the middle planes of V from a store that ``gray_scott.py`` wrote.

``python examples/plot_gray_scott.py gray_scott.zarr gray_scott.png``
"""

import sys

import matplotlib

matplotlib.use("Agg")  # needs no display

from matplotlib import colormaps, pyplot
from matplotlib.colors import LightSource, Normalize

import zarr_c as zarr

STYLE = {
    "figure.facecolor": "#07060d",
    "axes.facecolor": "#07060d",
    "savefig.facecolor": "#07060d",
    "text.color": "#e9e4f0",
    "axes.labelcolor": "#e9e4f0",
    "ytick.color": "#a79fb5",
    "font.size": 9,
}


def panel_steps(count, panels=9):
    """Indices of the output steps to draw: dense at the start, where fronts move fast."""
    last = count - 1
    return sorted({round(last * (i / panels) ** 1.6) for i in range(1, panels + 1)})


def draw(store, png):
    """Draw V on the middle plane: small panels over time, then the last step large and lit."""
    group = zarr.open_group(str(store), mode="r")
    field, times = group["V"], group["time"][:]
    *early, last = panel_steps(field.shape[0])
    planes = {step: field[step, field.shape[1] // 2] for step in (*early, last)}
    scale = Normalize(0, max(float(planes[last].max()), 0.01))
    columns = max(1, -(-len(early) // 2))
    with pyplot.rc_context(STYLE):
        figure = pyplot.figure(figsize=(2.05 * columns + 5.1, 4.9), layout="constrained")
        grid = figure.add_gridspec(2, columns + 2, width_ratios=[1] * columns + [2.15, 0.07])
        for place, step in enumerate(early):
            axes = figure.add_subplot(grid[divmod(place, columns)])
            image = show_plane(axes, planes[step], scale, times[step])
        axes = figure.add_subplot(grid[:, columns])
        show_lit_plane(axes, planes[last], scale, times[last])
        bar = figure.colorbar(image, cax=figure.add_subplot(grid[:, columns + 1]))
        bar.outline.set_visible(False)
        bar.set_label("V")
        figure.suptitle(headline(group), x=0.006, ha="left", fontsize=11)
        figure.savefig(png, dpi=150)
        pyplot.close(figure)


def headline(group):
    """What the picture shows, from the attributes of the store."""
    parameters = group.attrs["parameters"]
    rates = ", ".join(f"{name} = {parameters[name]:g}" for name in ("F", "k", "Du", "Dv"))
    cells = "\u00d7".join(map(str, group["V"].shape[1:]))
    return f"Gray-Scott in 3-D: V on the middle plane of {cells} cells, {rates}"


def show_plane(axes, plane, scale, time):
    """One small panel with its time below."""
    image = axes.imshow(
        plane, norm=scale, cmap="magma", origin="lower", interpolation="bicubic"
    )
    axes.set_axis_off()
    axes.set_title(f"t = {time:g}", fontsize=9, pad=3)
    return image


def show_lit_plane(axes, plane, scale, time):
    """The large panel: V as colour and as height of a surface under a low sun."""
    sun = LightSource(azdeg=315, altdeg=45)
    colours = colormaps["magma"](scale(plane))[..., :3]
    lit = sun.shade_rgb(colours, plane, vert_exag=30, blend_mode="overlay")
    axes.imshow(lit, origin="lower", interpolation="bicubic")
    axes.set_axis_off()
    axes.set_title(f"t = {time:g}", fontsize=12, pad=4)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: plot_gray_scott.py STORE PNG")
    draw(*sys.argv[1:])
