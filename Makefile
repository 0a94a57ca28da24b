# `make demo` and `make test` need Python 3.11 or newer, a C compiler and PyPI, nothing else.
# PYTHON=python3.12 picks another interpreter, ARGS='...' reaches the program that a target runs.

PYTHON ?= python3
ARGS ?=
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
SOURCES := setup.py pyproject.toml $(shell find zarr_c include -name '*.py' -o -name '*.py[xi]' -o -name '*.pxd' -o -name '*.h')
KERNELS := $(subst /,.,$(basename $(shell find zarr_c -name '_[a-z]*.pyi')))
# Tests wait for most of an hour for a disk that forces each of their files, and not for memory.
MEMORY := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4e6 { print $$6 }')
# Reports of a sanitizer come from C: --capture=sys lets them through.
# The installed package is tested, not the sources in the working directory: those are not compiled.
PYTEST = TMPDIR="$${TMPDIR:-$(MEMORY)}" PYTHONSAFEPATH=1 $(<D)/bin/python -m pytest
# A test expects SIGBUS of a child.
SANITIZED = PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:handle_sigbus=0 \
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# Its own detector of deadlocks breaks where more than 64 locks are held, as around a fork.
THREADS = TSAN_OPTIONS=halt_on_error=1:die_after_fork=0:detect_deadlocks=0:handle_sigbus=0:allocator_may_return_null=1:suppressions=$(CURDIR)/tests/helpers/tsan.supp
FAIL = fail() { echo "zarr_c: $$1" >&2; exit 1; }; fail
RUNTIME = $(shell $(CC) -print-file-name=libasan.so) $(shell $(CC) -print-file-name=libstdc++.so)

.PHONY: demo test peers checklist corpora matrix status api golden test-remote lint stubs docs bench planted compare compare-s3 asan ubsan tsan fuzz clean check

demo: .venv/demo-$(VERSION)/installed
	$(<D)/bin/python examples/gray_scott.py --overwrite $(ARGS)

test: .venv/test-$(VERSION)/installed peers
	$(PYTEST) $(ARGS)

# The last zarr-python of the second line runs on nothing newer; without it its tests are skipped.
peers: .venv/peers-3.11/installed

.venv/peers-3.11/installed: tests/peers-3.11.txt
	@for python in $(PYTHON) python3.11 $(HOME)/.pyenv/versions/3.11*/bin/python; do \
		if $$python -c 'import sys, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; \
		then found=$$python; break; fi; done; \
	if test -z "$$found"; then echo "zarr_c: found no Python 3.11 to run zarr-python 2 with"; exit 0; fi; \
	echo "Installing zarr-python 2 into $(@D)"; \
	$$found -m venv $(@D) && $(@D)/bin/python -m pip -qq --disable-pip-version-check install -r $< && touch $@

checklist corpora status api golden: .venv/test-$(VERSION)/installed
	$(<D)/bin/python tests/helpers/$@.py $(ARGS)

matrix: .venv/test-$(VERSION)/installed peers
	$(<D)/bin/python tests/helpers/peer_limits.py $(ARGS)

# Azure's emulator is published on npm alone.
test-remote: .venv/remote-$(VERSION)/installed .venv/azurite/node_modules/.bin/azurite-blob
	AZURITE='$(abspath .venv/azurite/node_modules/.bin)' $(PYTEST) tests/remote $(ARGS)

.venv/azurite/node_modules/.bin/azurite-blob:
	@command -v npm >/dev/null || { $(FAIL) "test-remote needs npm, which brings Azurite"; }
	npm install --silent --no-audit --no-fund --prefix .venv/azurite azurite@3

lint: .venv/lint-$(VERSION)/installed
	$(<D)/bin/ruff check . $(ARGS)
	$(<D)/bin/ruff format --check . $(ARGS)
	PATH="$(abspath $(<D))/bin:$$PATH" cython-lint zarr_c
	$(<D)/bin/mypy

stubs: .venv/lint-$(VERSION)/installed
	PYTHONSAFEPATH=1 $(<D)/bin/python -m mypy.stubtest --concise --mypy-config-file pyproject.toml --allowlist stubtest-allowlist.txt $(KERNELS) $(ARGS)

