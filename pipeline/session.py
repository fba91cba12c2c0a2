"""One run, and all that a user interface may ask of it.

A conductor thread carries out requests one after another, so that no caller ever waits: it opens what is new while
the old still runs, and only then lets the old go. What cannot be opened becomes a message and changes nothing.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from capture.source import CaptureOptions
from core.errors import JetsightError, SourceError
from core.settings import Settings
from core.slot import LatestSlot
from core.status import State, Status
from core.threads import guarded
from core.types import EngineInfo, Frame, Result, SourceInfo, Thresholds
from detector.detector import open_detector
from output.observer import Observer
from pipeline.capture import CaptureEvents, CapturePlan, CaptureWorker, End
from pipeline.detection import DetectionEvents, DetectionWorker
from pipeline.monitor import Monitor
from pipeline.observers import Observers
from pipeline.playback import Playback
from pipeline.thresholds import thresholds_for
from pipeline.worker import STOP_S, Worker


class Session:
    """Runs from `__enter__` to `__exit__`; every method returns at once and may be called from any thread.

    `latest` holds the newest result for a view; `observers` get every result in order. `speed` is the factor on a
    recording's own rate, `inf` for as fast as possible.
    """

    def __init__(self, settings: Settings, speed: float, observers: Sequence[Observer] = ()) -> None:
        self.latest: LatestSlot[Result] = LatestSlot()
        self.settings = settings
        self.speed = speed
        self._loop = settings.loop
        self._slot: LatestSlot[Frame | End] = LatestSlot()
        self._monitor = Monitor(self._slot)
        self._observers = Observers()
        self._given = tuple(observers)
        self._capture: CaptureWorker | None = None
        self._detection: DetectionWorker | None = None
        self._left = settings.frames
        self._requests: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._conductor = guarded("conductor", self._conduct, self._monitor.failed)
        self._closing = False
        self._uri = settings.source

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
        self._closing = True
        self._requests.put(None)
        workers = [worker for worker in (self._capture, self._detection) if worker]
        for worker in workers:
            worker.dismiss()
        deadline = time.perf_counter() + STOP_S
        self._conductor.join(STOP_S)
        for worker in workers:
            worker.retire(max(deadline - time.perf_counter(), 0.0))
        self.latest.close()
        self._observers.close()

    def status(self) -> Status:
        """A snapshot of the run."""
        return self._monitor.status()

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
        self._with_playback(lambda playback: playback.seek(media_ns))
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
            self._detection.detector.set_thresholds(thresholds)
            self._monitor.thresholds_set(thresholds)

    def set_model(self, model: Path) -> None:
        """Change the network when it is loaded; keep the old one where it cannot be."""
        self._monitor.begins(model.name)
        self._requests.put(lambda: self._use_model(model))

    def set_source(self, uri: str) -> None:
        """Change the source when it delivers; keep the old one where it does not."""
        self._monitor.begins(uri)
        self._requests.put(lambda: self._use_source(uri))

    def add(self, observer: Observer) -> None:
        """Let an observer see every result from the next one on."""
        self._requests.put(lambda: self._observers.add(observer))

    def remove(self, observer: Observer) -> None:
        """Close an observer."""
        self._requests.put(lambda: self._observers.remove(observer))

    def _conduct(self) -> None:
        while request := self._requests.get():
            try:
                request()
            except JetsightError as error:
                self._refused(error)

    def _refused(self, error: JetsightError) -> None:
        if self._capture and self._detection:
            self._monitor.refused(error)
        else:
            self._monitor.failed(error)

    def _use_model(self, model: Path) -> None:
        detector = open_detector(model, self.settings.backend, self.settings.head)
        worker = DetectionWorker(detector, self._slot, self._detection_events())
        worker.open()
        try:
            detector.set_thresholds(thresholds_for(detector.info, self.settings))
        except JetsightError:
            worker.retire()
            raise
        former, self._detection = self._detection, worker
        self._take_over(former, worker)
        if not self._capture or self._monitor.states.state is State.FAILED:
            self._use_source(self._uri)

    def _use_source(self, uri: str) -> None:
        if not self._detection:
            self._uri = uri
            self._monitor.opening = ""
            return
        buffers = self._detection.detector.buffers
        self._monitor.begins(uri)
        plan = CapturePlan(uri, self._capture_options(), buffers, self._slot, self.settings.reconnect)
        worker = CaptureWorker(plan, Playback(self.speed, self._loop), self._capture_events())
        worker.open()
        self._uri = uri
        former, self._capture = self._capture, worker
        self._monitor.restarting()
        self._take_over(former, worker)

    def _take_over(self, former: Worker | None, worker: Worker) -> None:
        if former:
            former.retire()
        if self._closing:
            worker.retire()
            return
        self._monitor.opened()
        worker.go()

    def _capture_options(self) -> CaptureOptions:
        s = self.settings
        return CaptureOptions(s.width, s.height, s.fps, s.timeout_s, s.latency_ms, s.flip)

    def _capture_events(self) -> CaptureEvents:
        m = self._monitor
        return CaptureEvents(opened=self._source_opened, captured=m.captured, lost=m.lost, failed=m.failed)

    def _detection_events(self) -> DetectionEvents:
        return DetectionEvents(
            opened=self._engine_opened, detected=self._detected, ended=self._ended, failed=self._monitor.failed
        )

    def _source_opened(self, source: SourceInfo) -> None:
        self._monitor.source_opened(source)
        self._with_playback(lambda playback: playback.paused and self._monitor.paused())
        self._announce()

    def _engine_opened(self, engine: EngineInfo) -> None:
        self._monitor.engine_opened(replace(engine, thresholds=thresholds_for(engine, self.settings)))
        self._announce()

    def _announce(self) -> None:
        if self._monitor.source and self._monitor.engine:
            self._observers.begin(self._monitor.source, self._monitor.engine)

    def _detected(self, result: Result) -> None:
        if self._left == 0:
            return
        self._monitor.detected(result)
        self._observers.write(result)
        self.latest.put(result)
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self._with_capture(lambda capture: capture.dismiss())
                self._monitor.ended()

    def _ended(self, error: SourceError | None) -> None:
        if error:
            self._monitor.failed(error)
        else:
            self._monitor.ended()

    def _with_capture(self, act: Callable[[CaptureWorker], object]) -> None:
        if self._capture:
            act(self._capture)

    def _with_playback(self, act: Callable[[Playback], object]) -> None:
        self._with_capture(lambda capture: act(capture.playback))
