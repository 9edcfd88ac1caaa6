# The same commands for people and for CI. `make help` lists them.
VENV   ?= .venv
OLDEST ?= .venv-oldest
MLFLOW ?= .venv-mlflow
HOSTS  ?= .venv-hosts
COMPARE ?= .venv-compare
TABLES ?= .venv-tables
LIBRARIES ?= .venv-libraries
KSERVE := .venv-kserve
MLSERVER := .venv-mlserver
CLIENTS := .venv-clients
OPENAPI := .venv-openapi
TYPES ?= .node-openapi
RAY := .venv-ray
AUDITS ?= .node-graphql
PYTHON ?= python3
PY     := $(VENV)/bin/python
INSTALL := pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r
PIP    := $(PY) -m $(INSTALL)
LOCK   := $(PY) -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
          --no-annotate --no-header --no-emit-index-url
# The command of this checkout; in somebody's project pip writes it.
COMMAND := \#!%s\nimport sys\nfrom twinserve.cli.main import main\nsys.exit(main())\n
SITE    := import sysconfig; print(sysconfig.get_path("purelib"))
IMAGE  ?= twinserve
REQUESTS ?= 1000000
# Those that test-pythons tries, besides that of .venv.
PYTHONS ?= 3.12 3.13
# Of the tests at once: half again as many as there are processors, as many of them wait for servers.
PROCESSES ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() * 3 // 2)')
# Of the long ones, which wait more: 6.5 minutes, not 7. Each process collects all files that it is given.
LONG    = $(shell grep -rl --include='*.py' 'mark\.long' tests)
PROCESSES_LONG ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() * 2)')
# Where a shell forbids Python to keep compiled sources beside them, the tests keep them here: they start hundreds of
# processes, and each of those that run them would compile all sources anew (8 s of 27 that collecting takes).
BYTECODE := $(CURDIR)/$(VENV)/.bytecode
ifdef PYTHONDONTWRITEBYTECODE
test test-long test-fast test-extended: export PYTHONPYCACHEPREFIX := $(BYTECODE)
test test-long test-fast test-extended: export PYTHONDONTWRITEBYTECODE :=
endif

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev train serve check test test-long test-fast test-oldest test-pythons test-extended test-saved-models test-libraries test-hosts test-graphql protocols clients ray lock audit image image-check kube-check bench compare compare-short compare-check tables faults soak clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-17s %s\n", $$1, $$2}'

setup: $(VENV)/bin/twinserve ## Make .venv with what training and serving need
setup-dev: $(VENV)/bin/twinserve $(VENV)/.dev ## And with what the checks need

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python requirements/run.txt
	@echo "Installing into $(VENV) (about a minute the first time)"
	@$(PIP) requirements/run.txt
	@touch $@

# The path file lets Python find this checkout whichever folder somebody stands in: python -m serve_flask, twinserve serve.
$(VENV)/bin/twinserve: $(VENV)/.run Makefile
	@printf '%s\n' '$(CURDIR)' > "$$($(PY) -c '$(SITE)')/twinserve.pth"
	@printf '$(COMMAND)' '$(abspath $(PY))' > $@ && chmod +x $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing the development tools into $(VENV)"
	@$(PIP) requirements/dev.txt
	@touch $@

train: setup ## Train the default model; it becomes the champion if it is not worse
	@$(PY) train.py

serve: setup ## Run both doors, FastAPI on 8000 and Flask on 8001; trains a model first if there is none
	@$(VENV)/bin/twinserve serve

check: setup-dev ## Lint, format, types, import rules
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-logo

test: setup-dev ## The suite, but for what takes minutes (test-long)
	@$(PY) -m pytest -q -n $(PROCESSES) --dist loadfile --no-loadscope-reorder -m "not long and not extended and not environments"

test-long: setup-dev ## The rest of it: browsers, real servers under strain, whole releases, signals, forks and kills
	@$(PY) -m pytest -q -n $(PROCESSES_LONG) --dist loadfile --no-loadscope-reorder -m "long and not environments and not extended" $(LONG)

test-extended: setup-dev ## What CI has no time for: every guide, every variant of a table
	@$(PY) -m pytest -q -n $(PROCESSES) --dist loadfile -m "extended and not environments"

test-saved-models: setup-dev $(OLDEST)/.made $(MLFLOW)/.made ## Import models of the oldest scikit-learn and of MLflow, whose environments take minutes to make
	@$(PY) -m pytest -q -n auto -m environments tests/twinserve/saved_models tests/twinserve/release tests/test_guides.py

