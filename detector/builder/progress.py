"""How far a build is: told by the process that builds, a JSON line each, and understood by the program."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any


@dataclass(frozen=True)
class Progress:
    """`share` of the whole build lies in 0..1, None where it cannot be known; `line` is the builder's last word."""

    phase: str
    share: float | None
    line: str = ""


def messages(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """What a `Report` wrote, without the line that the end of its process cut off."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


class Report:
    """Writes JSON lines: progress, then either what failed or what the precision built costs. For any thread."""

    def __init__(self, channel: IO[str]) -> None:
        self._channel = channel
        self._progress = Progress("starting", 0.0)
        self._lock = threading.Lock()

    def phase(self, name: str, share: float | None) -> None:
        """Another phase, or another share of it."""
        self._tell(Progress(name, share))

    def line(self, text: str) -> None:
        """What the builder logs."""
        self._tell(Progress(self._progress.phase, self._progress.share, " ".join(text.split())))

    def failed(self, kind: str, what: str, remedy: str) -> None:
        """An error of `core.errors`."""
        self._write({"failed": [kind, what, remedy]})

    def done(self, cost: dict[str, Any] | None) -> None:
        """The engine's file is written; the values of a `Cost`, if it was measured."""
        self._write({"done": cost})

    def _tell(self, progress: Progress) -> None:
        if progress != self._progress:
            self._progress = progress
            self._write({"phase": progress.phase, "share": progress.share, "line": progress.line})

    def _write(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._channel.write(json.dumps(message) + "\n")
            self._channel.flush()


class Phases:
    """One number from TensorRT's phases, which lie within each other: a phase is one step of the phase around it."""

    def __init__(self, listen: Callable[[str, float], None]) -> None:
        self._listen = listen
        self._open: dict[str, _Phase] = {}
        self._most = 0.0

    def start(self, name: str, parent: str | None, steps: int) -> None:
        """A phase begins."""
        self._open[name] = _Phase(parent, max(steps, 1))
        self._tell(name)

    def step(self, name: str, number: int) -> None:
        """The step of that number, from 0 on, is done."""
        if name in self._open:
            self._open[name].done = number + 1
            self._tell(name)

    def finish(self, name: str) -> None:
        """A phase ends, whether all its steps were told or not."""
        self._open.pop(name, None)

    def _tell(self, name: str) -> None:
        tops = [self._share(top) for top, phase in self._open.items() if phase.parent not in self._open]
        self._most = max(self._most, *tops)
        self._listen(name, self._most)

    def _share(self, name: str) -> float:
        phase = self._open[name]
        inside = max((self._share(child) for child, other in self._open.items() if other.parent == name), default=0.0)
        return min(1.0, (phase.done + inside) / phase.steps)


@dataclass
class _Phase:
    parent: str | None
    steps: int
    done: int = 0
