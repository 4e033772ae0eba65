# Each target is complete on a fresh Debian 12 machine with git, make and Python 3.11.

VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
JOBS ?= 2
FUZZ_SECONDS ?= 600

.PHONY: help demo test lint kill-loop counter-kills soak hour faults fuzz fuzz-decoders bench docs docs-walk picture package-test deb venv debs clean
help:  ## show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

$(VENV)/.installed: pyproject.toml packaging/install-venv
	packaging/install-venv $(PYTHON) $(VENV) dev
	touch $@

venv: $(VENV)/.installed  ## make the virtual environment with all that development needs

debs:
	packaging/install-debs curl logrotate man-db mosquitto mosquitto-clients openssl prometheus python3-systemd ser2net socat systemd tshark xxd zsh

lint: venv  ## style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports --no-logo

test: venv debs  ## all the tests, with the coverage gates
	rm -f build/coverage/.coverage*
	COVERAGE_FILE=build/coverage/.coverage $(BIN)/pytest -n $(JOBS) --cov --cov-context=test --cov-report=
	COVERAGE_FILE=build/coverage/.coverage $(BIN)/python tests/coverage_gate.py

kill-loop: venv debs  ## kill the daemon at random moments; KILLS, SEED
	$(BIN)/pytest -m soak -s tests/soak/test_kill_loop.py

counter-kills: venv  ## kill programs and put back stores, look for a counter used twice; RUNS, SEED
	$(BIN)/pytest -m soak -s tests/soak/test_counter_kills.py

soak: venv debs  ## poll for SOAK_MINUTES and watch the memory
	$(BIN)/pytest -m soak -s tests/soak/test_soak.py

hour: venv debs  ## poll 200 meters on bad lines for HOUR_MINUTES, watch what it takes of the machine
	$(BIN)/pytest -m soak -s tests/soak/test_hour.py

day: venv debs  ## a simulated day of 200 meters, without a broker for six hours, with SIGKILLs; KILLS, SEED
	$(BIN)/pytest -m soak -s tests/soak/test_day.py

faults: venv  ## read 10,000 times over a line that damages and loses, for windows 1 and 7; READS, SEED
	$(BIN)/pytest -m soak -s tests/soak/test_faults.py

fuzz: venv  ## every property with many more examples
	HYPOTHESIS_PROFILE=deep $(BIN)/pytest -n $(JOBS) tests/dlms tests/cosem

fuzz-decoders: venv  ## every decoder, guided by coverage; FUZZ_SECONDS
	$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0
	$(BIN)/python -m tests.fuzz.guided build/corpus -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=1024 -timeout=10 -artifact_prefix=build/

bench: venv  ## measure beside the peer; writes build/bench.json
	$(BIN)/python -m benchmarks

demo:  ## simulated meters, a broker, the daemon, readings on screen
	packaging/install-venv $(PYTHON) $(VENV) demo
	$(BIN)/dcud demo

picture: venv debs  ## docs/pictures/demo.svg, of a real run of the demonstration
	$(BIN)/python docs/pictures/demo.py

docs-walk: venv debs  ## the quick start from nothing, word by word: a copy of the source, its own environment
	$(BIN)/pytest -m soak -s tests/soak/test_docs_walk.py

docs: venv  ## the site of the documentation, into build/site; every link is checked
	rm -rf build/site
	PYTHONPATH=. $(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -j 2 -d build/doctrees docs build/site

package-test: venv debs  ## the package in a clean Debian: installed, run, upgraded, removed, purged; SUITE
	packaging/install-debs lintian
	$(BIN)/pytest -m soak -s tests/booted/test_installed.py

deb:  ## the Debian package, into build/deb
	packaging/build-deb

clean:
	rm -rf $(VENV) build dist *.egg-info
