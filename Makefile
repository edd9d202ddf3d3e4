# Make sets up and checks, dvc runs and compares, msn does the rest. `make help` lists the targets.
.DEFAULT_GOAL := help
# DVC runs what it has stored here (pickles); its own default is a folder that every account can change.
SITE := $(CURDIR)/.dvc/site
.PHONY: help setup dvc-site repro real test reruns check docs format lock clean

VENV := .venv
BIN := $(VENV)/bin
# The first of these commands with a tested version of Python; PYTHON=... names another.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
PYTHON ?= $(shell for p in python3.11 python3.12 python3 python; do \
	$$p -c '$(FITS)' >/dev/null 2>&1 && echo $$p && break; done)
# uv where there is one, which is faster; else pip. `make setup UV=` takes pip: uv does not read pip's settings.
UV ?= $(shell command -v uv 2>/dev/null)
INSTALL := $(if $(UV),"$(UV)" pip install --quiet --compile-bytecode --python $(BIN)/python,\
	$(BIN)/python -m pip install --quiet --disable-pip-version-check)
export PATH := $(CURDIR)/$(BIN):$(PATH)

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.installed dvc-site  ## create the environment in .venv (7.5 GB; minutes the first time, with uv fewer; then nothing)

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed, and none was found; name one with PYTHON=..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	$(INSTALL) -r requirements.lock
	$(INSTALL) --no-deps --editable .
	@touch $@

# The folder is made before DVC would make it, for all accounts. One that others could change may hold their code.
dvc-site: | $(VENV)/.installed
	@test -n "$$(find "$(SITE)" -prune -type d ! -perm -g=w ! -perm -o=w 2>/dev/null)" || { rm -rf "$(SITE)"; mkdir -m 700 "$(SITE)"; }
	@grep -qsxF '    site_cache_dir = $(SITE)' .dvc/config.local || dvc config --local core.site_cache_dir "$(SITE)"

repro: setup  ## run the pipeline: all stages that changed, and what depends on them
	dvc repro

# Five folds of people, a network and motion statistics on each: a cue is planted in FOOTAGE and read back.
real: setup  ## plant a cue in the recordings of FOOTAGE, a folder with a videos.csv, and find it again
	@test -f "$(FOOTAGE)/videos.csv" || { echo "FOOTAGE is '$(FOOTAGE)': no videos.csv there; give a folder of recordings with one, as make real FOOTAGE=/data/people (docs/how-to/plant-a-cue.md)" >&2; exit 1; }
	@git config user.name >/dev/null || export GIT_COMMITTER_NAME=msn; git config user.email >/dev/null || export GIT_COMMITTER_EMAIL=msn@localhost; \
	msn study footage -S simulate.footage="$$(cd "$(FOOTAGE)" && pwd)" --metrics metrics-real.json && cat metrics-real.json

test: setup  ## run the test suite (MSN_REAL_DATA may name a folder of real faces)
	pytest --numprocesses auto --dist loadfile

reruns: setup  ## change every parameter, edit a file of every room, and check what reruns (30 minutes; not in `make test`)
	pytest --numprocesses auto -m long

check: setup  ## formatting, lint, types
	ruff format --check .
	ruff check .
	mypy

docs: setup  ## build the documentation site in site/, with warnings as errors
	python -m documentation
	zensical build --clean --strict

format: setup  ## format the code
	ruff format .
	ruff check --fix .

lock: setup  ## pin the installed versions in requirements.lock
	@{ echo "# Exact versions that \`make setup\` installs; made by \`make lock\`."; \
	pip freeze --exclude-editable | grep -vE ' @ |^(pip|setuptools|wheel)==' \
	| sed -E '/^(nvidia-|cuda-|triton==)/ s/$$/ ; sys_platform == "linux"/'; } > requirements.lock.partial
	@mv requirements.lock.partial requirements.lock

clean:  ## remove files of the tools; outputs, the cache and finished items stay (`msn work prune` removes items)
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .cache site build dist *.egg-info
	find pipeline stages tests benchmarks documentation -name __pycache__ -type d -exec rm -rf {} +