test-libraries: $(LIBRARIES)/.made ## Compile the estimators of CatBoost, category_encoders and InterpretML, in an environment that has them
	@$(LIBRARIES)/bin/python -m pytest -q -p no:cacheprovider -m environments tests/twinserve/compile

test-hosts: setup-dev $(HOSTS)/.made ## Mount both doors into real apps, under the servers that people run (building uWSGI needs a C compiler)
	@$(PY) -m pytest -q -n 2 --dist loadscope -m environments tests/hosts

test-graphql: setup-dev $(AUDITS)/.made ## The audits of GraphQL over HTTP, from npm (needs Node.js)
	@$(PY) -m pytest -q -m environments tests/servers/test_graphql_clients.py

protocols: setup-dev $(KSERVE)/.made $(MLSERVER)/.made $(CLIENTS)/.made ## Ask both doors with the clients of Triton, KServe, MLServer, MLflow and SageMaker
	@$(PY) -m pytest -q -m environments tests/protocols

clients: setup-dev $(OPENAPI)/.made $(TYPES)/.made ## Generate clients in Python, TypeScript, Java and Go, compile them and ask both doors (needs Node.js, a JDK, Go and its package validator.v2)
	@$(PY) -m pytest -q -m environments tests/clients

ray: $(RAY)/.made ## The contract over Ray Serve, and what a cluster does when replicas and nodes are killed
	@$(RAY)/bin/python -m pytest -q -p no:cacheprovider -m environments tests/ray

test-fast: setup-dev ## Without the tests that start servers or train for long
	@$(PY) -m pytest -q -n auto --dist loadfile -m "not slow and not environments"

test-pythons: setup-dev ## The fast part of the suite on each Python of PYTHONS that is installed (3.12 and 3.13)
	@for version in $(PYTHONS); do \
	  found=$$(for python in python$$version $$HOME/.pyenv/versions/$$version.*/bin/python; do $$python -c 'import venv' 2>/dev/null && echo $$python; done | tail -1); \
	  if [ -z "$$found" ]; then echo "Python $$version is not installed"; continue; fi; \
	  echo "Python $$version"; \
	  $(MAKE) --silent .venv-$$version/.made PYTHON="$$found" && \
	  .venv-$$version/bin/python -m pytest -q -n $(PROCESSES) --dist loadfile -p no:cacheprovider -m "not slow and not environments" || exit 1; \
	done

.venv-3.%/.made: requirements/dev.txt
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m $(INSTALL) requirements/dev.txt
	@touch $@

# What old libraries warn of is their own affair; that they answer alike is ours. The newest lowerings are tried with
# them by NEWEST= (empty): CI has no time for these, and not all of them hold there yet.
NEWEST ?= adaboost category_columns clusters encoder_answers isotonic iterative_imputing kernel_models library_functions lookup multiclass neighbors power quadratic splines svm

test-oldest: $(OLDEST)/.made ## Compiling and its proof, with the oldest libraries that pyproject.toml allows
	@$(OLDEST)/bin/python -m pytest -q -W ignore -p no:cacheprovider $(NEWEST:%=--ignore=tests/twinserve/compile/test_%.py) tests/twinserve/compile tests/twinserve/proof/test_prove.py \
	  tests/twinserve/proof/test_parity.py tests/twinserve/proof/test_threshold_search.py tests/twinserve/proof/test_find_trees.py

$(MLFLOW)/.made: bench/peers/mlflow/requirements.txt requirements/dev.txt
	@echo "Installing MLflow into $(MLFLOW)"
	@$(PYTHON) -m venv --clear $(MLFLOW)
	@$(MLFLOW)/bin/python -m pip install --quiet --disable-pip-version-check -r $< \
	  $$($(PY) -m pip freeze | grep -E '^(scikit-learn|joblib|pandas|skops)==')
	@touch $@

$(OLDEST)/.made: requirements/oldest.txt
$(HOSTS)/.made: requirements/hosts.txt
$(LIBRARIES)/.made: requirements/libraries.txt
$(RAY)/.made: requirements/ray.txt
$(COMPARE)/.made: bench/compare/requirements.txt
$(TABLES)/.made: bench/tables/requirements.txt
$(KSERVE)/.made $(MLSERVER)/.made $(CLIENTS)/.made $(OPENAPI)/.made: .venv-%/.made: requirements/protocols-%.txt

# By uv, which takes ten seconds where pip takes a minute.
$(OLDEST)/.made $(HOSTS)/.made $(LIBRARIES)/.made $(RAY)/.made $(COMPARE)/.made $(TABLES)/.made $(KSERVE)/.made $(MLSERVER)/.made $(CLIENTS)/.made $(OPENAPI)/.made: | $(VENV)/.dev
	@echo "Installing $< into $(@D)"
	@$(PY) -m uv venv --quiet --clear --python $(PY) $(@D)
	@$(PY) -m uv pip install --quiet --compile-bytecode --python $(@D)/bin/python --require-hashes --no-deps -r $<
	@touch $@

