# make demo: the pilot, served on http://127.0.0.1:8000. make stories: what happens, told as it happens.
# make test: everything that is checked. make bench: what it costs here, in some ten minutes.
# make soak: 300 times something is killed under load, and all is checked.
PYTHON ?= python3
PORT ?= 8000
CYCLES ?= 300
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
SECURITY := $(VENV)/security
# Coverage is demanded of the domain and the projections, and their own tests have to give it: measured
# everywhere it would double what all tests cost. What is asked in any order says no more of it.
INNER := tests/domain tests/projections
ANY_ORDER := tests/domain/test_any_order.py
OUTER := $(filter-out $(INNER:=/) tests/__pycache__/,$(wildcard tests/*/)) $(wildcard tests/test_*.py)
PYTEST := -m pytest --numprocesses=auto --dist=worksteal
# Compiled modules are kept, whatever the environment says: every process would compile them all again, and
# the tests start hundreds.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup demo stories test check security lock bench soak

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Teten needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "Python's venv is missing. On Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@command -v uv > /dev/null || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	@set -e; uv=$$(command -v uv || echo $(BIN)/uv); \
		$$uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock; \
		$$uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	@echo "Importing the pilot: 97 citizens, two and a half years, every receipt and statement."
	@$(BIN)/teten import --no-read pilot/as-it-was
	@echo
	@echo "Look at:"
	@echo "  http://127.0.0.1:$(PORT)/                    the pilot's published figures"
	@echo "  http://127.0.0.1:$(PORT)/?as_of=2017-05-31   the same, as known that day"
	@echo "  http://127.0.0.1:$(PORT)/v1/report           every balance, count and list"
	@echo "  http://127.0.0.1:$(PORT)/v1/cases/LTT-066    one case: lines, money, and all that happened"
	@echo "  http://127.0.0.1:$(PORT)/whatif              what the practice that followed would have saved"
	@echo "  http://127.0.0.1:$(PORT)/flags               questions that rules ask; receipts are read meanwhile"
	@echo "  http://127.0.0.1:$(PORT)/misuse              misuse by phase, selection, route and category"
	@echo "  http://127.0.0.1:$(PORT)/cases/LTT-066/steps one case step by step, with what each approver saw"
	@echo "  $(BIN)/teten report, verify, do --help   the same from the command line, and that nothing was changed"
	@echo "All but the first two ask you to sign in: in the demo you choose a role, without a password."
	@echo "Stop with Ctrl-C."
	@echo
	@exec $(BIN)/teten serve --port $(PORT)

stories: setup
	@$(BIN)/pytest tests/stories --capture=no --report-chars=s

test: check $(SECURITY)/.ready
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run $(PYTEST) $(INNER) --ignore=$(ANY_ORDER)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=100
	@$(BIN)/python $(PYTEST) $(ANY_ORDER) $(OUTER)

soak: setup
	@$(BIN)/python -m tests.crashes.soak --cycles $(CYCLES)

check: setup
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy

# Their own environment: they bring along other versions of what we use.
$(SECURITY)/.ready: requirements-security.lock $(VENV)/.ready
	@$(PYTHON) -m venv --without-pip $(SECURITY)
	@set -e; uv=$$(command -v uv || echo $(BIN)/uv); \
		$$uv pip install --quiet --python $(SECURITY)/bin/python --require-hashes -r requirements-security.lock
	@touch $@

security: check $(SECURITY)/.ready
	@$(BIN)/pytest tests/security

bench: setup
	@set -e; uv=$$(command -v uv || echo $(BIN)/uv); \
		$$uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-bench.lock
	@$(BIN)/teten bench --json > figures.json
	@echo "figures.json has them; docs/benchmarks.md says what they mean."

lock: setup
	@uv=$$(command -v uv || echo $(BIN)/uv); test -x "$$uv" || $(BIN)/python -m pip install --quiet uv==$(UV_VERSION); \
		$$uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--group dev pyproject.toml -o requirements.lock; \
		$$uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--group bench -o requirements-bench.lock; \
		$$uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--group security -o requirements-security.lock
