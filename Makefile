# The commands of smartward. `make demo` and `make test` set up everything that they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo test check bench lock clean servers

help:
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.footage ## a living ward on this machine; pass options as ARGS="--port 8001 --for 60s"
	@$(BIN)/smartward demo $(ARGS)

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

lock: ## pin dependencies again, with hashes (needs uv)
	tools/lock

clean: ## remove the virtual environment and what was built
	rm -rf $(VENV) dist

$(VENV)/.demo: requirements.txt pyproject.toml
	tools/make-venv $(PYTHON) $(VENV) requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml
	tools/make-venv $(PYTHON) $(VENV) requirements-dev.txt
	@touch $(VENV)/.demo $@

$(VENV)/.footage: $(VENV)/.demo
	@$(BIN)/smartward footage install && touch $@ || echo "The demo goes on without what is missing."
