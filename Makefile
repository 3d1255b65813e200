# Every target sets itself up: a bare machine with Python 3.11 needs no other command first.
UV := $(shell command -v uv || echo python3 -m uv)
PYTHON := .venv/bin/python
.PHONY: setup run test check bench format css

setup: .venv/.ready

.venv/.ready: pyproject.toml uv.lock
	@$(UV) --version >/dev/null 2>&1 || python3 -m pip install --quiet uv || python3 -m pip install --quiet --break-system-packages uv
	@$(UV) sync --quiet --frozen
	@touch $@

run: setup
	@$(PYTHON) -m bot run

test: setup
	@.ci/browser
	@.ci/compose
	@$(PYTHON) -m pytest

check: setup
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@.venv/bin/pyright
	@.venv/bin/lint-imports
	@.ci/css-current

bench: setup
	@$(PYTHON) -m tests.bench

format: setup
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

css: setup
	@.ci/css
