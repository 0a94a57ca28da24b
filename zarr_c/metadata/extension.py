"""Named objects of Zarr v3: ``{"name": ..., "configuration": {...}}`` or the bare name.

Data types, chunk grids, chunk key encodings and codecs are all written so (Zarr v3 core,
"Extension definition"). ``must_understand`` is accepted and dropped: nothing that has a name
here can be skipped.
"""

from __future__ import annotations

from typing import Any

from zarr_c.limits import expect_within
from zarr_c.metadata.checks import invalid, shown

__all__ = ["parse_extension", "parse_extensions"]


def parse_extension(field: str, spec: Any) -> tuple[str, dict[str, Any]]:
    """Split a named object into its name and configuration.

    Parameters
    ----------
    field : str
        What errors call it.
    spec : str or dict
        The JSON value; an absent configuration is an empty one.

    Raises
    ------
    MetadataValidationError
        If it is neither a name nor an object with a name.
    """
    if type(spec) is dict and len(spec) == 2:  # as nearly every document has it
        name, configuration = spec.get("name"), spec.get("configuration")
        if type(name) is str and name and type(configuration) is dict:
            return name, configuration
    if isinstance(spec, str):
        spec = {"name": spec}
    if not isinstance(spec, dict):
        raise invalid(field, "a name or an object with a name", spec)
    name, configuration = spec.get("name"), spec.get("configuration", {})
    if not isinstance(name, str) or not name:
        raise invalid(f"{field}.name", "a name", name)
    if not isinstance(configuration, dict):
        raise invalid(f"{field}.configuration", "an object", configuration)
    if not isinstance(spec.get("must_understand", True), bool):
        raise invalid(f"{field}.must_understand", "true or false", spec["must_understand"])
    unknown = sorted(spec.keys() - {"name", "configuration", "must_understand"})
    if unknown:
        raise invalid(field, f"no key {shown(unknown[0])}", spec)
    return name, configuration


def parse_extensions(field: str, specs: Any) -> tuple[dict[str, Any], ...]:
    """Check a list of named objects, such as ``codecs``, and spell each as an object in full.

    Only the structure is checked: what the names mean is for their owner to say.

    Raises
    ------
    MetadataValidationError
        If it is not a non-empty list of named objects.
    LimitError
        If it is longer than the setting ``limits.codecs``.
    """
    if not isinstance(specs, list | tuple) or not specs:
        raise invalid(field, "a non-empty list", specs)
    expect_within("codecs", len(specs), field)
    parsed = []
    for i, spec in enumerate(specs):
        name, configuration = parse_extension(f"{field}[{i}]", spec)
        parsed.append({"name": name, "configuration": configuration})
    return tuple(parsed)
