# Every command sets up what it needs: an environment in .venv, from the hashed lock, with uv where
# it is installed and with venv and pip where it is not.

PYTHON_OK := import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 15))
LOWEST_OK := import sys; sys.exit(sys.version_info >= (3, 13))
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python3.10,$(shell \
	$p -c '$(PYTHON_OK)' 2>/dev/null && echo $p)))

ifneq ($(shell command -v uv 2>/dev/null),)
CREATE = uv venv --quiet --python "$$("$(PYTHON)" -c 'import sys; print(sys.executable)')" $(@D)
INSTALL = uv pip install --quiet --python $(@D)/bin/python
else
CREATE = "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "$(PYTHON) came without venv and pip. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	exit 1; }; "$(PYTHON)" -m venv $(@D)
INSTALL = $(@D)/bin/python -m pip install --quiet --disable-pip-version-check
endif

define SET_UP
	@"$(PYTHON)" -c '$(PYTHON_OK)' 2>/dev/null || { \
		echo "This needs Python 3.10 to 3.14, and $(or $(PYTHON),python3) is not one." >&2; \
		echo "Install one, or say where it is: make test PYTHON=/path/to/python3.12" >&2; exit 1; }
	@rm -rf $(@D)
	@echo "Setting up $(@D) from $< (the first time takes a minute)"
	@$(CREATE)
	@$(INSTALL) --require-hashes -r $<
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@
endef

LOCK = uv pip compile --quiet --universal --python-version 3.10 --no-python-downloads \
	--generate-hashes --no-emit-index-url --no-strip-extras --custom-compile-command "make lock"

# What the lowest versions are tried with: what is stored and read again, runs in Dagster, the push,
# the transport and the plain function.
LOWEST_TESTS = $(wildcard $(addprefix greenhouse_hrflow_tests/,hrflow/test_push.py \
	$(addprefix orchestration/test_,incremental.py io_manager.py partition_runs.py partitions.py \
	rejections_and_checks.py run_credentials.py run_faults.py sensor_*.py) \
	$(addprefix storage/test_,candidate_table.py ledger.py open_tables.py tables.py) \
	test_definitions.py test_http.py test_settings.py test_update_profiles*.py))

# These commands tell nobody what they do.
export DAGSTER_DISABLE_TELEMETRY = yes

# Of `make soak` and `make reliability`: which simulation it is. MUTATIONS says how often candidates
# change in it.
SEED ?= 1

.PHONY: help demo dev test test-browser screenshots contact lowest soak reliability bench load lint types lock clean .venv

help:
	@echo "make demo   the main job on made-up people, from Greenhouse to HrFlow, on this machine alone"
	@echo "make dev    Dagster's UI, on the sandbox or on the accounts that the environment names"
	@echo "make dev CONTRACT=contract.json   the same, on a sandbox that behaves like the account of a contract"
	@echo "make test   all tests"
	@echo "make test-browser  launches and failures in Dagster's UI, in headless Chromium"
	@echo "make screenshots  the pictures of the README again, from the running UI"
	@echo "make contact  the sandbox against a Harvest v3 client that nobody here wrote"
	@echo "make lowest the tests of storage, runs and push on the lowest versions that pyproject.toml allows"
	@echo "make soak   the long simulation, MUTATIONS=2000 SEED=1: half an hour under a real dagster dev"
	@echo "make reliability  the same on Postgres and S3, 10,000 mutations, 10 % of all calls failing: an hour"
	@echo "make bench  this project beside others, fast and under faults; QUICK=1: tiny numbers"
	@echo "make load   a first load of 100,000 candidates and a day after it, on Postgres; QUICK=1: tiny numbers"
	@echo "make lint   ruff and the import rules;  make types: the type checker"
	@echo "make lock   the locks again from pyproject.toml;  make clean: take away what make made"

demo: .venv
	@exec .venv/bin/python -m greenhouse_hrflow.sandbox.trial.demo

dev: .venv
	@exec .venv/bin/python -m greenhouse_hrflow.sandbox.trial.dev $(if $(CONTRACT),--contract "$(CONTRACT)")

test: .venv
	@.venv/bin/python -m pytest -n auto --maxprocesses 4

test-browser: .venv
	@.venv/bin/python -m pytest greenhouse_hrflow_tests/browser

screenshots: .venv
	@exec .venv/bin/python -m greenhouse_hrflow_tests.browser.screenshots

contact: .venv .venv-contact/.installed
	@.venv/bin/python -m pytest greenhouse_hrflow_tests/contact/open_greenhouse_mcp.py

lowest: .venv-lowest/.installed
	@.venv-lowest/bin/python -m pytest -n auto --maxprocesses 4 $(LOWEST_TESTS)

bench: .venv .venv-bench/.installed
	@exec .venv/bin/python -m greenhouse_hrflow_tests.bench $(if $(QUICK),--quick) $(BENCH)

load: .venv
	@exec .venv/bin/python -m greenhouse_hrflow_tests.bench.load $(if $(QUICK),--quick) $(LOAD)

soak: .venv
	@exec .venv/bin/python -m greenhouse_hrflow_tests.convergence.soak $(or $(MUTATIONS),2000) $(SEED)

# Of as many people as change so fast.
reliability: .venv
	@exec .venv/bin/python -m greenhouse_hrflow_tests.convergence.soak $(or $(MUTATIONS),10000) $(SEED) \
		--on postgres-s3 --failing 0.1 --people 2000 --per-second 6 --killed 25 --by-hand 60

lint: .venv
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports --no-logo

types: .venv
	.venv/bin/basedpyright --pythonpath .venv/bin/python

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	$(LOCK) pyproject.toml --extra postgres --extra s3 --group dev \
		--output-file requirements-dev.lock
	$(LOCK) pyproject.toml --constraints requirements-dev.lock --output-file requirements.lock
	$(LOCK) pyproject.toml --extra postgres --extra s3 --constraints requirements-dev.lock \
		--output-file requirements-deploy.lock
	$(LOCK) greenhouse_hrflow_tests/contact/requirements.in \
		--output-file greenhouse_hrflow_tests/contact/requirements.lock
	$(LOCK) greenhouse_hrflow_tests/bench/requirements.in \
		--output-file greenhouse_hrflow_tests/bench/requirements.lock
	$(LOCK) pyproject.toml --resolution lowest-direct --output-file requirements-lowest.lock
	$(LOCK) pyproject.toml --group test --constraints requirements-lowest.lock \
		--output-file requirements-lowest.lock

clean:
	rm -rf .venv .venv-bench .venv-contact .venv-lowest dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache .browser
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv: .venv/.installed

.venv/.installed: requirements-dev.lock pyproject.toml
	$(SET_UP)

.venv-lowest/.installed: requirements-lowest.lock pyproject.toml
	@"$(PYTHON)" -c '$(LOWEST_OK)' || { echo "The lowest versions have wheels for Python 3.10 to 3.12:" \
		"make lowest PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(SET_UP)

# What the client needs is no concern of this project, and what this project needs none of it.
.venv-contact/.installed: greenhouse_hrflow_tests/contact/requirements.lock
	@rm -rf .venv-contact
	@echo "Setting up .venv-contact, for a client that nobody here wrote"
	@$(CREATE)
	@$(INSTALL) --require-hashes -r $<
	@touch $@

# The reference connector wants versions of its own of nearly everything.
.venv-bench/.installed: greenhouse_hrflow_tests/bench/requirements.lock
	@rm -rf .venv-bench
	@echo "Setting up .venv-bench, for the reference connector"
	@$(CREATE)
	@$(INSTALL) --require-hashes -r $<
	@touch $@
