"""The contract of a study: a measurement that anyone can repeat with one command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, Protocol

KINDS = "bench.studies"

Progress = Callable[[str, int, int], None]  # what is measured now, steps done, steps in all


class Study(Protocol):
    """What a module in `bench/studies` offers. It imports nothing heavy before `run`."""

    HELP: str

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the study's own options."""
        ...

    def run(self, args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
        """Measure; the figures by name, ready for JSON. A figure that cannot be had here is None."""
        ...

    def rows(self, figures: dict[str, Any]) -> list[tuple[str, str]]:
        """The figures for a person: what, and how much with its unit."""
        ...
