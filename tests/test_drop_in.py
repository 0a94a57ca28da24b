"""The top level, beside that of zarr-python: names, parameters, errors."""

import inspect

import pytest
import zarr
import zarr.api.synchronous

import zarr_c
import zarr_c.api.synchronous
import zarr_c.errors

# What is accepted there as **kwargs is spelled out here, and there are more positional ones.
FUNCTIONS = [
    name
    for name in dir(zarr.api.synchronous)
    if name in zarr.api.synchronous.__all__ and hasattr(zarr_c, name)
]


def test_all_names_of_the_module_are_those_of_the_package():
    theirs = set(zarr.api.synchronous.__all__)
    ours = set(zarr_c.api.synchronous.__all__)
    assert theirs & set(zarr_c.__all__) <= ours
    for name in ours:
        assert getattr(zarr_c.api.synchronous, name) is getattr(zarr_c, name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameters(name):
    theirs = inspect.signature(getattr(zarr, name)).parameters
    ours = inspect.signature(getattr(zarr_c, name)).parameters
    variable = any(p.kind is p.VAR_KEYWORD for p in ours.values())
    positional = [p.name for p in ours.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    for position, parameter in enumerate(theirs.values()):
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if parameter.name == "zarr_version":  # gone since 3.2
            continue
        assert parameter.name in ours or variable, parameter
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            assert positional[position] == parameter.name


@pytest.mark.parametrize("name", sorted(set(zarr.errors.__all__)))
def test_errors_have_the_bases(name):
    def bases(error):
        return [base.__name__ for base in error.__mro__ if not base.__name__.startswith("_")]

    theirs, ours = getattr(zarr.errors, name), getattr(zarr_c.errors, name)
    assert set(bases(theirs)) <= set(bases(ours))
