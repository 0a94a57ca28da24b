"""How Sphinx builds these pages; `make docs` runs it on the installed package."""

import zarr_c

project = "zarr_c"
author = "the zarr_c developers"
copyright = author
release = version = zarr_c.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"zarr_c {release}"
html_theme_options = {"navigation_with_keys": True}

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autosummary_generate = True
# file systems that know no case have one file for `Array` and `array`
autosummary_filename_map = {
    f"zarr_c.{name}": f"zarr_c.{name}-function" for name in ("array", "group")
}
templates_path = ["_templates"]
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
numpydoc_show_class_members = False  # the template of a class lists them

# Nothing is fetched while building, so only names of ours can be checked, and of those not the
# parts that signatures name and no page describes.
_INNER = ("_", "attributes", "buffer", "consolidated", "dtype.base", "dtype.documents")
_INNER += ("experimental.chunk_grid", "frozen", "metadata", "node", "report")
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(?!zarr_c\.).*"),
    (r"py:.*", rf"zarr_c\.({'|'.join(_INNER)}).*"),
    (r"py:.*", r"zarr_c\.codecs\._.*|.*\.[A-Z]|.*_co|.*\._\w+"),  # kernels, type variables
]
