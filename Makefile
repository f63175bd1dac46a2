# Everything this project does on a machine with Python 3.11 and make. `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
NPM := $(shell command -v npm)

# What the tests have from npm, where there is one.
MODULES := $(if $(NPM),$(addsuffix /node_modules/.installed,\
	stand_ins/azurite tests/e2e/kusto tests/e2e/teams tests/e2e/web))

.PHONY: help run func test check bench bench-quick bench-month bench-week bench-observed lock catalogue schemas needs gateway release-dry-run clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

# On a laptop everything has a default, so that the README's commands work as they stand.
run: export FABRIC_ENVIRONMENT ?= local
run: export PORT ?= 7071
run: export FABRIC_WHATSAPP_APP_SECRET ?= local-app-secret
run: export FABRIC_WHATSAPP_VERIFY_TOKEN ?= local-verify-token
run: export FABRIC_WHATSAPP_ACCESS_TOKEN ?= local-access-token
run: export FABRIC_WHATSAPP_GRAPH_URL ?= http://127.0.0.1:$(PORT)/_sent/whatsapp
run: .venv/.local ## the whole platform on http://localhost:7071 (PORT=8000 for another)
	@$(BIN)/botfabric run --reload

func: .venv/.local ## the same app under Azure Functions Core Tools, with Azurite
	@$(BIN)/botfabric func

# Most tests wait for other processes; those that measure time have the machine to themselves.
# Hundreds of processes start: where this is set, each of them compiles all that it imports.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.dev $(MODULES) ## the whole suite, on this machine only
	@$(BIN)/python -m pytest --numprocesses 4 -m "not alone"; most=$$?; \
		$(BIN)/python -m pytest -m alone $$(grep -rl 'mark\.alone' tests --include='test_*.py'); alone=$$?; \
		$(BIN)/python -m tests.left_out && exit $$((most + alone))

check: .venv/.dev ## what CI runs: linters, types, tests, every bot against its floor, the price of a turn
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MAKE) test
	$(BIN)/botfabric eval all
	$(MAKE) bench-quick

bench-quick: .venv/.dev ## what a turn costs, counted: the same on every machine
	@$(BIN)/python -m bench.quick

bench-month: .venv/.dev ## the roll-up of a month of 100 bots, and each report over it
	@$(BIN)/python -m bench.month

bench-week: .venv/.dev ## a made-up week: its truth beside the reports, with kills on
	@$(BIN)/python -m bench.week

bench-observed: .venv/.dev ## what spans and the ledger cost a turn, before and after in one run
	@$(BIN)/python -m bench.observed

bench: .venv/.dev ## the figures in docs/benchmarks.md
	$(BIN)/python -m bench

lock: .venv/.dev ## requirements.txt, from the dependencies in pyproject.toml
	$(BIN)/uv pip compile pyproject.toml -o requirements.txt \
		--generate-hashes --universal --python-version 3.11 --quiet

catalogue: .venv/.dev ## the sentences in all languages, compiled from shared/dialogue/locale
	@$(BIN)/pybabel --quiet compile --directory shared/dialogue/locale \
		--domain "$(sort $(basename $(notdir $(wildcard shared/dialogue/locale/en/LC_MESSAGES/*.po))))"

schemas: .venv/.dev ## the JSON Schema of every TOML file, from the dataclasses that read them
	@$(BIN)/python -m cli.schemas

needs: .venv/.dev ## what the apps need of Azure, from the manifests, for the Bicep in infra/
	@$(BIN)/python -m packing.needs

gateway: .venv/.dev ## the policies of API Management, from backends.toml and the manifests
	@$(BIN)/python -m packing.gateway

release-dry-run: .venv/.dev ## a whole release on this machine: pack, bill of materials, start, smoke, roll back
	@infra/pipeline/dry_run.sh

clean: ## remove what make made; data in .fabric stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

.venv/.pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "python3 has no venv: apt-get install python3-venv"; exit 1; }
	@echo "Installing into .venv, once; with a fast network it takes half a minute ..."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@touch $@

# uv takes seconds where pip takes minutes; where only pip knows the way to an index, pip goes.
.venv/.local: .venv/.pip pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[local,embeddings]' \
		|| $(BIN)/python -m pip install --quiet --editable '.[local,embeddings]'
	@touch $@

.venv/.dev: .venv/.local pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --group dev \
		|| { $(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' \
			&& $(BIN)/python -m pip install --quiet --group dev; }
	@touch $@

%/node_modules/.installed: %/package.json
	@$(NPM) install --prefix $* --no-audit --no-fund --no-package-lock --ignore-scripts --loglevel=error \
		&& cp $< $@ || echo "npm could not install $*: what needs it is left out"
