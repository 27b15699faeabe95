# Everything that is needed to try relay, and to work on it. `make` alone says what there is.

SECONDS ?= 30
PROCESSES ?= 2
FAULTS ?= 100
# Drawn at random, and printed, when it is not given.
SEED ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test chaos check

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install everything into .venv (and unixodbc, redis-server and tdsodbc by apt, when missing and allowed)
	@scripts/setup

demo: setup ## watch documents go from SQL Server to worker services, every one accounted for (SECONDS=30)
	@.venv/bin/python -m sandbox demo --seconds $(SECONDS)

test: setup ## run all tests (PROCESSES=2)
	@.venv/bin/pytest -n $(PROCESSES)

chaos: setup ## break everything, one thing after the other, and count every push (FAULTS=100 SEED=7)
	@.venv/bin/python -m tests.chaos --faults $(FAULTS) $(if $(SEED),--seed $(SEED))

check: setup ## look for mistakes without running anything: ruff, mypy, import-linter
	@scripts/check
