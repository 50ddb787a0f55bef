# Everything that the project is asked to do, from a fresh clone with nothing but Python and make.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup demo demo-neo4j test test-neo4j check types tests format lock wheel bench clean

setup: $(READY)

# Every package is pinned with its hashes; the project itself is installed in place. Python compiles what is used when it
# is first used: all of it beforehand would take longer than the rest.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# A made-up shop with known truth, linked, scored against the truth, and asked who one customer is.
demo: $(READY)
	$(BIN)/clew demo

# The same in a real Neo4j: that of CLEW_NEO4J_URI, else one in Docker, else one that Maven and Java assemble.
demo-neo4j: $(READY)
	$(BIN)/python -m tests.neo4j.demo

# CLEW_TEST_LONG=1 takes in the tests that take long, as .ci/run does.
test: check

# The tests of the identity graph alone; CLEW_TEST_NEO4J_VERSION=calendar runs them on Neo4j's newest release.
test-neo4j: $(READY)
	CLEW_TEST_LONG=1 $(BIN)/pytest tests/graph/test_contract.py tests/graph/neo4j

# The one gate. Types are checked beside the tests, which several processes share: see tests/conftest.py.
check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(MAKE) --no-print-directory --jobs 2 types tests

types: $(READY)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

tests: $(READY)
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# After a change of dependencies. A lock holds names, versions and hashes, and serves Python 3.11 to 3.13. The second is that
# of the image: what of the first Clew takes to run, and to be installed from its sources.
EXTRAS := --extra postgres --extra mysql --extra oidc --extra otel
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header pyproject.toml $(EXTRAS)

lock: $(READY)
	$(COMPILE) --extra dev -o requirements.lock
	echo hatchling | $(COMPILE) - --constraint requirements.lock -o requirements-run.lock

wheel: $(READY)
	$(BIN)/python -m build --wheel --no-isolation

clean:
	rm -rf .venv build dist clew-demo