# Nothing but the environment is fetched: the pages build without a network.
docs: .venv/docs-$(VERSION)/installed
	rm -rf docs/api/generated
	PYTHONSAFEPATH=1 $(<D)/bin/python -m sphinx -E -W --keep-going -q -d build/doctrees docs build/docs $(ARGS)
	@echo "build/docs/index.html"

bench: .venv/bench-$(VERSION)/installed
	cd asv_bench && PYTHONSAFEPATH=1 ../$(<D)/bin/asv machine --yes
	cd asv_bench && PYTHONSAFEPATH=1 ../$(<D)/bin/asv run --python=same --quick --dry-run --show-stderr $(ARGS)

# asv builds the last commit, and one with regressions planted into it.
planted: .venv/bench-$(VERSION)/installed
	PYTHONSAFEPATH=1 $(<D)/bin/python asv_bench/planted.py $(ARGS)

compare: .venv/bench-$(VERSION)/installed
	$(<D)/bin/python asv_bench/compare.py $(ARGS)

compare-s3: .venv/bench-$(VERSION)/installed
	$(<D)/bin/python asv_bench/compare_s3.py $(ARGS)

# A child that is forked while its parent allocates can hang, in the allocator of the sanitizer:
# tests/faults/test_forks.py does in one of some 60 runs.
asan: .venv/asan-$(VERSION)/installed
	$(SANITIZED) LD_PRELOAD='$(RUNTIME)' $(PYTEST) --capture=sys $(ARGS)

# The interpreter is not built for it, but its locks are seen: what races is ours. In forked children its
# threads can have numbers of their parents' ("dup thread with used id"), which ends or hangs a child.
tsan: .venv/tsan-$(VERSION)/installed
	$(THREADS) LD_PRELOAD='$(shell $(CC) -print-file-name=libtsan.so)' $(PYTEST) --capture=sys $(ARGS)

ubsan: .venv/ubsan-$(VERSION)/installed
	$(SANITIZED) $(PYTEST) --capture=sys $(ARGS)

# Zig has a clang for every machine, and atheris the runtime that its output needs.
fuzz: .venv/fuzz-$(VERSION)/installed
	$(SANITIZED) LD_PRELOAD='$(shell $(<D)/bin/python -c "import atheris; print(atheris.path())")/asan_with_fuzzer.so' \
		PYTHONSAFEPATH=1 $(<D)/bin/python fuzz/run.py $(ARGS)

.venv/fuzz-$(VERSION)/ziglang:
	$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip -qq --disable-pip-version-check install ziglang && touch $@

.venv/fuzz-$(VERSION)/installed: | .venv/fuzz-$(VERSION)/ziglang
.venv/fuzz-%/installed: export ZARR_C_BUILD = fuzz
.venv/asan-%/installed: export ZARR_C_BUILD = asan
.venv/ubsan-%/installed: export ZARR_C_BUILD = ubsan
.venv/tsan-%/installed: export ZARR_C_BUILD = tsan
EXTRA_asan = test
EXTRA_ubsan = test
EXTRA_tsan = test
# -I: the build's own PYTHONPATH hides what is installed here.
COMPILER_fuzz = CC='$(CURDIR)/$(@D)/bin/python -I -m ziglang cc'

.venv/%-$(VERSION)/installed: $(SOURCES) | check
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@echo "Building zarr_c and installing it into $(@D)"
	@find build -path "*/lib.*" -type f ! -name "*.so" -delete 2>/dev/null || true # of deleted sources
	@$(COMPILER_$*) $(@D)/bin/python -m pip -qq --disable-pip-version-check install '.[$(or $(EXTRA_$*),$*)]'
	@touch $@

check:
	@test -n '$(VERSION)' || { $(FAIL) "$(PYTHON) does not run; give PYTHON=... of version 3.11 or newer"; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { $(FAIL) "needs Python 3.11 or newer, $(PYTHON) is $(VERSION); give PYTHON=..."; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { $(FAIL) "$(PYTHON) has no venv; on Debian and Ubuntu install python3-venv"; }
	@test -f "$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" || { $(FAIL) "$(PYTHON) has no headers; on Debian and Ubuntu install python3-dev"; }
	@command -v $(firstword $(CC)) >/dev/null || { $(FAIL) "needs a C compiler, found no $(CC); install gcc or clang, or give CC=..."; }

clean:
	rm -rf .venv build docs/api/generated dist *.egg-info gray_scott.zarr gray_scott.png
	find zarr_c -name '*.so' -delete
