# Everything that is needed to try relay, and to work on it. `make` alone says what there is.

SECONDS ?= 30
PROCESSES ?= 4
FAULTS ?= 100
# Drawn at random, and printed, when it is not given.
SEED ?=
QUICK ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick chaos bench check

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install everything into .venv (and unixodbc, redis-server, tdsodbc and rabbitmq-server by apt, when missing and allowed)
	@scripts/setup

demo: setup ## watch documents go from SQL Server to worker services, every one accounted for (SECONDS=30)
	@.venv/bin/python -m examples.pharmacy demo --seconds $(SECONDS)

test: setup ## run all of relay's tests (PROCESSES=4); make -C sandbox test runs the sandbox's
	@.venv/bin/pytest -n $(PROCESSES) --dist worksteal

quick: setup ## run what needs no service, with fewer histories: less than a minute
	@N=100 RELAY_HISTORIES=40 .venv/bin/pytest -q -n $(PROCESSES) tests/unit tests/protocol/test_design.py

chaos: setup ## break everything, one thing after the other, and count every push (FAULTS=100 SEED=7)
	@.venv/bin/python -m tests.chaos --faults $(FAULTS) $(if $(SEED),--seed $(SEED))

bench: setup ## measure how fast relay is, beside the plain ways and on a bad day (QUICK=1)
	@.venv/bin/python -c 'import matplotlib, django_celery_outbox, psycopg' 2>/dev/null || \
	    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]' --constraint constraints.txt || \
	    .venv/bin/python -c 'import matplotlib' # the rest is for the peer, without which it goes on
	@benchmarks/get_postgresql.sh
	@.venv/bin/python -m benchmarks $(if $(QUICK),--quick)

check: setup ## look for problems without running anything: ruff, mypy, import-linter
	@scripts/check
