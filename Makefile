# `make up` and `make test` set up everything they need, given Python >= 3.11 and a way to the package registries.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=
PROCESSES ?= 2

.PHONY: help up clients test test-offline test-clients check fmt bench fuzz lock local clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Ingate needs Python 3.11 or newer; none was found on PATH (set PYTHON=...)."; exit 1; }
	@echo "setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "installing what Ingate runs on (requirements/runtime.txt)"
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@echo "installing what its tests and checks need (requirements/dev.txt)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.local: $(VENV)/.runtime requirements/local.txt
	@echo "installing llama.cpp's server (requirements/local.txt)"
	@$(PIP) install --require-hashes -r requirements/local.txt
	@touch $@

up: $(VENV)/.runtime ## Serve (ARGS="--port 9000" passes options)
	@$(BIN)/ingate up $(ARGS)

local: $(VENV)/.local ## Serve a small real model (a toy) behind every deployment
	@$(BIN)/ingate up --local smollm2 $(ARGS)

test: $(VENV)/.dev $(VENV)/.local ## Run the tests (PROCESSES=1 one after another)
	@$(BIN)/python -m pytest -n $(PROCESSES) $(ARGS)

test-offline: $(VENV)/.dev $(VENV)/.local ## Run them where nothing leaves the machine (Linux; clients from .cache)
	@scripts/test_offline.sh -n $(PROCESSES) $(ARGS)

test-clients: $(VENV)/.dev ## Run the tests of clients that are large, such as az (about 1.5 GB in .cache)
	@$(BIN)/python -m pytest -v --durations 10 -m heavy tests/contract $(ARGS)

clients: $(VENV)/.dev ## Run the tests of every client, large ones too, and write docs/reference/clients.md
	@$(BIN)/python -m tests.support.clients_matrix $(ARGS)

check: $(VENV)/.dev ## Lint, types, import contracts, documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q --no-header tests/architecture -k document

fmt: $(VENV)/.dev ## Format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Measure beside nginx, LiteLLM and Portkey; quotas and journal; the simulator beside other mocks
	@$(BIN)/python -m bench $(ARGS)
	@$(BIN)/python -m bench.limits
	@$(BIN)/python -m bench.estimator
	@$(BIN)/python -m bench.mocks
	@$(BIN)/python -m bench.logs --rows 1000000
	@$(BIN)/python -m bench.forecast

fuzz: $(VENV)/.dev ## Fuzz the HTTP front (ARGS="--minutes 10")
	@$(BIN)/python -m tests.conformance.http_front.fuzz $(ARGS)

lock: ## Re-lock the dependencies (needs uv)
	scripts/lock.sh

clean: ## Remove the environment and caches
	rm -rf $(VENV) .cache .pytest_cache .ruff_cache
