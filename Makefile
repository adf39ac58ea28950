# Plumbline. Everything a newcomer types: make demo, make test. See README.md.
SHELL := /bin/bash
# Debian's own Python is what users have; another that stands before it in PATH is not theirs.
PYTHON ?= $(shell requirements/find-python)
# Raspberry Pi OS has a newer one already: the agent's tests run on it, too, where there is one.
NEWEST_PYTHON ?= $(shell requirements/find-python --newest)
PORT ?=
DEMO_SECONDS ?=
BIN := .venv/bin
# Where the Pythons differ: tasks, sockets, serial lines, files and processes. What only computes is shown once.
ON_NEWEST := $(addprefix tests/edge_agent/,test_agent.py test_parts.py clock gather host line link spool tasks \
	commands/test_read.py drivers/mqtt drivers/test_modbus_rtu.py drivers/test_osdp.py)
CODE := wire checked_yaml parts edge_agent store ingest analytics web simulator plumbline benchmarks tests

.PHONY: setup setup-dev setup-newest demo test bench screenshots check fmt schema pins clean

setup: .venv/ready ## what the product needs
setup-dev: .venv/ready-dev .venv/packages-test .venv-esphome/ready ## and what its tests need

.venv/bin/python:
	@PYTHON="$(PYTHON)" requirements/install-debian python
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Plumbline needs Python 3.11 or newer; PYTHON=/path/to/python3.11 make ... names one"; exit 1; }
	@echo "creating .venv ..."
	@$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python pyproject.toml requirements/build.txt requirements/edge.txt requirements/cloud.txt
	@echo "installing the pinned Python packages ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes \
		-r requirements/build.txt -r requirements/edge.txt -r requirements/cloud.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/ready-dev: .venv/ready requirements/dev.txt
	@echo "installing the pinned packages of the tests ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.venv-esphome/ready: .venv/bin/python requirements/esphome.txt
	@echo "installing ESPHome, which validates the nodes' configurations ..."
	@$(PYTHON) -m venv .venv-esphome
	@.venv-esphome/bin/python -m pip install -q --no-compile --disable-pip-version-check --require-hashes -r requirements/esphome.txt
	@touch $@

setup-newest: $(if $(NEWEST_PYTHON),.venv-newest/ready) ## the agent's tests on a newer Python, where there is one

.venv-newest/ready: requirements/build.txt requirements/dev.txt
	@echo "creating .venv-newest for the agent's tests on $(NEWEST_PYTHON) ..."
	@$(NEWEST_PYTHON) -m venv --clear .venv-newest
	@.venv-newest/bin/python -m pip install -q --no-compile --disable-pip-version-check --require-hashes \
		-r requirements/build.txt -r requirements/dev.txt
	@touch $@

.venv/packages-test: .venv/bin/python requirements/debian-test.txt requirements/install-debian
	@requirements/install-debian test
	@touch $@

demo: setup ## everything on one machine, no hardware
	@PORT="$(PORT)" DEMO_SECONDS="$(DEMO_SECONDS)" exec $(BIN)/plumbline demo

test: ## all tests; the agent's once more on the newest Python of this machine
	@$(MAKE) --no-print-directory -j2 check setup-newest setup-dev # they mostly wait, for packages and for one core
	@$(BIN)/pytest -n 3 --dist worksteal # one more than the users' cores: many tests wait for a server
	@if [ -n "$(NEWEST_PYTHON)" ]; then \
		echo "the agent's tests on $(NEWEST_PYTHON) ..."; \
		.venv-newest/bin/python -m pytest -q -n 3 --dist worksteal -p no:cacheprovider $(ON_NEWEST); fi

bench: setup-dev ## make bench ONLY=ingest runs one
	@$(BIN)/python -m benchmarks $(ONLY)

screenshots: setup-dev ## every page, phone and desk, both languages, light and dark: build/screenshots/
	@$(BIN)/python -m benchmarks.screenshots

check: .venv/ready-dev ## formatting, types, import contracts
	@$(BIN)/ruff format --check -q $(CODE)
	@$(BIN)/ruff check -q $(CODE)
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports

fmt: setup-dev
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)

schema: .venv/ready ## write what docs/ has of schemas and quantities from the models and tables
	@$(BIN)/python -m wire.schema docs/wire
	@$(BIN)/python -m edge_agent.profiling.pages docs

pins: ## renew requirements/*.txt (needs uv)
	@requirements/pin

clean:
	@rm -rf .venv .venv-esphome .venv-newest build *.egg-info
