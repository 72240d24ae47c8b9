# make run: serve the app.  make test: run the tests.  make quick: those without browser and training.  make thorough: all there are.
# make check: lint, format, types.  make bench: timings.  make docs: the manual, into site/.
# On Linux without an NVIDIA card torch's CPU build is taken from TORCH_INDEX, where that answers. TORCH_INDEX= asks the plain index only.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
PORT ?= 8501
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test quick thorough check format bench screenshots docs browser clean

run: $(VENV)/app
	$(BIN)/attnviz app --port $(PORT)

test: $(VENV)/dev browser
	$(BIN)/python -m pytest -n $(WORKERS)

quick: $(VENV)/dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "not browser and not training"

thorough: $(VENV)/dev browser
	$(BIN)/python -m pytest -n $(WORKERS) --thorough

check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/bench
	$(BIN)/python -m benchmarks.capture

screenshots: $(VENV)/dev browser
	$(BIN)/python -m tests.browser.screenshots

docs: $(VENV)/dev
	$(BIN)/python -m mkdocs build --strict

browser:
	@sh tests/install_chromium.sh

clean:
	rm -rf $(VENV) dist build site .pytest_cache .mypy_cache .ruff_cache

$(VENV)/python:
	$(PYTHON) -c 'import sys; sys.exit("attnviz needs Python 3.11 or later") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/app: $(VENV)/python requirements.txt pyproject.toml
	$(PIP) $$($(BIN)/python tools/torch_index.py "$(TORCH_INDEX)") -r requirements.txt
	$(PIP) --no-deps --editable .
	touch $@

$(VENV)/dev: $(VENV)/app requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	touch $@

$(VENV)/bench: $(VENV)/app requirements-bench.txt
	$(PIP) --no-deps -r requirements-bench.txt
	touch $@
