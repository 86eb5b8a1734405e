# The commands of smartward. `make demo` and `make test` set up everything that they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo test check bench lock clean servers

help:
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.demo ## a living ward on this machine; pass options as ARGS="--port 8001 --for 60s"
	$(BIN)/smartward demo --footage $(ARGS)

test: $(VENV)/.dev servers ## everything: style, types, architecture, unit, contract, fault and browser tests
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev ## style, types and the catalogue
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/smartward catalogue check
	$(BIN)/smartward dashboards check

bench: $(VENV)/.dev ## measure, and write docs/bench.md
	$(BIN)/python -m tests.bench $(ARGS)

servers: ## install what the tests run against (Debian, as root); start and enable nothing
	tools/install-servers

lock: ## pin what setup.py-less Python needs, with hashes
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header -q --extra demo pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header -q --all-extras pyproject.toml -o requirements-dev.txt

clean: ## remove the virtual environment and what was built
	rm -rf $(VENV) dist

$(VENV)/.demo: requirements.txt pyproject.toml
	tools/make-venv $(PYTHON) $(VENV) requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml
	tools/make-venv $(PYTHON) $(VENV) requirements-dev.txt
	@touch $(VENV)/.demo $@
