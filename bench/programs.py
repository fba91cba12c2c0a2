"""The whole program without a window: how fast it is, and what it costs the host."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from types import TracebackType

from core.buffers import block_of
from core.errors import JetsightError
from core.pixels import U8
from core.settings import Settings
from core.types import EngineInfo, Result, SourceInfo
from output.observer import Observer
from pipeline.session import Session

PATTERN = "pattern:?width=1280&height=720"
USUAL_HZ = 200
WARM_UP_S = 0.5
WARM_UP_FRAMES = 100
STEP_S = 0.05


@dataclass(frozen=True)
class HostLoad:
    """CPU time over time, 1 for a whole core, while `fps` were detected; `fresh_buffers` among so many `frames`."""

    cpu_share: float
    fps: float
    frames: int
    fresh_buffers: int


class Buffers(Observer):
    """Counts frames, and those of them in memory where no frame before them lay."""

    def __init__(self) -> None:
        self.frames = 0
        self.fresh = 0
        self._known: dict[int, U8] = {}  # held, so that no other comes to lie at the same place

    def __enter__(self) -> Buffers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def begin(self, source: SourceInfo, engine: EngineInfo) -> None:
        """Wherever frames come from, they are counted."""

    def write(self, result: Result) -> None:
        """One frame more; one that lies in no pool lies in memory of its own."""
        block = block_of(result.frame.planes)
        if block is None or id(block) not in self._known:
            self.fresh += 1
        if block is not None:
            self._known[id(block)] = block
        self.frames += 1


def fps(settings: Settings, seconds: float) -> float:
    """Frames detected in a second, as fast as possible, over some seconds after a warm-up."""
    with Session(settings, math.inf) as session:
        while not session.status().detected:
            _go_on(session, 0.01)
        _go_on(session, min(WARM_UP_S, seconds))
        before, began = session.status().detected, time.perf_counter()
        session.wait(seconds)
        return (session.status().detected - before) / (time.perf_counter() - began)


def host_load(settings: Settings, frames: int) -> HostLoad:
    """Over so many frames of a generated source at `USUAL_HZ`, after a warm-up; drawing them is within."""
    buffers = Buffers()
    with Session(replace(settings, source=f"{PATTERN}&fps={USUAL_HZ}"), 1.0, [buffers]) as session:
        _pass(session, buffers, min(WARM_UP_FRAMES, frames))
        first, fresh = buffers.frames, buffers.fresh
        began, burnt = time.perf_counter(), time.process_time()
        _pass(session, buffers, first + frames)
        took, burnt = time.perf_counter() - began, time.process_time() - burnt
        counted, fresh = buffers.frames - first, buffers.fresh - fresh
    return HostLoad(round(burnt / took, 4), round(counted / took, 2), counted, fresh)


def _pass(session: Session, buffers: Buffers, frames: int) -> None:
    while buffers.frames < frames:
        _go_on(session, STEP_S)


def _go_on(session: Session, seconds: float) -> None:
    if session.wait(seconds):
        raise JetsightError("the run ended before it was measured", "Give a longer video.")
