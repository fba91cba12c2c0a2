"""An engine that is built while the run goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from core.errors import EngineUnavailable
from core.settings import BUILT_IN, Settings
from core.status import Building, State
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


def test_nothing_is_said_where_nothing_can_be_built(until: Until) -> None:
    builder = Builder(what="")
    builder.release.set()
    with Session(SETTINGS, 1.0, build=builder) as session:
        assert until(lambda: session.status().detected > 2)
        assert session.status().building is None
        assert session.status().message == ""


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
    assert builder.asked == []
