"""One run, and all that a user interface may ask of it.

A conductor thread carries out requests one after another, so that no caller ever waits: it opens what is new while
the old still runs, and only then lets the old go. What cannot be opened becomes a message and changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from capture.address import masked
from capture.source import CaptureOptions
from core.buffers import FrameBuffers
from core.errors import JetsightError
from core.settings import Settings
from core.slot import LatestSlot
from core.status import Status
from core.types import EngineInfo, Result, SourceInfo, Thresholds
from detector.backends import AUTO
from detector.detector import open_detector
from detector.upgrade import build_faster
from output.observer import Observer
from pipeline.capture import CaptureEvents, CapturePlan, CaptureWorker, End, Slot
from pipeline.conductor import Conductor
from pipeline.detection import DetectionEvents, DetectionWorker
from pipeline.monitor import Monitor
from pipeline.observers import Observers
from pipeline.playback import Playback
from pipeline.thresholds import thresholds_for
from pipeline.upgrade import Build, Upgrade, UpgradeEvents
from pipeline.worker import STOP_S, Worker


class Session:
    """Runs from `__enter__` to `__exit__`; every method returns at once and may be called from any thread.

    `latest` holds the newest result for a view; `observers` get every result in order. `speed` is the factor on a
    recording's own rate, `inf` for as fast as possible. `build` makes the engine that a network lacks to run faster.
    """

    def __init__(
        self, settings: Settings, speed: float, observers: Sequence[Observer] = (), build: Build = build_faster
    ) -> None:
        self.latest: LatestSlot[Result] = LatestSlot()
        self.settings = settings
        self.speed = speed
        self._loop = settings.loop
        self._slot: Slot = LatestSlot()
        self._buffers = FrameBuffers()
        self._monitor = Monitor(self._slot)
        self._observers = Observers()
        self._given = tuple(observers)
        self._capture: CaptureWorker | None = None
        self._detection: DetectionWorker | None = None
        self._left = settings.frames
        self._conductor = Conductor(self._refused, self._monitor.failed)
        self._uri = settings.source
        self._model = settings.model
        self._thresholds = Thresholds()
        built = UpgradeEvents(self._monitor.builds, self._upgraded, self._not_upgraded)
        self._upgrade = Upgrade(build, settings.head, built)

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
        deadline = time.perf_counter() + STOP_S
        self._conductor.close()
        self._upgrade.cancel()
        for worker in self._workers():
            worker.dismiss()
        self._conductor.join(STOP_S)
        self._upgrade.join(max(deadline - time.perf_counter(), 0.0))
        for worker in self._workers():
            worker.retire(max(deadline - time.perf_counter(), 0.0))
        self.latest.close()
        self._observers.close()

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
            self._with_playback(lambda playback: playback.pause())

    def resume(self) -> None:
        """Go on."""
        self._with_playback(lambda playback: playback.resume())
        self._monitor.resumed()

    def step(self) -> None:
        """One frame further, then hold; what is over stays so."""
        if self._monitor.paused():
            self._with_playback(lambda playback: playback.step())

    def seek(self, media_ns: int) -> None:
        """To the first frame at or after a media time; paused, that one frame is shown."""
        if self._capture:
            self._capture.playback.seek(media_ns)
            self._monitor.sought()

    def set_speed(self, speed: float) -> None:
        """Play a recording at a factor of its own rate; `inf` for as fast as possible."""
        self.speed = speed
        self._with_playback(lambda playback: playback.set_speed(speed))

    def set_loop(self, loop: bool) -> None:
        """Begin a recording again at its end, or stop there."""
        self._loop = loop
        self._with_playback(lambda playback: playback.set_loop(loop))

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Acts from the next frame on."""
        if self._detection:
            self._thresholds = thresholds
            self._detection.detector.set_thresholds(thresholds)
            self._monitor.thresholds_set(thresholds)

    def set_model(self, model: Path) -> None:
        """Change the network when it is loaded; keep the old one where it cannot be."""
        self._conductor.ask(lambda: self._use_model(model))

    def set_source(self, uri: str) -> None:
        """Change the source when it delivers; keep the old one where it does not."""
        self._conductor.ask(lambda: self._use_source(uri))

    def build_engine(self) -> None:
        """Build the faster engine that the network lacks here, and let it take over; where none can be had, say why."""
        self._monitor.asked()
        self._conductor.ask(self._request_engine)

    def cancel_build(self) -> None:
        """Give up the engine that is being built."""
        self._upgrade.cancel()

    def add(self, observer: Observer) -> None:
        """Let an observer see every result from the next one on."""
        self._conductor.ask(lambda: self._observers.add(observer))

    def remove(self, observer: Observer) -> None:
        """Close an observer."""
        self._conductor.ask(lambda: self._observers.remove(observer))

    def _refused(self, error: JetsightError) -> None:
        if self._capture and self._detection:
            self._monitor.refused(error)
        else:
            self._monitor.failed(error)

    def _use_model(self, model: Path) -> None:
        self._monitor.begins(model.name)
        opening = open_detector(model, self.settings.backend, self.settings.head, self.settings.depth)
        worker = DetectionWorker(opening, self._slot, self._detection_events())
        worker.open()
        try:
            if not self._detection or model != self._model:  # opened again, a network keeps what the user chose
                self._thresholds = thresholds_for(worker.detector.info, self.settings)
        except JetsightError:
            worker.retire()
            raise
        worker.detector.set_thresholds(self._thresholds)
        self._model = model
        self._buffers.formats = worker.detector.formats
        former, self._detection = self._detection, worker
        self._take_over(former, worker)
        if not self._capture:
            self._use_source(self._uri)

    def _request_engine(self) -> None:
        backend = self.settings.backend
        if backend == AUTO:
            self._upgrade.request(self._model)
        else:
            self._monitor.tells(
                f"--backend {backend} was chosen. Start with --backend {AUTO} to build and use engines."
            )

    def _upgraded(self, model: Path, what: str) -> None:
        """The network runs on what was built for it, unless another one was chosen meanwhile."""

        def change() -> None:
            if model == self._model:
                self._use_model(model)
                self._monitor.tells(f"The {what} is ready and takes over.")

        self._conductor.ask(change)

    def _not_upgraded(self, error: BaseException) -> None:
        """What ran before goes on."""
        self._monitor.tells(str(error))

    def _use_source(self, uri: str) -> None:
        former, known = self._capture, self._uri
        self._uri = uri
        if not self._detection:
            self._use_model(self._model)
            return
        self._monitor.begins(masked(uri))
        if former and uri == known:  # a camera can be held once
            former.retire()
            self._capture = None
        worker = self._capture_worker(uri)
        try:
            worker.open()
        except JetsightError:
            self._uri = known
            raise
        if former:
            former.retire()
        self._slot.clear()
        self._left = self.settings.frames
        self._capture = worker
        self._monitor.restarting(uri)
        self._take_over(None, worker)

    def _capture_worker(self, uri: str) -> CaptureWorker:
        s, m = self.settings, self._monitor
        options = CaptureOptions(s.width, s.height, s.fps, s.timeout_s, s.latency_ms, s.flip)
        plan = CapturePlan(uri, options, self._buffers, self._slot, s.reconnect)
        events = CaptureEvents(opened=self._source_opened, captured=m.captured, lost=m.lost, failed=self._failed)
        return CaptureWorker(plan, Playback(self.speed, self._loop), events)

    def _take_over(self, former: Worker | None, worker: Worker) -> None:
        if former:
            former.retire()
        if self._conductor.closing:
            worker.retire()
            return
        self._monitor.opened()
        worker.go()
        if self._capture and self.settings.backend == AUTO:
            self._upgrade.begin(self._model)

    def _release(self) -> None:
        """Let go of everything, so that the next request begins from nothing."""
        for worker in self._workers():
            worker.retire()
        self._capture = self._detection = None

    def _workers(self) -> list[Worker]:
        return [worker for worker in (self._capture, self._detection) if worker]

    def _detection_events(self) -> DetectionEvents:
        return DetectionEvents(
            opened=self._engine_opened, detected=self._detected, ended=self._ended, failed=self._failed
        )

    def _source_opened(self, source: SourceInfo) -> None:
        self._monitor.source_opened(source)
        self._with_playback(lambda playback: playback.paused and self._monitor.paused())
        self._announce()

    def _engine_opened(self, engine: EngineInfo) -> None:
        self._monitor.engine_opened(replace(engine, thresholds=self._thresholds))
        self._announce()

    def _announce(self) -> None:
        if self._monitor.source and self._monitor.engine:
            self._observers.begin(self._monitor.source, self._monitor.engine)

    def _detected(self, result: Result, source: SourceInfo) -> None:
        if self._left == 0 or source != self._monitor.source:
            return
        self._monitor.detected(result)
        self._observers.write(result)
        self.latest.put(result)
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self._monitor.ended()
                self._conductor.ask(self._release)

    def _ended(self, end: End) -> None:
        if end.source != self._monitor.source:
            return
        if end.error:
            self._failed(end.error)
        else:
            self._monitor.ended()

    def _failed(self, error: BaseException) -> None:
        self._monitor.failed(error)
        self._conductor.ask(self._release)

    def _with_capture(self, act: Callable[[CaptureWorker], object]) -> None:
        if self._capture:
            act(self._capture)

    def _with_playback(self, act: Callable[[Playback], object]) -> None:
        self._with_capture(lambda capture: act(capture.playback))
