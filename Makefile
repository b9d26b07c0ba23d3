# What a contributor types. Every target can be run again at any time; what is done already is not done twice.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV ?= uv
BIN := .venv/bin
DONE := .venv/.done
CODE := $(wildcard services tests benchmarks training deploy)
VERIFIERS := tests/verifiers
NATIVE := $(wildcard native/Cargo.toml native/src/*.rs native/src/*/*.rs)
CARGO := $(shell command -v cargo)

.PHONY: help
help: ## Show this help.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(DONE)/sluice $(DONE)/java verifiers ## Everything that the product, its tests and benchmarks need.
	$(BIN)/sluice dev kafka
	$(BIN)/sluice models pull

.PHONY: demo
demo: setup ## Moderate a sample set on a real stack and print a table.
	$(BIN)/sluice demo

.PHONY: test
test: setup ## Every test, against real Kafka, Triton and models. One folder: make test TESTS=tests/unit
	$(BIN)/python -m sluice.local.triton fetch
	$(BIN)/python -m tests.softhsm
	$(BIN)/python -m tests.promtool
	$(if $(CARGO),cd native && cargo test --quiet --no-default-features)
	$(BIN)/pytest $(or $(TESTS),tests/unit tests/integration)

# The first run builds the collector from source: about five minutes of CPU time. Later runs take half a minute.
.PHONY: verify-telemetry
verify-telemetry: setup ## Run the real collector with deploy/otel, and have Compose's reader read deploy/. Needs Go.
	$(BIN)/python -m tests.deploy.programs
	$(BIN)/pytest tests/deploy

# Twenty minutes on two cores, and half an hour at most; its last line is one JSON object. CHAOS: further options.
.PHONY: chaos
chaos: setup ## Kill and stop everything at random, then check every decision: make chaos SEED=7
	$(BIN)/python -m tests.chaos --seed $(or $(SEED),1) $(CHAOS)

# Half an hour on two cores; its last line is one JSON object. FUZZ: further options.
.PHONY: fuzz
fuzz: setup ## Send 100,000 broken pictures through ingest's decoders: make fuzz SEED=7
	$(BIN)/python -m tests.fuzz --seed $(or $(SEED),1) $(FUZZ)

.PHONY: lint
lint: $(DONE)/sluice ## Style, types (strict, tests included) and the contract.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(if $(CARGO),cd native && cargo fmt --check && cargo clippy --quiet --all-targets -- -D warnings)
	$(BIN)/buf lint protos
	$(BIN)/buf breaking protos --against '.git#ref=$(shell $(CONTRACT_BASE)),subdir=protos'

# The contract may not break what was released last; before the first release, what is on the main branch.
CONTRACT_BASE = git describe --tags --abbrev=0 2>/dev/null || git rev-parse --verify --quiet origin/main || echo HEAD

# weighted-levenshtein is published as source alone and would need a C compiler; threatexchange asks for it, and nothing
# that we use of threatexchange imports it.
.PHONY: lock
lock: ## Pin every dependency anew, by hash. Needs uv.
	$(UV) pip compile pyproject.toml --extra demo --extra train --extra eval --extra heic --extra triton --extra bench --extra sync \
	  --extra postgres --extra pkcs11 --extra aws-kms --extra gcp-kms --extra azure-kms --extra dev \
	  --output-file requirements.lock --upgrade --no-emit-package weighted-levenshtein $(LOCK_FLAGS)
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["java"])' \
	  | $(UV) pip compile - --output-file requirements-java.lock --no-annotate $(LOCK_FLAGS)
	printf 'nvidia-pytriton==0.7.0\nonnxruntime>=1.31,<2\n' \
	  | $(UV) pip compile - --output-file services/sluice/local/triton.lock --no-annotate $(LOCK_FLAGS)

LOCK_FLAGS := --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

.PHONY: clean
clean: ## Remove what setup, tests and demo made here. Local state (.sluice) and pulled models stay.
	rm -rf .venv out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis $(VERIFIERS)/node_modules
	rm -rf services/sluice.egg-info services/sluice/v1 services/sluice/_native*.so native/target native/Cargo.lock
	find services tests training benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

$(DONE)/venv:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	mkdir -p $(@D) && touch $@

$(DONE)/packages: requirements.lock $(DONE)/venv
	$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r requirements.lock
	touch $@

# The contract's Python is generated on the way, and native/ is built where cargo is.
$(DONE)/sluice: pyproject.toml setup.py $(wildcard protos/sluice/v1/*.proto) $(NATIVE) $(DONE)/packages
	$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	touch $@

# The broker needs Java 17 or later. A machine that has none gets one in .venv.
$(DONE)/java: requirements-java.lock $(DONE)/sluice
	$(BIN)/sluice dev java || $(BIN)/pip install --disable-pip-version-check --quiet --require-hashes -r requirements-java.lock
	$(BIN)/sluice dev java
	touch $@

# Other people's readers of C2PA, which the tests ask for a second opinion.
.PHONY: verifiers
verifiers: $(patsubst %/package.json,%/node_modules/.done,$(wildcard $(VERIFIERS)/package.json))

%/node_modules/.done: %/package-lock.json
	npm ci --prefix $* --no-audit --no-fund --loglevel=error
	touch $@
