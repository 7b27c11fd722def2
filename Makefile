# Everything that a person or CI does, the same commands for both. Needs Python 3.11+ and make.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
# Every lock names exact versions with hashes, so nothing is resolved at installation. Compiling on
# all cores afterwards takes half of what pip takes, and each process that starts later is faster.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile
# Some packages carry templates that are not valid Python: what cannot be compiled is left alone.
COMPILE := $(BIN)/python -m compileall -q -j 0 -x '/tests?/' .venv >/dev/null 2>&1 || true
# Must know the assembly schema of the aws-cdk-lib in use.
CDK_CLI := aws-cdk@2.1148.1

.PHONY: help run serve spark test check lint format snapshot pictures bench lock deploy destroy cdk clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: Python 3.11 or newer is needed, found $$($(PYTHON) --version 2>&1); \
	try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 4; }
	@$(PYTHON) -m venv .venv

# dev.lock holds all of run.lock, in the same versions: whoever tests first installs once.
.venv/run.installed: requirements/run.lock pyproject.toml | $(BIN)/python
	@echo "installing into .venv (once, a few minutes)" >&2
	@$(INSTALL) --require-hashes -r requirements/run.lock
	@$(INSTALL) --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@

.venv/dev.installed: requirements/dev.lock pyproject.toml | $(BIN)/python
	@echo "installing into .venv, with the development tools (once, a few minutes)" >&2
	@$(INSTALL) --require-hashes -r requirements/dev.lock
	@$(INSTALL) --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@ .venv/run.installed

run: .venv/run.installed ## Run the whole workflow on MovieLens-100K, on this machine
	@$(BIN)/recommender run

serve: .venv/run.installed ## Keep the embedded AWS up, with the stack deployed, until Ctrl-C
	@$(BIN)/recommender serve

spark: .venv/run.installed ## Add PySpark, for "preparation": "glue" on this machine (needs Java 17)
	@$(INSTALL) --require-hashes -r requirements/spark.lock

test: .venv/dev.installed lint ## Lint, check types and contracts, run every test
	@$(BIN)/python -m pytest -n auto -q

lint: .venv/dev.installed ## Style, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/dev.installed ## Rewrite the code in the house style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

snapshot: .venv/dev.installed ## Rewrite what tests compare with: state machine, template, schema
	@$(BIN)/python -m tests.snapshots.write

pictures: .venv/dev.installed ## Take the documentation's pictures again, of real runs
	@$(BIN)/python -m tests.pictures

# make bench SIZES="0.1 1 4 16" JSON=benchmarks/results.json
bench: .venv/dev.installed ## Measure, beside others: make bench SIZES="0.1 1"
	@$(BIN)/python -m benchmarks $(if $(SIZES),--sizes $(SIZES)) $(if $(JSON),--json $(JSON))

deploy: ## Deploy to the AWS account of your credentials
	@$(MAKE) --no-print-directory cdk ARGS="deploy"

destroy: ## Remove the stack from that account
	@$(MAKE) --no-print-directory cdk ARGS="destroy"

cdk: .venv/run.installed ## Any other command of the CDK CLI: make cdk ARGS="diff"
	@$(BIN)/python -m infra.node npx --yes $(CDK_CLI) $(ARGS)

lock: .venv/dev.installed ## Compile the lock files again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --quiet --output-file requirements/dev.lock
	uv pip compile --group run --universal --python-version 3.11 \
	  --generate-hashes --no-header --quiet --constraint requirements/dev.lock \
	  --output-file requirements/run.lock
	uv pip compile --group spark --universal --python-version 3.11 \
	  --generate-hashes --no-header --quiet --constraint requirements/dev.lock \
	  --output-file requirements/spark.lock
	uv pip compile spark/requirements.in --python-version 3.11 \
	  --python-platform x86_64-manylinux_2_28 --generate-hashes --no-header --no-annotate --quiet \
	  --constraint requirements/dev.lock --output-file spark/requirements.txt
	for layer in contracts preparation conversion evaluation; do \
	  uv pip compile lambdas/layers/$$layer/requirements.txt --python-version 3.13 \
	    --python-platform aarch64-manylinux_2_28 --generate-hashes --no-header --no-annotate --quiet \
	    --constraint requirements/run.lock --output-file lambdas/layers/$$layer/requirements.lock; \
	done

clean: ## Remove everything that make has made
	rm -rf .venv .cache cdk.out output build *.egg-info .mypy_cache .ruff_cache .pytest_cache
