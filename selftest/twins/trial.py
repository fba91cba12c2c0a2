"""One comparison of a kernel with its twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from selftest.twins.launcher import Launcher


class Mismatch(Exception):
    """A kernel found something else than its twin, or wrote where nothing belongs."""


@dataclass(frozen=True)
class Trial:
    """`run` compares a kernel of the catalogue with its twin in one case, and raises `Mismatch` where they differ."""

    kernel: str
    case: str
    run: Callable[[Launcher], object]


def require(ok: object, words: str) -> None:
    """Raises `Mismatch` unless all is well."""
    if not ok:
        raise Mismatch(words)
