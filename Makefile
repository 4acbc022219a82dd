# Encode, Decode, Attend. `make` lists what there is to make. GNU make 3.81 or later.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Python would not look for `tools` in this folder.
unexport PYTHONSAFEPATH

PORT ?= 8000
SEEDS ?= 5
VENV := .venv
BIN := $(VENV)/bin
HTML := _build/html
PDF := _build/pdf/encode-decode-attend.pdf

# The first interpreter that starts and is new enough; `make PYTHON=/path/to/python ...` overrides it.
PYTHON ?= $(shell for candidate in python3.11 python3.12 python3.13 python3 python; do \
	if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then command -v $$candidate; break; fi; done)

# uv installs in seconds what takes pip a minute. Where it cannot be had or fails, pip does the work.
INSTALL = if $(BIN)/python -m pip install --quiet --disable-pip-version-check uv -c requirements.txt 2>/dev/null \
	&& $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) 2>/dev/null; then :; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1); fi

.PHONY: help install book pdf site links preview serve test check bench execute claims full explorers translate colab rehearse hooks lock clean

help: ## this list
	@echo "Encode, Decode, Attend. What there is to make:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

book: $(VENV)/.installed-book ## render both editions from the stored outputs into _build/html
	@$(BIN)/python -m tools.translation render
	@echo "The book is rendered. Open it:"
	@$(BIN)/python -c 'from pathlib import Path; print("  " + Path("$(HTML)/index.html").absolute().as_uri())'
	@echo "or run 'make serve' and open http://localhost:$(PORT)/"

links: $(VENV)/.installed-book ## ask for every external link of the pages; this needs the network
	@rm -rf _build/links
	@$(BIN)/jupyter-book build . --path-output _build/links --builder linkcheck --quiet -W -n --keep-going >/dev/null
	@echo "No external link is broken. What was redirected: _build/links/_build/html/output.txt"

pdf: book $(VENV)/.installed-pdf ## print the whole book, in both languages, to _build/pdf (needs Chromium)
	@$(BIN)/python -m tools.pdf

site: pdf ## the book with its PDFs to download, as it is published
	@BOOK_PDF=$(PDF) $(MAKE) --no-print-directory book

preview: book $(VENV)/.installed-pdf ## take the README's picture anew (needs Chromium)
	@$(BIN)/python -m tools.publishing.preview

serve: ## serve _build/html at http://localhost:PORT/ (PORT=8000)
	@test -f $(HTML)/index.html || { echo "Nothing to serve: $(HTML) holds no book yet. Run 'make book' first."; exit 1; }
	@test -n "$(PYTHON)" || { echo "$(NO_PYTHON)"; exit 1; }
	@echo "Serving http://localhost:$(PORT)/ (stop with Ctrl-C)"
	@"$(PYTHON)" -m http.server $(PORT) --bind 127.0.0.1 --directory $(HTML)

test: $(VENV)/.installed-all ## install everything, then run every check
	@$(BIN)/python -m tools.checks

bench: book $(VENV)/.installed-all ## measure how fast it all is, into book/benchmarks.json (ten minutes, alone on the machine)
	@$(BIN)/python -m tools.benchmarks

check: $(VENV)/.installed-all ## the quick checks: style, units, pages, each chapter once in Chromium
	@$(BIN)/python -m tools.checks --quick

rehearse: $(VENV)/.installed-all ## carry publishing out on this machine, for two made-up addresses
	@$(BIN)/python -m tools.publishing.rehearse

install: $(VENV)/.installed-all ## everything: PyTorch, JupyterLab, what the checks need

execute: $(VENV)/.installed-all ## run the notebooks anew and store their outputs
	@$(BIN)/python -m tools.notebooks execute

claims: $(VENV)/.installed-all ## measure every claim over SEEDS seeds (5), here or on the Dask CLUSTER=tcp://...
	@$(BIN)/python -m tools.claims record --seeds $(SEEDS) $(if $(CLUSTER),--cluster $(CLUSTER))

full: $(VENV)/.installed-all ## train on whole data sets for the page "At full scale" (hours; goes on where it was)
	@$(BIN)/python -m tools.full_scale all

translate: $(VENV)/.installed-book ## list what is to be put into Chinese, in locales/, ready to fill in
	@$(BIN)/python -m tools.translation list

explorers: $(VENV)/.installed-all ## put changed scripts and layout of tables into the notebooks' outputs
	@$(BIN)/python -m tools.notebooks refresh
	@$(BIN)/python -m tools.translation refresh

colab: $(VENV)/.installed-book ## run the notebooks in an environment like Colab's (12 GB, Python 3.13)
	@$(call INSTALL,papermill uv -c requirements.txt)
	@$(BIN)/python -m tools.publishing.colab

hooks: $(VENV)/.installed-all ## Git: notebooks compared as text, quick checks before each commit
	@test -e .git || { echo "There is no .git here, so that hooks would go into a repository around the book. Clone it first."; exit 1; }
	@git config diff.notebook.textconv "$(BIN)/python -m tools.notebooks show"
	@git config diff.notebook.cachetextconv true
	@$(BIN)/pre-commit install

lock: $(VENV)/pyvenv.cfg ## resolve requirements.txt again; UPGRADE=1 takes newer versions
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv -c requirements.txt
	@$(BIN)/uv pip compile pyproject.toml --extra book --extra test \
		--universal --python-version 3.11 --fork-strategy fewest \
		--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
		$(if $(UPGRADE),--upgrade) --quiet --output-file requirements.txt

clean: ## remove what was built: _build, .venv and the caches
	rm -rf _build $(VENV) *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

NO_PYTHON := Python 3.11 or newer is needed and none was found; install it, or name it: make PYTHON=/path/to/python3.12 book

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "$(NO_PYTHON)"; exit 1; }
	@echo "Making $(VENV) with $(PYTHON)"
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) could not make a virtual environment; on Debian and Ubuntu install python3-venv first."; exit 1; }

$(VENV)/.installed-book: $(VENV)/pyvenv.cfg book/requirements.txt requirements.txt
	@echo "Installing what the book needs"
	@$(call INSTALL,-r book/requirements.txt -c requirements.txt)
	@touch $@

$(VENV)/.installed-pdf: $(VENV)/.installed-book
	@echo "Installing what prints it"
	@$(call INSTALL,beautifulsoup4 playwright pypdf -c requirements.txt)
	@touch $@

$(VENV)/.installed-all: $(VENV)/pyvenv.cfg pyproject.toml requirements.txt
	@echo "Installing the whole environment, PyTorch included (this can take some minutes)"
	@$(call INSTALL,-r requirements.txt)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@ $(VENV)/.installed-book
	@touch $(VENV)/.installed-pdf
