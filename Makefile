# Everything needs only make and a Python >= 3.12; the rest is fetched into .venv, the data lives in .data.
.DEFAULT_GOAL := help
.PHONY: help demo test check lint types contracts migrations-check messages bench prove lock screenshots clean
SHELL := /bin/bash
HISTORY ?= sample
export HISTORY

BIN := .venv/bin
# Starts our own PostgreSQL and Valkey around a command, unless DATABASE_URL or DATABASE_ADMIN_URL names a server.
# A folder serves one run at a time; a second one beside it wants its own: make test DATA=.data/test2
WITH_SERVERS = $(BIN)/python -m loyalty.demo.servers run --data $(or $(DATA),$(1)) --
# pytest's own options go here: make test PYTEST="-k lots -x"
PYTEST ?= -q -n 2 --dist worksteal --durations=25
RUN := .venv/installed-run
DEV := .venv/installed-dev
# What the server reads of the translations, made from loyalty/locale/*/LC_MESSAGES/django.po.
WORDS := $(patsubst %.po,%.mo,$(wildcard loyalty/locale/*/LC_MESSAGES/django.po))

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(RUN): requirements.txt requirements-demo.txt requirements-history.txt
	@.ci/venv run

$(DEV): $(RUN) requirements-dev.txt
	@.ci/venv dev

$(WORDS): %.mo: %.po | $(RUN)
	@$(BIN)/python manage.py compilemessages

.venv: $(DEV) $(WORDS) ## make or update the virtual environment

demo: $(RUN) $(WORDS) ## a whole shop on this machine: servers, data, web, worker (HISTORY=full loads everything)
	@exec $(BIN)/python manage.py demo

test: $(DEV) $(WORDS) ## every test, against servers started for it
	@$(call WITH_SERVERS,.data/test) $(BIN)/python -m pytest $(PYTEST)

check: lint types contracts migrations-check test ## what must pass before a change lands

lint: $(DEV) ## style and likely mistakes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV) ## static types
	@$(BIN)/mypy

contracts: $(DEV) ## the floors and rooms of the house
	@$(BIN)/lint-imports

migrations-check: $(DEV) ## models and migrations agree
	@$(call WITH_SERVERS,.data/test) $(BIN)/python manage.py makemigrations --check --dry-run

messages: $(RUN) ## bring loyalty/locale/*/LC_MESSAGES/django.po up to date with the words in the code
	@$(BIN)/python manage.py makemessages

bench: $(DEV) $(WORDS) ## how fast, as ratios to raw PostgreSQL in the same run
	@$(call WITH_SERVERS,.data/bench) $(BIN)/python -m tests.bench $(BENCH)

prove: $(DEV) $(WORDS) ## the long proofs: kills, storms and races at full length
	@$(call WITH_SERVERS,.data/prove) $(BIN)/python -m tests.prove $(PROVE)

lock: ## write requirements*.txt anew (UPGRADE="name …" or UPGRADE=--all moves versions)
	@$$(.ci/venv lock-python) .ci/lock $(UPGRADE)

screenshots: $(DEV) $(WORDS) ## the README's pictures, taken from the running demo
	@$(BIN)/python -m tests.screenshots

clean: ## stop what still runs, remove .venv, caches and all demo data
	@if [ -x $(BIN)/python ]; then \
	  for data in .data .data/*/; do \
	    if [ -d "$$data/postgres" ]; then $(BIN)/python -m loyalty.demo.servers remove --data "$$data" || exit 1; fi; \
	  done; \
	fi
	rm -f $(WORDS)
	rm -rf .venv .data .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache staticfiles