$(AUDITS)/.made: tests/servers/graphql_audits/package.json tests/servers/graphql_audits/audit.js
	@mkdir -p $(@D) && cp $^ $(@D)
	@npm install --silent --no-audit --no-fund --no-package-lock --prefix $(@D)
	@touch $@

$(TYPES)/.made: tests/clients/typescript/package.json
	@mkdir -p $(@D) && cp $< $(@D)
	@npm install --silent --no-audit --no-fund --no-package-lock --prefix $(@D)
	@touch $@

lock: $(VENV)/.python ## Write the locked requirements anew from pyproject.toml
	@$(PY) -m pip install --quiet --disable-pip-version-check uv
	@$(LOCK) --extra fastapi --extra flask --extra django --extra graphql --extra oauth --extra otel --extra redis --extra seal --extra train --extra zstd -o requirements/run.txt
	@$(LOCK) --extra dev -o requirements/dev.txt
	@$(LOCK) --extra fastapi --extra flask --extra train requirements/hosts.in -c requirements/run.txt -o requirements/hosts.txt
	@$(LOCK) --extra flask --extra train --extra boosters --extra tests requirements/libraries.in -c requirements/run.txt -c requirements/dev.txt \
	  -o requirements/libraries.txt
	@$(LOCK) --extra fastapi --extra flask --extra train bench/compare/requirements.in -c requirements/run.txt -c requirements/dev.txt \
	  -o bench/compare/requirements.txt
	@$(LOCK) --extra flask --extra train --extra boosters bench/tables/requirements.in -c requirements/run.txt -c requirements/dev.txt \
	  -o bench/tables/requirements.txt
	@$(LOCK) --extra fastapi --extra flask --extra train --extra ray --extra tests requirements/ray.in -c requirements/run.txt -c requirements/dev.txt \
	  -o requirements/ray.txt
	@for name in kserve mlserver clients openapi; do $(LOCK:pyproject.toml=) requirements/protocols-$$name.in -o requirements/protocols-$$name.txt; done
	@$(LOCK) --extra train --extra boosters --extra tests --resolution lowest-direct -o requirements/oldest.txt

audit: setup-dev ## Ask the advisory database about every locked requirement; fails, too, when it cannot be reached
	@$(VENV)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/run.txt
	@$(VENV)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/dev.txt

image: ## Build the image with whichever of docker, podman or buildah is there
	@for tool in docker podman buildah; do command -v $$tool >/dev/null && exec $$tool build -t $(IMAGE) .; done; echo "No docker, podman or buildah found"; exit 1

image-check: ## Build the image and try it: read-only, without capabilities, stopped by SIGTERM
	@bash tests/image/check.sh

kube-check: setup-dev ## Build the image and give deploy/kubernetes to podman: trained, ready, right, ended by SIGTERM
	@$(PY) -m tests.image.kube

bench: setup-dev ## Measure beside the frameworks' floors and peers (python -m bench --setup makes the peers' environments)
	@$(PY) -m bench

compare: $(COMPARE)/.made ## Compare Flask, FastAPI and Django, as people write them and as doors, and write docs/comparison.md (under half an hour; needs wrk)
	@$(COMPARE)/bin/python -m bench.compare

compare-short: $(COMPARE)/.made ## Try in a minute whether the comparison runs
	@$(COMPARE)/bin/python -m bench.compare --short

compare-check: setup-dev $(COMPARE)/.made ## Start each variant of the comparison under each of its servers, and run its snippets
	@$(PY) -m pytest -q -m environments tests/bench/compare

tables: $(TABLES)/.made ## Train public tables, ask for their own rows, compare with other libraries, and write docs/tables.md (about an hour)
	@$(TABLES)/bin/python -m bench.tables

faults: setup-dev ## Do to both doors what should not happen and write docs/reliability.md (under ten minutes)
	@$(PY) -m faults

soak: setup-dev ## A million requests with swaps, mistakes and aborts (about ten minutes a door; REQUESTS=... for longer)
	@$(PY) -m faults --soak --requests $(REQUESTS)

clean: ## Remove what the commands above made, but not the models
	@rm -rf $(VENV) $(OLDEST) $(MLFLOW) $(HOSTS) $(LIBRARIES) $(COMPARE) $(TABLES) $(KSERVE) $(MLSERVER) $(CLIENTS) $(OPENAPI) $(TYPES) .venv-3.* .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
