"""What a run tells about itself while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from core.types import EngineInfo, SourceInfo


class State(Enum):
    """The states of a run; `pipeline/states.py` has the transitions."""

    STARTING = "starting"
    RUNNING = "running"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    PAUSED = "paused"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True)
class Rates:
    """The four honest rates, per second over the last seconds: what came, was inferred, was painted, was skipped."""

    captured_hz: float = 0.0
    detected_hz: float = 0.0
    shown_hz: float = 0.0
    dropped_hz: float = 0.0


@dataclass(frozen=True)
class Percentiles:
    """Of one time, in ms."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Building:
    """An engine that is being built while something slower runs; `share` of the work lies in 0..1, None: unknown."""

    what: str
    phase: str
    share: float | None
    elapsed_s: float = field(default=0.0, compare=False)

    @property
    def how_far(self) -> str:
        """In words: the share, or the time where it is not known."""
        if self.share is None:
            return f"{int(self.elapsed_s) // 60}:{int(self.elapsed_s) % 60:02}"
        return f"{self.share * 100:.0f} %"


@dataclass(frozen=True)
class Status:
    """A snapshot of a run.

    `message` is the newest thing worth saying (an error, a reconnect, a refused change); `opening` names the source or
    network that is being opened, while what ran before goes on, and `building` the engine that is being built.
    `address` is the source as it was asked for, to be shown only where it is edited: it may hold a password.
    `engine.thresholds` are those in force. `stages` has the percentiles of `wait`, `preprocess`, `inference`,
    `postprocess` and `age`. `overlooked` is that of the newest result, held a while so that it can be read.
    `position_ns` is the newest frame's media time.
    """

    state: State
    message: str = ""
    opening: str = ""
    building: Building | None = None
    address: str = ""
    source: SourceInfo | None = None
    engine: EngineInfo | None = None
    rates: Rates = field(default_factory=Rates)
    stages: Mapping[str, Percentiles] = field(default_factory=dict)
    captured: int = 0
    detected: int = 0
    shown: int = 0
    dropped: int = 0
    reconnects: int = 0
    overlooked: int = 0
    position_ns: int | None = None
