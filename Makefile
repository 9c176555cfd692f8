# Every command sets up what it needs: an environment in .venv, from the hashed lock, with uv where
# it is installed and with venv and pip where it is not.

PYTHON_OK := import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 15))
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python3.10,$(shell \
	$p -c '$(PYTHON_OK)' 2>/dev/null && echo $p)))

ifneq ($(shell command -v uv 2>/dev/null),)
CREATE = uv venv --quiet --python "$$("$(PYTHON)" -c 'import sys; print(sys.executable)')" .venv
INSTALL = uv pip install --quiet --python .venv/bin/python
else
CREATE = "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "$(PYTHON) came without venv and pip. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	exit 1; }; "$(PYTHON)" -m venv .venv
INSTALL = .venv/bin/python -m pip install --quiet --disable-pip-version-check
endif

LOCK = uv pip compile --quiet --universal --python-version 3.10 --no-python-downloads \
	--generate-hashes --no-emit-index-url --no-strip-extras --custom-compile-command "make lock"

# These commands tell nobody what they do.
export DAGSTER_DISABLE_TELEMETRY = yes

# Of `make soak`: how often candidates change (1.5 times a second), and which simulation it is.
MUTATIONS ?= 2000
SEED ?= 1

.PHONY: help demo dev test test-browser soak bench lint types lock clean .venv

help:
	@echo "make demo   the main job on made-up people, from Greenhouse to HrFlow, on this machine alone"
	@echo "make dev    Dagster's UI, on the sandbox or on the accounts that the environment names"
	@echo "make test   all tests"
	@echo "make test-browser  launches and failures in Dagster's UI, in headless Chromium"
	@echo "make soak   the long simulation, MUTATIONS=2000 SEED=1: half an hour under a real dagster dev"
	@echo "make bench  how fast it reads and pushes on this machine"
	@echo "make lint   ruff and the import rules;  make types: the type checker"
	@echo "make lock   the locks again from pyproject.toml;  make clean: take away what make made"

demo: .venv
	@exec .venv/bin/python -m greenhouse_hrflow.sandbox.demo

dev: .venv
	@exec .venv/bin/python -m greenhouse_hrflow.sandbox.dev

test: .venv
	@.venv/bin/python -m pytest -n auto --maxprocesses 4

test-browser: .venv
	@.venv/bin/python -m pytest greenhouse_hrflow_tests/browser

bench: .venv
	@exec .venv/bin/python -m greenhouse_hrflow_tests.bench

soak: .venv
	@exec .venv/bin/python -m greenhouse_hrflow_tests.convergence.soak $(MUTATIONS) $(SEED)

lint: .venv
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports --no-logo

types: .venv
	.venv/bin/basedpyright --pythonpath .venv/bin/python

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	$(LOCK) pyproject.toml --output-file requirements.lock
	$(LOCK) pyproject.toml --group dev --constraints requirements.lock \
		--output-file requirements-dev.lock

clean:
	rm -rf .venv dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache .browser
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv: .venv/.installed

.venv/.installed: requirements-dev.lock pyproject.toml
	@"$(PYTHON)" -c '$(PYTHON_OK)' 2>/dev/null || { \
		echo "This needs Python 3.10 to 3.14, and $(or $(PYTHON),python3) is not one." >&2; \
		echo "Install one, or say where it is: make test PYTHON=/path/to/python3.12" >&2; exit 1; }
	@rm -rf .venv
	@echo "Setting up .venv from requirements-dev.lock (the first time takes a minute)"
	@$(CREATE)
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@
