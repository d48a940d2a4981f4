# Everything a developer does, self-documented: make help.
VENV ?= .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.stamp
P ?=
PORTS := $(or $(PENSTOCK_PORT_1),8081) $(or $(PENSTOCK_PORT_2),8082)
# tests wait more than they compute, and each worker may have a cluster of its own
WORKERS ?= logical
TESTS := $(PY) -m pytest -n $(WORKERS) --maxprocesses 4
M ?= 127.0.0.1:$(word 1,$(PORTS)),127.0.0.1:$(word 2,$(PORTS))
export PYTHON
ifdef SENTINEL
export COMPOSE_FILE := compose.yaml:compose.sentinel.yaml
export PENSTOCK_REDIS_URL := redis+sentinel://sentinel-1:26379,sentinel-2:26379,sentinel-3:26379/main/0
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo up down logs submit test test-ci test-all test-long chaos exactly-once bench soak profile lint ui ui-check ui-test docs lock clean

help:  ## Show this.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml requirements/development.txt
	@scripts/setup $(VENV)
	@touch $@

setup: $(STAMP)  ## Make the venv and install everything into it.

demo: $(STAMP)  ## Word count over 2 million words on a local cluster, checked (KEEP=1 leaves the cluster up).
	@$(PY) examples/demo.py $(if $(KEEP),--keep)

up:  ## Build and start the stack in containers; REST at 127.0.0.1:8081 and :8082 (SENTINEL=1: with a replica and Sentinels).
	@mkdir -p data
	@scripts/compose-secrets
	docker compose up -d --build
	@scripts/compose-wait
	@echo "up: REST at$(PORTS:%= http://127.0.0.1:%); make submit JOB=examples/word_count.py"

down:  ## Stop the stack (volumes and ./data stay).
	docker compose down --remove-orphans

logs:  ## Follow the stack's logs (S=service: of one service).
	docker compose logs -f --tail=100 $(S)

submit: $(STAMP)  ## Run JOB=path [ARGS='…'] [P=parallelism] [M=host:port,…] on the stack and follow it.
	@test -n "$(JOB)" || { echo "error: which job? make submit JOB=examples/word_count.py [ARGS='…'] [P=4] [M=host:port,…]" >&2; exit 2; }
	@$(VENV)/bin/penstock run -m $(M) $(if $(P),-p $(P)) $(JOB) $(ARGS)

test: $(STAMP)  ## Run the tests, except those over containers, in WORKERS (a core each); T='…': options for pytest.
	@$(TESTS) -m "not compose" $(T)

test-ci: $(STAMP)
	@$(TESTS)

test-all: $(STAMP)  ## Run the unit tests on every Python from 3.11 to 3.13 that is installed.
	@scripts/test-all

chaos: $(STAMP)  ## Run the chaos suite for MINUTES (10) by SEED (any), or SCENARIO='part of a name', HARNESS=docker: over containers.
	@$(PY) -m tests.chaos

test-long: $(STAMP)  ## Run the tests that take too long for every run, for MINUTES (10).
	@MINUTES=$(or $(MINUTES),10) $(PY) -m pytest -m chaos -s $(T)

exactly-once: $(STAMP)  ## RUNS (200) seeded jobs under kills and exceptions, their output compared with an oracle's (SEED=first).
	@RUNS=$(or $(RUNS),200) $(PY) -m pytest -s tests/chaos/exactly_once $(T)

bench: $(STAMP)  ## Measure (PEERS=1: Bytewax, PyFlink and Flink SQL too; B='--only PART … --rounds N').
	@$(PY) -m benchmarks $(if $(PEERS),--peers) $(B)

soak: $(STAMP)  ## For MINUTES (60): a job at 80% of the highest rate, a checkpoint each 10 s; does anything grow?
	@$(PY) -m benchmarks.soak --minutes $(or $(MINUTES),60) $(B)

profile: $(STAMP)  ## Flame graphs of the slots of a word count (WORKLOAD='json', 'window', …) into benchmarks/results.
	@$(PY) -m benchmarks.profile $(if $(WORKLOAD),--workload '$(WORKLOAD)')

lint: $(STAMP)  ## Check style, types and the import contracts.
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy shared services tests examples benchmarks
	@PYTHONPATH=shared:services $(VENV)/bin/lint-imports --no-cache

ui:  ## Build the Web UI out of services/ui into the dispatcher; what it makes is committed.
	@scripts/ui build

ui-check:  ## Check that what is committed is what services/ui builds.
	@scripts/ui check

ui-test:  ## Run the Web UI's own unit tests.
	@scripts/ui test

docs: $(STAMP)  ## Make docs/configuration.md from the schema.
	@$(PY) -m penstock.client.config.documentation > docs/configuration.md

lock:  ## Pin the dependencies anew.
	@scripts/lock

clean:  ## Remove the venvs and caches.
	rm -rf services/ui/node_modules services/ui/.node .screenshots $(VENV) .venvs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
