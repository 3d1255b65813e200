# Every target sets itself up: a bare machine with Python 3.11 needs no other command first.
UV := $(shell command -v uv || echo python3 -m uv)
GET_UV := $(UV) --version >/dev/null 2>&1 || python3 -m pip install --quiet uv \
  || python3 -m pip install --quiet --break-system-packages uv
PYTHON := .venv/bin/python
.PHONY: setup run test check bench format docs css

setup: .venv/.ready

run: .venv/.runs
	@$(PYTHON) -m bot run

# What the bot needs to run, and what working on it needs besides.
.venv/.runs: pyproject.toml uv.lock
	@$(GET_UV)
	@$(UV) sync --quiet --frozen --no-dev --inexact
	@touch $@

.venv/.ready: pyproject.toml uv.lock
	@$(GET_UV)
	@$(UV) sync --quiet --frozen
	@touch $@ .venv/.runs

test: setup
	@.ci/browser
	@.ci/compose
	@.ci/lab
	@$(PYTHON) -m pytest -n logical --maxprocesses 4 --dist loadgroup

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

docs: setup
	@$(PYTHON) -m tools.reference docs/TOOLS.md
	@$(PYTHON) -m healer.runbook_schema docs/runbook.schema.json

css: setup
	@.ci/css
