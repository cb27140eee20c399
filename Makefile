# Two commands matter: `make demo` and `make test`. Both install what they need into .venv first.
PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
INSTALLED := .venv/.installed

.PHONY: install demo test test-main test-services lint bench messages

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "TrustSR needs Python 3.11 or newer; run make with PYTHON=/path/to/it.")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[worker,postgres,redis,dev]'
	@touch $@

demo: $(INSTALLED)
	$(MANAGE) demo

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(MANAGE) makemigrations --check --dry-run

# Everything on SQLite and the file broker, then what differs on PostgreSQL and Redis.
test: lint test-main test-services

test-main: $(INSTALLED)
	$(BIN)/pytest -m "not services"

test-services: $(INSTALLED)
	$(BIN)/python tests/services/run.py

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

# After a change of what participants read (needs gettext): then translate what is empty or fuzzy, and run it again.
messages: $(INSTALLED)
	$(MANAGE) makemessages --all --no-obsolete --add-location file --ignore tests --ignore data --ignore results
	$(MANAGE) compilemessages --ignore .venv
