# Every target installs what it needs into .venv by itself and is quick when there is nothing to do.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
SIMULATOR_PORT ?= 8900
JOBS ?= 3
export PORT SIMULATOR_PORT
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The processes that tests start would compile all modules anew where this machine keeps no bytecode.
PYTEST = PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX="$(CURDIR)/$(VENV)/pycache" $(BIN)/pytest -n $(JOBS) --dist worksteal

.PHONY: help demo run test test-fast test-long lint check bench shots lock

help:  ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

demo: $(VENV)/.installed  ## Everything alive with sample data: app, worker, simulated Constant Contact
	@$(BIN)/python -m app.demo

run: $(VENV)/.installed .env  ## The app on this machine, delivering too
	@test -e instance/latchkey.key || $(BIN)/flask latchkey new-key 2>/dev/null || true
	@echo "Latchkey on http://127.0.0.1:$(PORT), until Ctrl-C" && $(BIN)/flask run --port $(PORT)

test: $(VENV)/.installed-tests  ## Every test, with a real PostgreSQL and a real browser
	@CHROMIUM="$$($(BIN)/python tests/tools/chromium.py)" && export CHROMIUM && $(PYTEST) $(ARGS)

test-fast: $(VENV)/.installed-tests  ## The tests without a browser, PostgreSQL and killed processes
	@$(PYTEST) -m "not slow and not browser and not long and not postgresql" $(ARGS)

test-long: $(VENV)/.installed-tests  ## At full size what make test has in short: kills, years, every page
	@CHROMIUM="$$($(BIN)/python tests/tools/chromium.py)" && export CHROMIUM && $(PYTEST) -m long $(ARGS)

lint: $(VENV)/.installed-tests  ## Lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/mypy

check: lint test  ## Lint, format and types, then the tests

bench: $(VENV)/.installed-tests  ## The benchmarks, printed as ratios; ONLY=name for one, also of the long ones
	@$(BIN)/python -W ignore -m tests.bench $(ONLY)

shots: $(VENV)/.installed-tests  ## A contact sheet of every page, in shots/
	@CHROMIUM="$$($(BIN)/python tests/tools/chromium.py)" && export CHROMIUM && $(BIN)/python -m tests.shots && $(BIN)/python -m tests.shots.sheet

lock: $(VENV)/.installed-tests  ## Resolve the dependencies anew, with hashes
	@$(BIN)/uv pip compile -q -U --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile -q -U --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -c requirements.txt -o tests/requirements.txt

$(VENV)/.python:
	@command -v git >/dev/null || { echo "Latchkey's make needs git; on Debian: apt install git"; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "Latchkey needs Python 3.11, 3.12 or 3.13, and there is no $(PYTHON) here; name one with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "Latchkey needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$($(PYTHON) -V 2>&1); name another with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) && touch $@

$(VENV)/.installed: requirements.txt | $(VENV)/.python
	@echo "Installing what Latchkey needs into $(VENV) (once) …"
	@$(BIN)/python tests/tools/install.py requirements.txt && touch $@

# Nothing is resolved anew, as the list is whole: Constant Contact's client forbids the urllib3 that it works with.
$(VENV)/.installed-tests: tests/requirements.txt $(VENV)/.installed
	@echo "Installing what the tests need into $(VENV) (once) …"
	@$(BIN)/python tests/tools/install.py tests/requirements.txt --no-deps && touch $@

.env:
	@echo "LATCHKEY_PUBLIC_URL=http://127.0.0.1:$(PORT)" > $@
