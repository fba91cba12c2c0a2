# `make` alone lists what there is. The environment .venv is made by scripts/setup.py, with Python's standard library.
PYTHON ?=
JETSIGHT_ROOT ?= /
SETUP := $(or $(PYTHON),python3) -m scripts.setup $(if $(PYTHON),--this-python) --root "$(JETSIGHT_ROOT)"
BIN := .venv/bin
KERNEL_TESTS = $(shell grep -lE "cuda_on_cpu.(launcher|decoding)" tests/detector/cuda/*.py)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-gpu test-long lint clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv and install all that Jetsight needs (PYTHON=python3.12 chooses the Python)
	@$(SETUP)

demo: ## detect on a real clip: in a window where there is a display, else into out/demo.mp4 and out/demo.jsonl
	@$(SETUP) --with demo
	@$(BIN)/jetsight demo

test: lint ## linters, types, and all tests but the long ones
	@$(BIN)/python -m pytest

test-gpu: ## what needs an NVIDIA GPU, the kernels on it among them
	@$(SETUP) --with dev
	@$(BIN)/python -m pytest -p cuda_on_gpu $(KERNEL_TESTS)
	@$(BIN)/python -m pytest tests/gpu

test-long: ## soaks and other checks of many minutes
	@$(SETUP) --with dev
	@$(BIN)/python -m pytest -m long

lint: ## ruff, mypy --strict and the arrows between the rooms
	@$(SETUP) --with dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports

clean: ## remove .venv, caches and build leftovers; out/ stays
	@rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
