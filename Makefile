# `make demo` and `make test` are all a new user needs; both set up .venv first.
PYTHON ?= $(shell command -v python3.10 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
EXTRAS ?= test,lint
CONSTRAINTS := $(shell $(PYTHON) -c 'import sys; print("-c constraints.txt" if sys.version_info[:2] == (3, 10) else "")')
READY := $(VENV)/.ready

.PHONY: demo test slow whole lint bench clean

demo: $(READY)
	$(BIN)/neurohw demo

test: $(READY)
	$(BIN)/pytest -q -n 2 -m "not slow and not whole and not bench"

slow: $(READY)
	$(BIN)/pytest -q -n 2 -m slow

whole: $(READY)
	$(BIN)/pytest -q -n 2 -m whole

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/pytest -q -s -m bench

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade pip
	$(BIN)/pip install -q $(CONSTRAINTS) -e ".[$(EXTRAS)]"
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
