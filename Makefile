PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SIZES ?= 10000 100000 1000000

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench notebooks clean-notebooks clean

help:  ## Say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

demo: $(VENV)/installed  ## Run the main job on the example site, then measure it beside the baselines
	$(BIN)/recommender suggest examples/newsroom --output build/newsroom.jsonl
	$(BIN)/recommender show examples/newsroom
	$(BIN)/recommender evaluate examples/newsroom

test: $(VENV)/installed-dev  ## Run all tests
	$(BIN)/python -m pytest -n auto

check: $(VENV)/installed-dev  ## Lint, formatting, types, direction of imports, spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

format: $(VENV)/installed-dev  ## Put all code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/installed-bench  ## Measure all of benchmarks/RESULTS.md anew on HEADLINES (JSON Lines), and write it there
	$(if $(HEADLINES),,$(error say on what: make bench HEADLINES=path/to/headlines.jsonl.gz))
	$(BIN)/python benchmarks/peers.py $(HEADLINES) --json build/peers.json --write
	$(BIN)/python benchmarks/recall.py $(HEADLINES) --write
	$(BIN)/python benchmarks/scale.py $(HEADLINES) --sizes $(SIZES) --json build/scale.json --write

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

# `recommenders` asks for some hundred packages, of which the class that is measured uses two: they are in `bench`.
$(VENV)/installed-bench: pyproject.toml | $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'recommenders>=1.2,<2'
	@touch $@

clean:  ## Remove everything that was made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
