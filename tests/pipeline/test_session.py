"""A whole run: pattern source, built-in network, observers."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ModelUnreadable, OutputError, SourceLost, SourceNotFound, UsageError
from core.settings import Settings
from core.status import State
from core.types import EngineInfo, Result, SourceInfo
from output.observer import Observer
from pipeline.session import Session

Until = Callable[..., bool]
SMALL = "width=64&height=48"
TEN = f"pattern:?{SMALL}&frames=10&fps=100"
LIVE = f"pattern:?{SMALL}&live=1&fps=100"


class Notebook(Observer):
    """Writes down what it is told; `fault_at` raises once, at that result."""

    def __init__(self, fault_at: int | None = None) -> None:
        self.events: list[str] = []
        self.indices: list[int] = []
        self.widths: list[tuple[str, int]] = []
        self._fault_at = fault_at

    def __enter__(self) -> Notebook:
        self.events.append("enter")
        return self

    def __exit__(self, *error: object) -> None:
        self.events.append("exit")

    def begin(self, source: SourceInfo, engine: EngineInfo) -> None:
        self.events.append(f"begin {source.width} {engine.model}")

    def write(self, result: Result) -> None:
        if len(self.indices) == self._fault_at:
            self._fault_at = None
            raise OutputError("the disk is full", "Free some space.")
        self.indices.append(result.frame.index)
        self.widths.append((self.events[-1], result.frame.width))


def settings(source: str, /, **changes: object) -> Settings:
    return replace(Settings(source), **changes)  # type: ignore[arg-type] # the names are checked by replace


def test_every_frame_of_a_recording_is_detected_in_order() -> None:
    notes = Notebook()
    with Session(settings(TEN), math.inf, [notes]) as session:
        assert session.wait(10)
        status = session.status()
    assert notes.indices == list(range(10))
    assert notes.events == ["enter", "begin 64 jetsight-n.onnx", "exit"]
    assert status.state is State.ENDED
    assert (status.captured, status.detected, status.dropped) == (10, 10, 0)
    assert set(status.stages) == {"wait", "preprocess", "inference", "postprocess", "age"}


def test_live_frames_that_come_too_fast_are_dropped_and_counted() -> None:
    notes = Notebook()
    with Session(settings(f"pattern:?{SMALL}&live=1&fps=1000", frames=20), 1.0, [notes]) as session:
        assert session.wait(10)
        status = session.status()
    assert len(notes.indices) == 20
    assert notes.indices == sorted(set(notes.indices)), "none is inferred twice"
    assert status.dropped > 0
    assert status.captured - status.detected - status.dropped in (0, 1, 2)


def test_ends_after_the_frames_asked_for() -> None:
    notes = Notebook()
    with Session(settings(f"pattern:?{SMALL}", frames=3), math.inf, [notes]) as session:
        assert session.wait(10)
    assert notes.indices == [0, 1, 2]


def test_what_was_read_before_a_fault_is_kept() -> None:
    notes = Notebook()
    with Session(settings(f"{TEN}&fail_at=6"), math.inf, [notes]) as session, pytest.raises(SourceLost):
        session.wait(10)
    assert notes.indices == list(range(6))
    assert notes.events[-1] == "exit"


def test_a_live_source_comes_back_and_frames_go_on(until: Until) -> None:
    with Session(settings(f"{LIVE}&fail_at=5"), 1.0) as session:
        seen: set[State] = set()
        assert until(lambda: seen.add(session.status().state) or session.status().reconnects >= 2, 10)
        assert State.RECONNECTING in seen
        assert until(lambda: session.status().detected > 10)


def test_no_reconnect_makes_the_first_loss_an_error() -> None:
    with Session(settings(f"{LIVE}&fail_at=5", reconnect=False), 1.0) as session, pytest.raises(SourceLost):
        session.wait(10)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"source": "nothing-here.mp4"}, SourceNotFound),
        ({"model": Path("nothing-here.onnx")}, ModelUnreadable),
        ({"classes": ("unicorn",)}, UsageError),
        ({"backend": "abacus"}, UsageError),
    ],
)
def test_what_cannot_start_says_why(changes: dict[str, object], error: type[Exception]) -> None:
    with Session(settings(TEN, **changes), math.inf) as session:
        with pytest.raises(error):
            session.wait(10)
        assert session.status().state is State.FAILED
        assert session.status().message


def test_a_failed_change_leaves_the_old_one_running(until: Until) -> None:
    with Session(settings(LIVE), 1.0) as session:
        assert until(lambda: session.status().detected > 3)
        session.set_source("nothing-here.mp4")
        session.set_model(Path("nothing-here.onnx"))
        assert until(lambda: "nothing-here.onnx" in session.status().message)
        before = session.status().detected
        assert until(lambda: session.status().detected > before + 3)
        assert session.status().state is State.RUNNING


def test_source_and_network_change_while_running(until: Until) -> None:
    notes = Notebook()
    with Session(settings(LIVE), 1.0, [notes]) as session:
        assert until(lambda: session.status().detected > 3)
        session.set_source("pattern:?width=96&height=48&live=1&fps=100")
        assert until(lambda: "begin 96 jetsight-n.onnx" in notes.events)
        engine = session.status().engine
        session.set_model(Settings("").model)
        assert until(lambda: session.status().engine is not engine)
        before = session.status().detected
        assert until(lambda: session.status().detected > before + 3)


def test_recovers_from_a_failed_start(until: Until) -> None:
    with Session(settings("nothing-here.mp4"), 1.0) as session:
        assert until(lambda: session.status().state is State.FAILED)
        session.set_source(LIVE)
        assert until(lambda: session.status().state is State.RUNNING)
        assert not session.wait(0)


def test_pause_step_seek_and_resume(until: Until) -> None:
    with Session(settings(f"pattern:?{SMALL}&frames=1000&fps=50"), 1.0) as session:
        assert until(lambda: session.status().detected > 2)
        session.pause()
        time.sleep(0.2)
        before = session.status().detected
        time.sleep(0.2)
        assert session.status().detected == before
        assert session.status().state is State.PAUSED
        session.step()
        assert until(lambda: session.status().detected == before + 1)
        session.seek(10_000_000_000)
        assert until(lambda: session.status().position_ns == 10_000_000_000)
        assert session.status().state is State.PAUSED
        session.resume()
        assert until(lambda: session.status().detected > before + 5)
        assert session.status().state is State.RUNNING


def test_plays_again_from_the_end(until: Until) -> None:
    with Session(settings(TEN), math.inf) as session:
        assert session.wait(10)
        session.seek(0)
        assert until(lambda: session.status().detected == 20)
        assert until(lambda: session.status().state is State.ENDED)


def test_what_is_over_is_not_paused(until: Until) -> None:
    with Session(settings(TEN), math.inf) as session:
        assert session.wait(10)
        session.pause()
        session.step()
        session.resume()
        assert session.status().state is State.ENDED
        session.seek(0)
        assert until(lambda: session.status().detected == 20)


def test_a_source_that_comes_back_while_paused_stays_paused(until: Until) -> None:
    with Session(settings(f"{LIVE}&fail_at=30"), 1.0) as session:
        assert until(lambda: session.status().detected > 2)
        session.pause()
        assert until(lambda: session.status().reconnects == 1)
        assert session.status().state is State.PAUSED
        assert session.status().message.endswith("is back")


def test_pause_and_resume_while_lost_is_still_lost(until: Until) -> None:
    with Session(settings(f"{LIVE}&fail_at=2"), 1.0) as session:
        assert until(lambda: session.status().state is State.RECONNECTING)
        session.pause()
        session.resume()
        assert session.status().state is State.RECONNECTING


def test_another_source_instead_of_a_lost_one_is_no_reconnect(until: Until) -> None:
    with Session(settings(f"{LIVE}&fail_at=2"), 1.0) as session:
        assert until(lambda: session.status().state is State.RECONNECTING)
        session.set_source(LIVE)
        assert until(lambda: session.status().state is State.RUNNING)
        assert (session.status().reconnects, session.status().message) == (0, "")


def test_what_is_told_of_a_source_comes_between_its_frames(until: Until) -> None:
    notes = Notebook()
    sources = [f"pattern:?width={width}&height=48&live=1&fps=500" for width in (64, 96)]
    with Session(settings(sources[0]), 1.0, [notes]) as session:
        for number in range(1, 7):
            seen = len(notes.widths) + 2
            assert until(lambda seen=seen: len(notes.widths) > seen)
            source = session.status().source
            session.set_source(sources[number % 2])
            assert until(lambda source=source: session.status().source is not source)
    assert all(event.startswith(f"begin {width} ") for event, width in notes.widths)


def test_after_a_failure_a_new_source_starts_everything_again(until: Until) -> None:
    with Session(settings(LIVE), 1.0, [Notebook(fault_at=2)]) as session:
        assert until(lambda: session.status().state is State.FAILED)
        session.set_source(LIVE)
        before = session.status().detected
        assert until(lambda: session.status().detected > before + 3)
        assert session.status().state is State.RUNNING


def test_after_a_failure_another_network_starts_everything_again(until: Until) -> None:
    with Session(settings(LIVE), 1.0, [Notebook(fault_at=2)]) as session:
        assert until(lambda: session.status().state is State.FAILED)
        session.set_model(Settings("").model)
        before = session.status().detected
        assert until(lambda: session.status().detected > before + 3)
        assert session.status().state is State.RUNNING


def test_the_same_source_can_be_opened_again(until: Until) -> None:
    with Session(settings(LIVE), 1.0) as session:
        assert until(lambda: session.status().detected > 2)
        first = session.status().source
        session.set_source(LIVE)
        assert until(lambda: session.status().source is not first)
        assert session.status().state is State.RUNNING


def test_the_limit_of_frames_counts_for_each_source(until: Until) -> None:
    with Session(settings(f"pattern:?{SMALL}", frames=3), math.inf) as session:
        assert session.wait(10)
        assert until(lambda: not session._run.workers())  # the source is let go
        session.seek(0)
        session.resume()
        assert session.status().state is State.ENDED
        session.set_source(TEN)
        assert until(lambda: session.status().detected == 6)
        assert until(lambda: session.status().state is State.ENDED)


def test_an_address_is_kept_as_asked_and_shown_without_its_password(until: Until) -> None:
    with Session(settings(LIVE), 1.0) as session:
        assert until(lambda: session.status().address == LIVE)
        session.set_source("rtsp://user:secret@127.0.0.1:1/stream")
        assert until(lambda: "127.0.0.1" in session.status().message)
        assert "secret" not in session.status().message + session.status().opening
        assert session.status().address == LIVE


def test_thresholds_act_from_the_next_frame_on(until: Until) -> None:
    with Session(settings(LIVE), 1.0) as session:
        assert until(lambda: session.status().engine is not None)
        engine = session.status().engine
        assert engine
        session.set_thresholds(replace(engine.thresholds, confidence=0.0, max_detections=7))
        session.latest.take(1)

        def found() -> int:
            result = session.latest.take(1)
            return len(result.prediction) if result else 0  # type: ignore[arg-type] # the network finds boxes

        assert until(lambda: found() == 7)


def test_a_fault_of_an_observer_ends_the_run() -> None:
    notes = Notebook(fault_at=2)
    with Session(settings(TEN), math.inf, [notes]) as session, pytest.raises(OutputError, match="disk is full"):
        session.wait(10)
    assert notes.events[-1] == "exit"


def test_an_observer_joins_and_leaves_while_running(until: Until) -> None:
    notes = Notebook()
    with Session(settings(LIVE), 1.0) as session:
        assert until(lambda: session.status().detected > 2)
        session.add(notes)
        assert until(lambda: len(notes.indices) > 2)
        session.remove(notes)
        assert until(lambda: notes.events[-1] == "exit")
        assert notes.events[1].startswith("begin")


@pytest.mark.parametrize("source", [LIVE, f"{LIVE}&fail_at=3", TEN, f"pattern:?{SMALL}&fps=0.1", "nothing-here.mp4"])
def test_stops_within_a_second_and_leaves_no_thread(source: str) -> None:
    before = set(threading.enumerate())
    with Session(settings(source), 1.0):
        time.sleep(0.3)
        began = time.perf_counter()
    assert time.perf_counter() - began < 1.0
    time.sleep(0.05)
    assert set(threading.enumerate()) <= before


def test_observers_entered_before_one_that_cannot_be_are_closed() -> None:
    class Locked(Notebook):
        def __enter__(self) -> Notebook:
            raise OutputError("locked")

    notes = Notebook()
    with pytest.raises(OutputError, match="locked"), Session(settings(TEN), math.inf, [notes, Locked()]):
        pass
    assert notes.events == ["enter", "exit"]


def test_a_source_that_hangs_does_not_hold_up_the_stop() -> None:
    with Session(settings(f"pattern:?{SMALL}&live=1&fps=0.2"), 1.0):
        time.sleep(0.5)
        began = time.perf_counter()
    assert time.perf_counter() - began < 1.0


def test_a_live_source_that_goes_silent_is_stalled(until: Until) -> None:
    with Session(settings(f"pattern:?{SMALL}&live=1&fps=0.3"), 1.0) as session:
        assert until(lambda: session.status().state is State.STALLED, 4)
        assert until(lambda: session.status().state is State.RUNNING, 4)
