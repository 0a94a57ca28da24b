"""Every reader of foreign bytes: inputs that ``make fuzz`` found, and new ones."""

import random
import time
import warnings

import fuzz_rules
import pytest
from fuzz_corpus import CORPUS, kept
from fuzz_targets import TARGETS
from mutations import change_chunk

SECONDS = 1.5  # for each target; a minute for all of them on two interpreters


@pytest.fixture(autouse=True)
def limits():
    with fuzz_rules.limit(), warnings.catch_warnings(action="ignore"):
        yield


def test_inputs_of_every_target_are_kept():
    assert {path.stem for path in CORPUS.iterdir()} == set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.iterdir()) < 1 << 20


@pytest.mark.parametrize("name", TARGETS)
def test_kept_inputs(name):
    target, inputs = TARGETS[name](), kept(name)
    assert inputs
    for data in [*target.seeds(), *inputs]:
        attempt(target, data)


@pytest.mark.parametrize("name", TARGETS)
def test_new_inputs(name):
    target = TARGETS[name]()
    mutate = getattr(target, "mutate", None)
    inputs = [*target.seeds(), *kept(name)]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        rng = random.Random()
        data = rng.choice(inputs)
        try:
            data = mutate(data, rng.random())
        except (TypeError, ValueError, RecursionError):  # not of documents, or no document now
            data = change_chunk(rng, data)
        attempt(target, data)


def attempt(target, data):
    try:
        target(data)
    except BaseException as error:
        error.add_note(f"input: {data!r}")
        raise
