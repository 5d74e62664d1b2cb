# The main jobs. Everything they need is installed on the way; nothing has to be there but Python 3, make and a package registry.
INVENTORY ?= inventories/dev
# Progress is shown as it comes, also where the output goes to a file or a pipe.
export PYTHONUNBUFFERED = 1
PLAYBOOK = .venv/bin/ansible-playbook

.PHONY: up destroy test test-code test-all matrix lint docs env awx-env dev-env clean

## From an empty machine to the working application.
up: env
	$(PLAYBOOK) site.yml -i $(INVENTORY) $(ARGS)

## Remove the application, its cluster and its registry; caches stay.
destroy: env
	$(PLAYBOOK) playbooks/destroy.yml -i $(INVENTORY) -e destroy_confirmed=true $(ARGS)

## Every test but the long ones.
test: dev-env
	.venv/bin/python tests/run.py

## Those that need no cluster.
test-code: dev-env
	.venv/bin/python tests/run.py prepare lint backend frontend unit quality

## The long ones too: a fresh machine, interrupted runs.
test-all: dev-env
	.venv/bin/python tests/run.py --all

## Which versions go together: the chart by each Helm, held against each Kubernetes.
matrix: dev-env
	PYTHONPATH=.venv/collections:. .venv/bin/python -m tests.matrix.run $(ARGS)

lint: dev-env
	.venv/bin/python tests/run.py lint

## The documentation site, from what modules and roles say of themselves: build/docs/index.html
docs: dev-env
	.venv/bin/python tools/docs.py

env:
	@python3 tools/bootstrap.py

## What playbooks/awx.yml needs besides.
awx-env:
	@python3 tools/bootstrap.py --awx

dev-env:
	@python3 tools/bootstrap.py --dev

clean:
	rm -rf .venv .ansible .mypy_cache .pytest_cache .ruff_cache build artifacts
