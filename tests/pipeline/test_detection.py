"""How frames pass a detector that takes the next one while it computes the one before."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from results import ENGINE

from core.pixels import PixelFormat
from core.slot import LatestSlot
from core.types import Detections, EngineInfo, Frame, Result, SourceInfo, StageTimes, Thresholds
from pipeline.capture import Captured, End
from pipeline.detection import DetectionEvents, DetectionWorker

SOURCE = SourceInfo("pattern:", "pattern", 4, 4, 30.0, "BGR", live=False)


class Pipelined:
    """A detector of any depth that notes what it is asked, and refuses what no detector has to bear."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.info: EngineInfo = ENGINE
        self.formats = (PixelFormat.BGR,)
        self.calls: list[str] = []
        self.changes: dict[int, EngineInfo] = {}  # what becomes of it with a frame
        self._inside: deque[Frame] = deque()

    def __enter__(self) -> Pipelined:
        return self

    def __exit__(self, *_: object) -> None:
        self.calls.append("closed")

    def submit(self, frame: Frame) -> None:
        assert len(self._inside) < self.depth
        self._inside.append(frame)
        self.calls.append(f"submit {frame.index}")
        if frame.index in self.changes:
            self.info = self.changes[frame.index]

    def collect(self) -> Result:
        frame = self._inside.popleft()
        self.calls.append(f"collect {frame.index}")
        return Result(frame, Detections.none(), StageTimes(0, 0, 0, 0), ("a",), 0)

    def set_thresholds(self, thresholds: Thresholds) -> None:
        raise NotImplementedError


class Run:
    """A detector at work, and what it told."""

    def __init__(self, depth: int) -> None:
        self.slot: LatestSlot[Captured | End] = LatestSlot()
        self.detector = Pipelined(depth)
        self.found: list[int] = []
        self.opened: list[EngineInfo] = []
        self.ended = threading.Event()
        events = DetectionEvents(
            opened=self.opened.append,
            detected=lambda result, _source: self.found.append(result.frame.index),
            ended=lambda _end: self.ended.set(),
            failed=lambda error: pytest.fail(str(error)),
        )
        self.worker = DetectionWorker(self.detector, self.slot, events)

    def give(self, index: int) -> None:
        picture = np.zeros((4, 4, 3), np.uint8)
        assert self.slot.offer(Captured(Frame.from_bgr(picture, index), SOURCE), timeout_s=5)


@pytest.fixture(params=(1, 2, 3))
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    started = Run(request.param)
    started.worker.open()
    started.worker.go()
    yield started
    started.worker.retire()
    assert started.detector.calls[-1] == "closed"


def test_every_result_comes_once_in_order_and_before_the_end(run: Run) -> None:
    for index in range(20):
        run.give(index)
    assert run.slot.offer(End(SOURCE), timeout_s=5)
    assert run.ended.wait(5)
    assert run.found == list(range(20))


def test_a_frame_that_none_follows_is_not_held_back(run: Run, until: Callable[..., bool]) -> None:
    run.give(0)
    assert until(lambda: run.found == [0])


def test_the_next_frame_goes_up_before_the_one_before_is_collected() -> None:
    run = Run(depth=2)
    run.worker.open()
    feeder = threading.Thread(target=lambda: [run.give(index) for index in range(50)], daemon=True)
    feeder.start()
    run.worker.go()
    feeder.join(5)
    assert run.slot.offer(End(SOURCE), timeout_s=5)
    assert run.ended.wait(5)
    run.worker.retire()
    calls = run.detector.calls
    assert any(_before(calls, f"submit {index + 1}", f"collect {index}") for index in range(49))


def test_what_becomes_of_a_detector_is_told_once(run: Run) -> None:
    changed = run.detector.changes[1] = replace(ENGINE, notes=("runs without a CUDA graph",))
    for index in range(4):
        run.give(index)
    assert run.slot.offer(End(SOURCE), timeout_s=5)
    assert run.ended.wait(5)
    assert run.opened == [ENGINE, changed]


def _before(calls: list[str], first: str, second: str) -> bool:
    return calls.index(first) < calls.index(second)
