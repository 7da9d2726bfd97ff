# Gongbao: `make run` and `make test` need Python 3.11+ and make, nothing else. `make help` lists the rest.
PORT ?= 8000
SOURCES ?=
VENV := .venv
BIN := $(VENV)/bin
KEY := $(shell cat setup.cfg pyproject.toml constraints.txt | cksum | cut -d' ' -f1)
READY := $(VENV)/ready-$(KEY)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
endif
AS_ROOT := [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null
APT := DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends

.PHONY: help run test lint docs bench translations constraints clean browser server faketime
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 16

run: $(READY) ## serve the demo archive on PORT (8000), or SOURCES="mofcom_en …" crawled from the live sites
	@$(BIN)/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT))).close()' 2>/dev/null \
	  || { echo "port $(PORT) is taken, or no number from 1 to 65535; choose another: make run PORT=8001" >&2; exit 1; }
ifeq ($(strip $(SOURCES)),)
	@$(BIN)/gongbao demo build --data data/demo
	@exec $(BIN)/gongbao serve --data data/demo --port $(PORT)
else
	@$(BIN)/gongbao crawl $(SOURCES) || { code=$$?; [ $$code = 4 ] || exit $$code; \
	  echo "The crawl fell short (its reasons are above and on /status); what it kept is served."; }
	@exec $(BIN)/gongbao serve --port $(PORT)
endif

test: $(READY)-dev browser server faketime lint ## every check: ruff, mypy, the tests with the translations among them
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(READY)-dev ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/mypy

docs: $(READY)-dev ## write the usage, options and settings into docs/commands.md and docs/settings.md
	$(BIN)/python -m cogapp -r -U --verbosity=1 -I docs docs/*.md

bench: $(READY)-dev $(READY)-bench ## run every benchmark and write docs/benchmarks.md
	$(BIN)/python bench/all.py

translations: $(READY)-dev ## collect the messages of the site, update the catalogues, compile them
	@mkdir -p build
	$(BIN)/pybabel -q extract -F webapp/translations/babel.cfg -k N_ --no-location --omit-header --sort-output -o build/messages.pot .
	$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-pot-creation-date -i build/messages.pot -d webapp/translations
	$(BIN)/pybabel -q compile -d webapp/translations

constraints: ## make constraints.txt anew from the newest versions that setup.cfg allows
	rm -rf build/pins && $(PYTHON) -m venv build/pins && build/pins/bin/pip install -q -e '.[dev,bench]'
	{ sed -n '/^#/p' constraints.txt; build/pins/bin/pip freeze --all --exclude-editable --exclude pip \
	  | sed 's/ @ .*//' | LC_ALL=C sort -f; } > build/pins/new && mv build/pins/new constraints.txt && rm -rf build/pins

clean: ## remove the environment, caches and the demo archive; a crawled archive in data/ stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis data/demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/pip:
	@[ -n "$(PYTHON)" ] || { echo "Gongbao needs Python 3.11 or newer; name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(AS_ROOT) && apt-get update -q && $(APT) python3-venv; } \
	  || { echo "this Python cannot make environments; as root: apt-get install python3-venv" >&2; exit 1; }
	rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)

$(READY): | $(BIN)/pip
	$(BIN)/pip install -q -c constraints.txt -e .
	@rm -f $(VENV)/ready-* && touch $@

$(READY)-dev: | $(READY)
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	@touch $@

$(READY)-bench: | $(READY)
	$(BIN)/pip install -q -c constraints.txt -e '.[bench]'
	@touch $@

# The tests that look at pages need a browser and Chinese glyphs; without them they skip and say so.
browser:
	@command -v chromium >/dev/null && [ -n "$$(fc-list :lang=zh 2>/dev/null)" ] || { $(AS_ROOT) || exit 0; \
	  apt-get update -q && $(APT) chromium fonts-noto-cjk fontconfig || echo "no browser: its tests will skip"; }

# The tests of the store need a PostgreSQL server too; without one they skip on it and say so. Debian would start a server
# at once, which nobody asked for: the tests start their own, and end it.
CLUSTERS := /etc/postgresql-common/createcluster.d/gongbao.conf
server:
	@[ -n "$$GONGBAO_TEST_DATABASE" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { $(AS_ROOT) || exit 0; \
	  mkdir -p $(dir $(CLUSTERS)) && echo 'create_main_cluster = false' > $(CLUSTERS); \
	  apt-get update -q && $(APT) postgresql || echo "no PostgreSQL: tests of the store will skip on it"; rm -f $(CLUSTERS); }

# The tests that crawl a hostile site for days need a clock that runs ahead; without it they skip and say so.
faketime:
	@ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || { $(AS_ROOT) || exit 0; \
	  apt-get update -q && $(APT) faketime || echo "no faketime: crawls of simulated days will skip"; }
