"""The contract of a check, and how one is run: whatever goes wrong in it becomes its outcome."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from capture.listing import Listed, cameras, is_jetson
from core import plugins
from core.errors import JetsightError
from core.settings import BUILT_IN
from detector.backends import AUTO, Probes
from detector.cuda.detector import Makers
from detector.model import Model
from selftest.building import build

KINDS = "selftest.checks"
FIRST = "environment"


class Status(Enum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"  # this machine has nothing to check: no GPU, no camera
    MISSING = "missing"  # the machine could, but a program that it takes is not installed


@dataclass(frozen=True)
class Outcome:
    """What came of a check: in a sentence, in figures ready for JSON, and the traceback where it failed with one."""

    status: Status
    words: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    traceback: str = ""


class Skipped(Exception):
    """Raised by a check that does not apply to this machine, with the reason."""


class Missing(Exception):
    """Raised by a check that lacks a program, with the way to get it."""


@dataclass(frozen=True)
class Options:
    """What the user may choose: network, backend, and a source of frames (None: the demo clip, else the pattern)."""

    model: Path = BUILT_IN
    backend: str = AUTO
    source: str | None = None


@dataclass(frozen=True)
class Context:
    """What a check works with: the options, and all that opens parts of the machine."""

    options: Options = field(default_factory=Options)
    makers: Makers = field(default_factory=Makers)
    probes: Probes = field(default_factory=Probes)
    cameras: Callable[[], Sequence[Listed]] = cameras
    build: Callable[[Model, str], object] = build
    jetson: Callable[[], bool] = is_jetson


class Check(Protocol):
    """What a module in `selftest/checks` offers. It runs in a process of its own, which is ended after `LIMIT_S`."""

    LIMIT_S: float

    def run(self, context: Context) -> Outcome:
        """Do it. May raise `Skipped` or `Missing` with the reason; anything else that it raises is a failure."""
        ...


def names() -> tuple[str, ...]:
    """All checks: what the machine is first, then in the order of their names, by which engines are built early."""
    others = (name for name in plugins.names(KINDS) if name != FIRST)
    return (FIRST, *others)


def load(name: str) -> Check:
    """A check; `UsageError` where there is none of that name."""
    check: Check = plugins.load(KINDS, name)
    return check


def run(check: Check, context: Context) -> Outcome:
    """What comes of a check, whatever it raises."""
    try:
        return check.run(context)
    except Skipped as reason:
        return Outcome(Status.SKIPPED, str(reason))
    except Missing as reason:
        return Outcome(Status.MISSING, str(reason))
    except JetsightError as error:
        return Outcome(Status.FAILED, str(error), traceback=traceback.format_exc())
    except Exception as error:  # noqa: BLE001 - a broken installation may raise anything, and the next check must run
        return Outcome(Status.FAILED, f"{type(error).__name__}: {error}", traceback=traceback.format_exc())
