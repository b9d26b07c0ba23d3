# What a contributor types. Every target can be run again at any time; what is done already is not done twice.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV ?= uv
BIN := .venv/bin
DONE := .venv/.done
CODE := $(wildcard services tests benchmarks training deploy examples)
VERIFIERS := tests/verifiers tests/clients
NATIVE := $(wildcard native/Cargo.toml native/src/*.rs native/src/*/*.rs)
CARGO := $(shell command -v cargo)

.PHONY: help
help: ## Show this help.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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
	$(BIN)/python -m tests.chromium
	$(if $(CARGO),cd native && cargo test --quiet --no-default-features)
	$(BIN)/pytest -n 2 $(or $(TESTS),tests/unit tests/integration)

# The first run builds the collector from source: about five minutes of CPU time. Later runs take half a minute.
.PHONY: verify-telemetry
verify-telemetry: setup ## Run the real collector with deploy/otel, and have Compose's reader read deploy/. Needs Go.
	$(BIN)/python -m tests.deploy.programs
	$(BIN)/pytest tests/deploy --ignore-glob='*/test_chart_*.py'

# Kubernetes' own programs among them, from source: CONTRIBUTING.md says what time and disk that takes, once.
.PHONY: verify-deploy-tools
verify-deploy-tools: $(DONE)/sluice ## Build and keep what verify-deploy drives: helm, an API server and others. Needs Go.
	$(BIN)/python -m tests.deploy.tools

# Its last line is one JSON object. VERIFY=quick: what needs helm alone, which it builds where it is not there.
.PHONY: verify-deploy
verify-deploy: $(DONE)/sluice ## Lint, render and install the chart on a real API server. Without one: VERIFY=quick
	$(if $(filter-out quick,$(VERIFY)),$(error VERIFY=quick, or nothing))
	$(BIN)/python -m tests.deploy.verify $(if $(VERIFY),--quick)

# Twenty minutes on two cores, and half an hour at most; its last line is one JSON object. CHAOS: further options.
.PHONY: chaos
chaos: setup ## Kill and stop everything at random, then check every decision: make chaos SEED=7
	$(BIN)/python -m tests.chaos --seed $(or $(SEED),1) $(CHAOS)

# Half an hour on two cores; its last line is one JSON object. FUZZ: further options.
.PHONY: fuzz
fuzz: setup ## Send 100,000 broken pictures through ingest's decoders: make fuzz SEED=7
	$(BIN)/python -m tests.fuzz --seed $(or $(SEED),1) $(FUZZ)

# Root, 20 GB of disk and ten minutes; its last line is one JSON object. SERVICES: some of them. IMAGES: further options.
.PHONY: images
images: setup ## Build the images without Docker, run them, and ask each for its health: make images SERVICES=ingest
	$(BIN)/python -m deploy.images $(SERVICES) $(IMAGES)

.PHONY: audit
audit: setup ## Ask the package index what is known against the locked packages. Needs PyPI's JSON interface.
	$(BIN)/python -m tests.deploy.audit

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
	  --extra postgres --extra pkcs11 --extra aws-kms --extra gcp-kms --extra azure-kms --extra gateway --extra dev \
	  --output-file requirements.lock --upgrade --no-emit-package weighted-levenshtein $(LOCK_FLAGS)
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["java"])' \
	  | $(UV) pip compile - --output-file requirements-java.lock --no-annotate $(LOCK_FLAGS)
	printf 'nvidia-pytriton==0.7.0\nonnxruntime>=1.31,<2\n' \
	  | $(UV) pip compile - --output-file services/sluice/local/triton.lock --no-annotate $(LOCK_FLAGS)
	$(MAKE) lock-images

# What is in an image is what the tests ran with: its locks are parts of requirements.lock. pdqhash is published as
# source alone, and not needed beside the extension.
.PHONY: lock-images
lock-images: ## The locks of deploy/images and of the tools of verify-deploy, from requirements.lock. Needs uv.
	$(UV) pip compile pyproject.toml --extra heic --extra triton --output-file deploy/images/cpu.lock \
	  --no-emit-package pdqhash $(IMAGE_LOCK_FLAGS)
	$(UV) pip compile pyproject.toml deploy/images/gpu.in --extra heic --extra triton --output-file deploy/images/gpu.lock \
	  --no-emit-package onnxruntime --no-emit-package pdqhash $(IMAGE_LOCK_FLAGS)
	$(UV) pip compile pyproject.toml --extra pkcs11 --extra aws-kms --extra gcp-kms --extra azure-kms \
	  --output-file deploy/images/c2pa-signer.lock --no-emit-package pdqhash $(call ALL_OF,cpu) $(IMAGE_LOCK_FLAGS)
	$(UV) pip compile pyproject.toml --extra postgres --output-file deploy/images/provenance.lock \
	  --no-emit-package pdqhash $(call ALL_OF,cpu) $(IMAGE_LOCK_FLAGS)
	$(UV) pip compile pyproject.toml --extra postgres --extra aws-kms --extra gcp-kms --extra azure-kms \
	  --output-file deploy/images/reporter.lock \
	  --no-emit-package pdqhash $(call ALL_OF,cpu) $(IMAGE_LOCK_FLAGS)
	$(UV) pip compile pyproject.toml --extra gateway --extra postgres --output-file deploy/images/gateway.lock \
	  --no-emit-package pdqhash $(call ALL_OF,cpu) $(IMAGE_LOCK_FLAGS)
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	  | $(UV) pip compile - --output-file deploy/images/build.lock $(IMAGE_LOCK_FLAGS)
	$(UV) pip compile tests/deploy/verify-tools.in --output-file tests/deploy/verify-tools.lock --no-annotate $(LOCK_FLAGS)

IMAGE_LOCK_FLAGS = --constraint requirements.lock --no-annotate $(LOCK_FLAGS)
# Of a lock: what a lock for the same image need not hold again.
ALL_OF = $$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' deploy/images/$(1).lock)

LOCK_FLAGS := --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

.PHONY: clean
clean: ## Remove what setup, tests and demo made here. Local state (.sluice) and pulled models stay.
	rm -rf .venv out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis $(addsuffix /node_modules,$(VERIFIERS))
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

# Other people's readers of C2PA, which the tests ask for a second opinion, and OpenAI's client for Node.
.PHONY: verifiers
verifiers: $(patsubst %/package.json,%/node_modules/.done,$(wildcard $(addsuffix /package.json,$(VERIFIERS))))

%/node_modules/.done: %/package-lock.json
	npm ci --prefix $* --no-audit --no-fund --loglevel=error
	touch $@
