# Two commands for a fresh machine: `make reports` and `make test`. Each sets up .venv when it has to.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOWEST := .venv-lowest
READY  := $(VENV)/.ready
export MPLBACKEND := agg
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help reports test lowest coverage slow lint data lab texts bench docs lock clean

help:            ## what can be made
	@grep -hE '^[a-z]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is `$(PYTHON) --version 2>&1`. Install it, or run: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is needed. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

reports: $(READY) ## set up, and make the reports of the demo study in reports/demo
	$(BIN)/hpp report data/demo/study.yaml --out reports/demo

test: $(READY)   ## set up, and run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

lowest:          ## the tests with the lowest versions that pyproject.toml admits, in a venv of their own
	$(PYTHON) -m venv --clear $(LOWEST)
	sed -nE 's/^ *"([a-zA-Z0-9-]+)>=([0-9.]+)".*/\1==\2/p' pyproject.toml > $(LOWEST)/constraints.txt
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -c $(LOWEST)/constraints.txt -e '.[test]'
	# deprecations of old releases are no news; every other warning stays an error
	$(LOWEST)/bin/python -m pytest -n 2 --dist worksteal -q -W ignore::DeprecationWarning -W ignore::PendingDeprecationWarning

coverage: $(READY) ## the tests, and how much of the package they run (takes twice the time)
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term -q

slow: $(READY)   ## long simulations, fuzzing and large runs
	$(BIN)/python -m pytest -m slow -q

lint: $(READY)   ## style, types, notebooks without outputs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/nbstripout --verify notebooks/*.ipynb

data: $(READY)   ## rebuild the demo study and its norm
	$(BIN)/python data/make_demo.py
	$(BIN)/python data/make_norms.py

lab: $(READY)    ## explore the study in JupyterLab
	$(BIN)/jupyter lab notebooks/0_start_here.ipynb

texts: $(READY)  ## bring the catalogues in line with the code and the notebooks
	$(BIN)/python -m hpp_analysis.texts.collect

bench: $(READY)  ## speed, as ratios within one run
	$(BIN)/python -m benchmarks

docs: $(READY)   ## the public names and their documentation, in docs/api.md
	$(BIN)/python docs/make_api.py

lock:            ## renew constraints.txt from pyproject.toml
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(BIN)/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' > constraints.txt
	@touch $(READY)

clean:           ## remove what the commands made
	rm -rf $(VENV) $(LOWEST) reports/demo .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
