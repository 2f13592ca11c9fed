# Needs Python 3.11 or newer, or uv; everything else is set up in .venv.
.DEFAULT_GOAL := help
.PHONY: help setup run demo test check drills bench lock
PORTAL := .venv/bin/portal

help:  ## Show these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup:  ## Make the virtual environment (once)
	@sh scripts/setup.sh

run: setup  ## Start the portal with a sandbox and a demo company, and keep it running
	@$(PORTAL) demo --once || [ $$? -le 2 ]
	@exec $(PORTAL) up --demo

demo: setup  ## Sync the demo company with the sandbox, print what happened, and stop
	@$(PORTAL) demo

test: setup  ## Run every check and test
	@.venv/bin/python scripts/check.py all

check: setup  ## Run the quick checks: format, lint, types, contracts, unit tests
	@.venv/bin/python scripts/check.py quick

drills: setup  ## Run the fault drills in full: 10,000 simulated seeds, every plan in every mode
	@.venv/bin/python scripts/check.py drills

bench: setup  ## Print what the portal takes for its work, beside the public client
	@.venv/bin/python benchmarks/bench.py

lock:  ## Write requirements.lock anew from setup.cfg (needs uv)
	uv pip compile -q --upgrade setup.cfg --extra test --universal --generate-hashes --no-emit-index-url --no-header -o requirements.lock
