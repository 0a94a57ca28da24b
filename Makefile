# Every target builds what it needs in a virtual environment of its own under .venv/.
# PYTHON=python3.12 picks another interpreter; ARGS="..." reaches the program that a target runs.

PYTHON ?= python3
ARGS ?=
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
VENV = .venv/$@-$(VERSION)
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check install
# pytest must find the installed package, not the sources beside it: they hold no compiled modules.
PYTEST = PYTHONSAFEPATH=1 $(BIN)/python -m pytest

.PHONY: demo test lint stubs bench compare asan ubsan clean check-tools

demo: check-tools $(VENV)
