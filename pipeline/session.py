"""One run, and all that a user interface may ask of it.

A conductor thread carries out requests one after another, so that no caller ever waits: it opens what is new while
the old still runs, and only then lets the old go. What cannot be opened becomes a message and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from core.errors import JetsightError
from core.settings import Settings
from core.slot import LatestSlot
from core.status import Status
from core.types import Result, Thresholds
from detector.upgrade import build_faster
from output.observer import Observer
from pipeline.playback import Playback
from pipeline.run import Run
from pipeline.upgrade import Build


class Session:
    """Runs from `__enter__` to `__exit__`; every method returns at once and may be called from any thread.

    `latest` holds the newest result for a view; `observers` get every result in order. `speed` is the factor on a
    recording's own rate, `inf` for as fast as possible. `build` makes the engine that a network lacks to run faster.
    """

    def __init__(
        self, settings: Settings, speed: float, observers: Sequence[Observer] = (), build: Build = build_faster
    ) -> None:
        self.settings = settings
        self._given = tuple(observers)
        self._run = run = Run(settings, speed, build)
        self._monitor, self._observers, self._conductor = run.monitor, run.observers, run.conductor
        self.latest: LatestSlot[Result] = run.latest

    def __enter__(self) -> Session:
        try:
            for observer in self._given:
                self._observers.add(observer)
        except JetsightError:
            self._observers.close()
            raise
        self._conductor.start()
        self.set_model(self.settings.model)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run.close()

    @property
    def speed(self) -> float:
        """The factor on a recording's own rate."""
        return self._run.speed

    def status(self) -> Status:
        """A snapshot of the run."""
        status = self._monitor.status()
        return replace(status, message=status.message or self._observers.notice)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether the run is over, waiting for it; raises what made it fail."""
        over = self._monitor.over.wait(timeout_s)
        if over and self._monitor.error:
            raise self._monitor.error
        return over

    def shown(self) -> None:
        """The view tells that it painted a new result."""
        self._monitor.shown()

    def pause(self) -> None:
        """Hold before the next frame; what is over stays so."""
        if self._monitor.paused():
            self._run.with_playback(lambda playback: playback.pause())

    def resume(self) -> None:
        """Go on."""
        self._run.with_playback(lambda playback: playback.resume())
        self._monitor.resumed()

    def step(self) -> None:
        """One frame further, then hold; what is over stays so."""
        if self._monitor.paused():
            self._run.with_playback(lambda playback: playback.step())

    def seek(self, media_ns: int) -> None:
        """To the first frame at or after a media time; paused, that one frame is shown."""

        def act(playback: Playback) -> None:
            playback.seek(media_ns)
            self._monitor.sought()

        self._run.with_playback(act)

    def set_speed(self, speed: float) -> None:
        """Play a recording at a factor of its own rate; `inf` for as fast as possible."""
        self._run.set_speed(speed)

    def set_loop(self, loop: bool) -> None:
        """Begin a recording again at its end, or stop there."""
        self._run.set_loop(loop)

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Acts from the next frame on."""
        self._run.set_thresholds(thresholds)

    def set_model(self, model: Path) -> None:
        """Change the network when it is loaded; keep the old one where it cannot be."""
        self._conductor.ask(lambda: self._run.use_model(model))

    def set_source(self, uri: str) -> None:
        """Change the source when it delivers; keep the old one where it does not."""
        self._conductor.ask(lambda: self._run.use_source(uri))

    def build_engine(self) -> None:
        """Build the faster engine that the network lacks here, and let it take over; where none can be had, say why."""
        self._monitor.asked()
        self._conductor.ask(self._run.request_engine)

    def cancel_build(self) -> None:
        """Give up the engine that is being built."""
        self._run.upgrade.cancel()

    def add(self, observer: Observer) -> None:
        """Let an observer see every result from the next one on."""
        self._conductor.ask(lambda: self._observers.add(observer))

    def remove(self, observer: Observer) -> None:
        """Close an observer."""
        self._conductor.ask(lambda: self._observers.remove(observer))
