# Every target sets up what it needs. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test check check-types check-rest prove mutation fuzz bench soak lock openapi clean

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-installed
DEV_STAMP := $(VENV)/.dev-installed
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# One more than there are cores: tests that wait for a disk or a browser leave room for another.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# Compiled modules are kept, also where the environment says otherwise: a command starts in a third of the time, and the
# tests start some sixty of them.
export PYTHONDONTWRITEBYTECODE :=

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(RUN_STAMP) ## install what running needs into .venv, from the hashed lock

setup-dev: $(DEV_STAMP) ## install what tests need as well

demo: $(RUN_STAMP) ## set up, then run the whole life of some forty applications (also: make demo ARGS="--keep")
	@$(BIN)/miaopi demo $(ARGS)

test: $(DEV_STAMP) ## set up, then check style, types and import direction, and run the tests
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(DEV_STAMP) ## ruff, mypy strict, import direction, the rule book
	@$(MAKE) --no-print-directory -j 2 --output-sync=target check-types check-rest

check-types: $(DEV_STAMP)
	@$(BIN)/mypy

check-rest: $(DEV_STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/miaopi rules check

prove: $(DEV_STAMP) ## prove what the rules can and cannot decide (some minutes)
	@$(BIN)/miaopi rules prove $(ARGS)

mutation: $(DEV_STAMP) ## mutate every rule, table and parameter; the cases must notice each change
	@$(BIN)/miaopi rules test --mutation $(ARGS)

fuzz: $(DEV_STAMP) ## 100,000 mutated licence codes, put to every verifier; all must give one answer (some minutes)
	@$(BIN)/python -m tests.licence_qr.fuzz_verifiers $(ARGS)

bench: $(DEV_STAMP) ## measure speed and memory, with floors in the same run
	@$(BIN)/python -m benchmarks $(ARGS)

soak: $(DEV_STAMP) ## memory over 100,000 decisions
	@$(BIN)/python -m benchmarks soak $(ARGS)

openapi: $(RUN_STAMP) ## write docs/openapi.json anew
	@$(BIN)/miaopi openapi docs/openapi.json

lock: $(DEV_STAMP) ## resolve the requirements anew into hash-only locks (needs uv; no address may enter a lock)
	@uv pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements/run.lock
	@uv pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.lock
	@! grep -n '://' requirements/*.lock

clean: ## remove what make made
	rm -rf $(VENV) out var .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@python=$$(scripts/check-machine) && $$python -m venv $(VENV)

$(RUN_STAMP): $(VENV)/bin/python requirements/run.lock pyproject.toml
	@echo "miaopi: installing (about a minute the first time) ..."
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): $(VENV)/bin/python requirements/dev.lock pyproject.toml
	@echo "miaopi: installing with test tools (about a minute the first time) ..."
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(RUN_STAMP)
