"""An engine that is built while the run goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from core.errors import EngineUnavailable, NothingToBuild
from core.settings import BUILT_IN, Settings
from core.status import Building, State
from core.types import Thresholds
from pipeline.session import Session

Listen = Callable[[Building], None]
Until = Callable[..., bool]
HALF = Building("engine", "optimising", 0.5)
SETTINGS = Settings("pattern:?width=128&height=96&fps=60", loop=True)


class Builder:
    """Builds nothing, as long as it is told to."""

    def __init__(self, what: str = "engine") -> None:
        self.asked: list[Path] = []
        self.release = threading.Event()
        self.cancelled = threading.Event()
        self._what = what

    def __call__(self, model: Path, head: str | None, listen: Listen, cancelled: threading.Event) -> str:
        self.asked.append(model)
        listen(HALF)
        while not self.release.wait(0.01):
            if cancelled.is_set():
                self.cancelled.set()
                return ""
        return self._what


class Failing(Builder):
    """Runs out of memory."""

    def __call__(self, model: Path, head: str | None, listen: Listen, cancelled: threading.Event) -> str:
        super().__call__(model, head, listen, cancelled)
        raise EngineUnavailable("the build was killed", "Add swap.")


def nothing_to_build(model: Path, head: str | None, listen: Listen, cancelled: threading.Event) -> str:
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


def test_who_asks_while_it_is_being_built_begins_no_other(until: Until) -> None:
    builder = Builder()
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: session.status().building == HALF)
        session.build_engine()
        builder.release.set()
        assert until(lambda: "takes over" in session.status().message)
    assert builder.asked == [BUILT_IN]


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
