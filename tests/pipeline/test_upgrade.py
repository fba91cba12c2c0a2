"""An engine that is built while the run goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import results

from core.errors import EngineUnavailable, NothingToBuild
from core.settings import BUILT_IN, Settings
from core.status import Building, State
from core.types import Thresholds
from detector.upgrade import Built
from pipeline.session import Session
from pipeline.upgrade import Upgrade, UpgradeEvents

Listen = Callable[[Building], None]
Until = Callable[..., bool]
HALF = Building("engine", "optimising", 0.5)
ENGINE = Built("onnxruntime", "built-in.onnx")  # the only backend that opens everywhere
SETTINGS = Settings("pattern:?width=128&height=96&fps=60", loop=True)


class Builder:
    """Builds nothing, as long as it is told to."""

    def __init__(self, built: Built = ENGINE) -> None:
        self.asked: list[Path] = []
        self.release = threading.Event()
        self.cancelled = threading.Event()
        self._built = built

    def __call__(self, model: Path, head: str | None, listen: Listen, cancelled: threading.Event) -> Built | None:
        self.asked.append(model)
        listen(HALF)
        while not self.release.wait(0.01):
            if cancelled.is_set():
                self.cancelled.set()
                return None
        return self._built


class Failing(Builder):
    """Runs out of memory."""

    def __call__(self, model: Path, head: str | None, listen: Listen, cancelled: threading.Event) -> Built | None:
        super().__call__(model, head, listen, cancelled)
        raise EngineUnavailable("the build was killed", "Add swap.")


def nothing_to_build(model: Path, head: str | None, listen: Listen, cancelled: threading.Event) -> Built | None:
    """There is no GPU."""
    raise NothingToBuild("no engine can be built: no driver")


def test_a_run_goes_on_while_an_engine_is_built_and_tells_when_it_takes_over(until: Until) -> None:
    builder = Builder()
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: session.status().building == HALF)
        before = session.status().detected
        assert until(lambda: session.status().detected > before + 2)
        builder.release.set()
        assert until(lambda: "takes over" in session.status().message)
        assert session.status().building is None
        assert until(lambda: session.status().state is State.RUNNING)
    assert builder.asked == [BUILT_IN]


def test_thresholds_chosen_while_an_engine_is_built_stay_when_it_takes_over(until: Until) -> None:
    builder = Builder()
    chosen = Thresholds(0.9, 0.1, class_agnostic=True)
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: session.status().building == HALF)
        session.set_thresholds(chosen)
        before = session.status().engine
        builder.release.set()
        assert until(lambda: "takes over" in session.status().message)
        assert until(lambda: session.status().engine is not before)
        engine = session.status().engine
    assert engine
    assert engine.thresholds == chosen


def test_nothing_is_said_where_nothing_can_be_built(until: Until) -> None:
    with Session(SETTINGS, 1.0, build=nothing_to_build) as session:
        assert until(lambda: session.status().detected > 2)
        assert session.status().building is None
        assert session.status().message == ""


def test_who_asks_is_told_why_nothing_can_be_built_each_time(until: Until) -> None:
    with Session(SETTINGS, 1.0, build=nothing_to_build) as session:
        assert until(lambda: session.status().detected > 2)
        for _ in range(2):
            session.build_engine()
            assert until(lambda: session.status().message == "no engine can be built: no driver")


def test_who_asks_makes_what_failed_be_tried_again(until: Until) -> None:
    builder = Failing()
    builder.release.set()
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: "killed" in session.status().message)
        session.build_engine()
        assert until(lambda: builder.asked == [BUILT_IN] * 2)
        assert until(lambda: "killed" in session.status().message)


def test_an_engine_that_does_not_open_is_not_said_to_take_over(until: Until) -> None:
    builder = Builder(Built("tensorrt", "built-in.onnx"))
    builder.release.set()
    with Session(SETTINGS, 1.0, build=builder) as session:
        words = "The tensorrt engine for built-in.onnx was built and is not used: "
        assert until(lambda: session.status().message.startswith(words))


def test_why_an_engine_is_not_used() -> None:
    note = "tensorrt was passed over: it is for another GPU."
    notes = ("runs on the CPU", note, "tensorrt_rtx was passed over: it is not here")
    outcome = Built("tensorrt", "net.onnx").outcome(replace(results.ENGINE, notes=notes))
    assert outcome == f"The tensorrt engine for net.onnx was built and is not used: {note}"


class Told:
    """What an upgrade told."""

    def __init__(self) -> None:
        self.ready: list[Built] = []
        self.failed: list[BaseException] = []
        self.events = UpgradeEvents(lambda _: None, lambda _, built: self.ready.append(built), self.failed.append)


def test_who_asks_while_it_is_being_built_begins_no_other(until: Until) -> None:
    builder, told = Builder(), Told()
    upgrade = Upgrade(builder, None, told.events)
    upgrade.begin(BUILT_IN)
    assert until(lambda: builder.asked == [BUILT_IN])
    upgrade.request(BUILT_IN)
    builder.release.set()
    upgrade.join(5)
    assert builder.asked == [BUILT_IN]
    assert told.ready == [ENGINE]


def test_who_asks_when_told_of_a_failure_is_heard(until: Until) -> None:
    """... although the thread that tells it has not ended."""
    builder = Failing()
    builder.release.set()
    upgrade = Upgrade(builder, None, UpgradeEvents(lambda _: None, lambda *_: None, lambda _: ask_once()))

    def ask_once() -> None:
        if len(builder.asked) == 1:
            upgrade.request(BUILT_IN)

    upgrade.begin(BUILT_IN)
    assert until(lambda: builder.asked == [BUILT_IN] * 2)
    upgrade.close()


@pytest.mark.parametrize("ask", [Upgrade.begin, Upgrade.request])
def test_nothing_begins_after_the_end(ask: Callable[[Upgrade, Path], None]) -> None:
    builder = Builder()
    upgrade = Upgrade(builder, None, Told().events)
    upgrade.close()
    ask(upgrade, BUILT_IN)
    upgrade.join(5)
    assert builder.asked == []


def test_a_build_can_be_cancelled_and_asked_for_again(until: Until) -> None:
    builder = Builder()
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: session.status().building == HALF)
        session.cancel_build()
        assert session.status().building is None
        assert builder.cancelled.wait(2)
        session.set_source(SETTINGS.source)
        assert until(lambda: session.status().opening == "" and session.status().state is State.RUNNING)
        assert builder.asked == [BUILT_IN], "it does not begin again by itself"
        session.build_engine()
        assert until(lambda: session.status().building == HALF)


def test_the_time_of_a_build_runs(until: Until) -> None:
    with Session(SETTINGS, 1.0, build=Builder()) as session:
        assert until(lambda: session.status().building == HALF)
        assert until(lambda: (session.status().building or HALF).elapsed_s > 0.2)


def test_an_engine_is_built_for_the_network_that_runs_not_for_one_that_was_refused(
    until: Until, tmp_path: Path
) -> None:
    builder = Builder()
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: session.status().building == HALF)
        session.set_model(tmp_path / "missing.onnx")
        assert until(lambda: "missing" in session.status().message)
        builder.release.set()
        assert until(lambda: "takes over" in session.status().message)


def test_a_build_that_fails_is_told_and_changes_nothing(until: Until) -> None:
    builder = Failing()
    builder.release.set()
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: session.status().message == "the build was killed. Add swap.")
        before = session.status()
        assert before.building is None
        assert until(lambda: session.status().detected > before.detected + 2)


def test_a_build_ends_with_the_run(until: Until) -> None:
    builder = Builder()
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: session.status().building == HALF)
    assert builder.cancelled.is_set()


def test_another_network_gives_up_the_build_for_the_one_before(until: Until, tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(BUILT_IN.read_bytes())
    builder = Builder()
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: builder.asked == [BUILT_IN])
        session.set_model(other)
        assert until(lambda: builder.asked == [BUILT_IN, other])
        assert builder.cancelled.wait(2)


def test_who_chose_a_backend_gets_no_other(until: Until) -> None:
    builder = Builder()
    with Session(Settings("pattern:?width=128&height=96&fps=60", backend="onnxruntime"), 1.0, build=builder) as session:
        assert until(lambda: session.status().detected > 2)
        session.build_engine()
        assert until(lambda: "--backend onnxruntime was chosen" in session.status().message)
    assert builder.asked == []


def test_an_engine_that_is_ready_after_the_end_begins_nothing(until: Until) -> None:
    builder = Builder()
    with Session(replace(SETTINGS, frames=2), 1.0, build=builder) as session:
        assert session.wait(5)
        assert until(lambda: builder.asked == [BUILT_IN])
        builder.release.set()
        assert until(lambda: session.status().building is None)
        assert session.wait(0.3)
        assert session.status().state is State.ENDED
        assert session.status().detected == 2
