# Needs Python 3.11 or later and make; everything else is fetched into .venv and var.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help up test lint fix install lock stop
help:
	@echo "make up [PORT=8123]   run everything on this machine, Ctrl-C stops it"
	@echo "make test             the whole suite"
	@echo "make lint | fix       what ruff and mypy say | what ruff can mend"
	@echo "make stop             stop the servers that tests and commands have left running under var"
	@echo "make install          what tests and ruff need, into .venv; test, lint and fix do it by themselves"
	@echo "make lock             renew the lock files after a change of requirements*.txt"
	@echo "make bundle | browser-script | intake-scripts   build the committed scripts anew, with npm"

include $(wildcard *.mk)
.DEFAULT_GOAL := help

# A stamp per lock file, so that the second time takes no time.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv
.venv/.runtime: requirements.lock | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@
.venv/.dev: requirements-dev.lock | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@touch $@ .venv/.runtime
install: .venv/.dev

up: .venv/.runtime
	$(BIN)/python manage.py up

# The tests' servers live in var/test, apart from those of `make up`, and end with the suite.
test: .venv/.dev
	@OBS_VAR_DIR="$(CURDIR)/var/test" $(BIN)/python -m pytest $(ARGS); status=$$?; \
	OBS_VAR_DIR="$(CURDIR)/var/test" $(BIN)/python -m formaos_obs.embedded stop; exit $$status

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy events analytics alerts dashboard formaos_obs

fix: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

stop:
	$(BIN)/python -m formaos_obs.embedded stop

lock:
	$(PYTHON) -m venv var/pip-tools
	var/pip-tools/bin/pip install --quiet --disable-pip-version-check pip-tools
	for name in requirements requirements-dev; do \
	    var/pip-tools/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file $$name.lock $$name.txt || exit 1; \
	done
