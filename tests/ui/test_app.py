"""The window as one call."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from core.errors import SourceNotFound, UsageError
from core.settings import Settings
from core.status import State, Status
from core.types import EngineInfo, Result, SourceInfo
from output.observer import Observer
from pipeline.session import Session
from ui.app import INTERRUPTED, run_window

ENDLESS = "pattern:?width=64&height=36"
pytestmark = pytest.mark.usefixtures("qapp")


class Counter(Observer):
    def __init__(self) -> None:
        self.results = 0
        self.closed = False

    def __enter__(self) -> Counter:
        return self

    def __exit__(self, *error: object) -> None:
        self.closed = True

    def begin(self, source: SourceInfo, engine: EngineInfo) -> None: ...

    def write(self, result: Result) -> None:
        self.results += 1


def running(status: Status) -> bool:
    return status.shown > 0


def test_closes_when_told_and_stops_at_once() -> None:
    counter = Counter()
    closed_at = [0.0]

    def until(status: Status) -> bool:
        closed_at[0] = time.perf_counter()
        return status.shown > 3

    assert run_window(Session(Settings(ENDLESS), 1.0, [counter]), until) == 0
    assert time.perf_counter() - closed_at[0] < 1.5
    assert counter.results > 3
    assert counter.closed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    def until(status: Status) -> bool:
        if running(status):
            os.kill(os.getpid(), number)
        return False

    assert run_window(Session(Settings(ENDLESS), 1.0), until) == INTERRUPTED
    assert signal.getsignal(number) == before


def test_the_end_of_a_recording_leaves_the_window_open() -> None:
    ended_s: list[float] = []

    def until(status: Status) -> bool:
        if status.state is State.ENDED:
            ended_s.append(time.perf_counter())
        return bool(ended_s) and time.perf_counter() - ended_s[0] > 0.5

    assert run_window(Session(Settings(f"{ENDLESS}&frames=3"), 1.0), until) == 0
    assert len(ended_s) > 1


def test_a_run_that_is_failed_when_the_window_is_closed_is_an_error_of_the_command() -> None:
    with pytest.raises(SourceNotFound):
        run_window(Session(Settings("/nowhere.mp4"), 1.0), lambda status: status.state is State.FAILED)


def test_a_fault_in_the_window_ends_it_and_is_told() -> None:
    def until(status: Status) -> bool:
        if running(status):
            raise ZeroDivisionError("in a slot")
        return False

    with pytest.raises(ZeroDivisionError, match="in a slot"):
        run_window(Session(Settings(ENDLESS), 1.0), until)


def test_without_a_display_it_says_what_else_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match=r"no display.*--headless"):
        run_window(Session(Settings(ENDLESS), 1.0))


def test_shows_cars_on_a_highway(shared: Path, request: pytest.FixtureRequest) -> None:
    found: list[int] = []

    class Boxes(Counter):
        def write(self, result: Result) -> None:
            found.append(len(result.prediction))  # type: ignore[arg-type] # this network gives boxes

    video = shared / "data/videos/highway_day_1280x720.mp4"
    model = shared / "data/models/yolox_nano_416.onnx"
    run_window(Session(Settings(str(video), model), 1.0, [Boxes()]), lambda status: status.shown >= 10)
    assert max(found) >= 2
