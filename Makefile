# Needs Python 3.11 or later with its module venv, and make; everything else is fetched into .venv and var.
PYTHON ?= python3
BIN := .venv/bin
# What is imported is compiled then, and kept: pip would compile each of 15,000 modules, one after another.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement
unexport PYTHONDONTWRITEBYTECODE
NO_INDEX = echo "What the lock file names could not be installed: let pip reach a package index (PIP_INDEX_URL names another)"

.PHONY: help up test lint fix install lock stop
help:
	@echo "make up [PORT=8123]   run everything on this machine, Ctrl-C stops it"
	@echo "make test             the whole suite"
	@echo "make lint | fix       what ruff and mypy say | what ruff can mend"
	@echo "make stop             stop the servers that tests and commands have left running under var"
	@echo "make install          what tests and ruff need, into .venv; test, lint and fix do it by themselves"
	@echo "make lock             renew the lock files after a change of requirements*.txt"
	@echo "make bundle | browser-script | intake-scripts   build the committed scripts anew, with npm"
	@echo "make pictures         take the pictures of docs/images anew, of the demo"

include $(wildcard *.mk)
.DEFAULT_GOAL := help

# A stamp per lock file, so that the second time takes no time.
.venv/bin/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; echo "Python's own module venv is needed: apt-get install python3-venv, or make PYTHON=/path/to/python3"; exit 1; }
.venv/.runtime: requirements.lock | .venv/bin/python
	@$(INSTALL) requirements.lock || { $(NO_INDEX); exit 1; }
	@touch $@
.venv/.dev: requirements-dev.lock | .venv/bin/python
	@$(INSTALL) requirements-dev.lock || { $(NO_INDEX); exit 1; }
	@touch $@ .venv/.runtime
install: .venv/.dev

up: .venv/.runtime
	$(BIN)/python manage.py up

# The tests' servers live in var/test, apart from those of `make up`, and end with the suite. Node and a browser are
# found or fetched first; one that cannot be had is named before any test runs.
test: .venv/.dev
	@$(BIN)/python -m formaos_obs.tests.provision
	@export OBS_VAR_DIR="$$PWD/var/test"; $(BIN)/python -m pytest $(ARGS); status=$$?; \
	$(BIN)/python -m formaos_obs.embedded stop; exit $$status

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy events analytics alerts dashboard formaos_obs

fix: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

stop:
	$(BIN)/python -m formaos_obs.embedded stop

# One lock file serves every Python from 3.11 on: what differs between them carries a marker.
lock:
	"$(PYTHON)" -m venv var/uv
	var/uv/bin/python -m pip install --quiet --disable-pip-version-check uv
	for name in requirements requirements-dev requirements-node $(basename $(wildcard events/tests/sdk/pypi/*.txt)); do \
	    var/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	        --no-emit-index-url --no-emit-find-links --output-file $$name.lock $$name.txt || exit 1; \
	done
