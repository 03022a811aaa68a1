PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench notebooks clean-notebooks clean

help:  ## Say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

demo: $(VENV)/installed  ## Run the main job on the example site, then measure it beside the baselines
	$(BIN)/recommender suggest examples/newsroom --output build/newsroom.jsonl
	$(BIN)/recommender show examples/newsroom
	$(BIN)/recommender evaluate examples/newsroom

test: $(VENV)/installed-dev  ## Run all tests
	$(BIN)/python -m pytest

check: $(VENV)/installed-dev  ## Lint, formatting, types, direction of imports, spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

format: $(VENV)/installed-dev  ## Put all code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/installed-dev  ## Measure how figures grow on HEADLINES (JSON Lines), beside peers; build/*.json
	$(BIN)/python benchmarks/scale.py $(HEADLINES) --json build/scale.json
	$(BIN)/python benchmarks/peers.py $(HEADLINES) --json build/peers.json
	$(BIN)/python benchmarks/recall.py $(HEADLINES)

notebooks: $(VENV)/installed-dev  ## Run the notebooks on SITE, the example site by default; build/notebooks/*.html
	SITE="$(abspath $(or $(SITE),examples/newsroom))" $(BIN)/python -m nbconvert --execute --to html \
		--ExecutePreprocessor.timeout=3600 --output-dir build/notebooks notebooks/*.ipynb

clean-notebooks: $(VENV)/installed-dev  ## Take the outputs out of the notebooks, as they are committed
	$(BIN)/python -m nbconvert --clear-output --inplace notebooks/*.ipynb

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:  ## Remove everything that was made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
