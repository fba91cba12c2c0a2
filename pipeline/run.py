"""What runs: a source and a network, each on its thread, and how another one takes over.

What is new is opened while the old still runs, and only then is the old let go. The conductor's thread carries
out `use_model`, `use_source` and `request_engine`; all else that is public is for any thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from capture.address import masked
from capture.source import CaptureOptions
from core.buffers import FrameBuffers
from core.errors import JetsightError
from core.settings import Settings
from core.slot import LatestSlot
from core.types import EngineInfo, Result, SourceInfo, Thresholds
from detector.backends import AUTO
from detector.detector import open_detector
from detector.upgrade import Built
from pipeline.capture import CaptureEvents, CapturePlan, CaptureWorker, End, Slot
from pipeline.conductor import Conductor
from pipeline.detection import DetectionEvents, DetectionWorker
from pipeline.monitor import Monitor
from pipeline.observers import Observers
from pipeline.playback import Playback
from pipeline.thresholds import thresholds_for
from pipeline.upgrade import Build, Upgrade, UpgradeEvents
from pipeline.worker import STOP_S, Worker


class Run:
    """The threads of a session, what they know of each other, and where their results go."""

    def __init__(self, settings: Settings, speed: float, build: Build) -> None:
        self.latest: LatestSlot[Result] = LatestSlot()
        self.speed = speed
        self._loop = settings.loop
        self._capture: CaptureWorker | None = None
        self._detection: DetectionWorker | None = None
        self._settings = settings
        self._slot: Slot = LatestSlot()
        self._buffers = FrameBuffers()
        self.monitor = Monitor(self._slot)
        self.observers = Observers()
        self.conductor = Conductor(self._refused, self.monitor.failed)
        built = UpgradeEvents(self.monitor.builds, self._upgraded, self._not_upgraded)
        self.upgrade = Upgrade(build, settings.head, built)
        self._left = settings.frames
        self._uri = settings.source
        self._model = settings.model
        self._thresholds = Thresholds()

    def use_model(self, model: Path) -> EngineInfo:
        """Change the network, of which the info is answered; where nothing runs, begin with the source too."""
        self.monitor.begins(model.name)
        opening = open_detector(model, self._settings.backend, self._settings.head, self._settings.depth)
        worker = DetectionWorker(opening, self._slot, self._detection_events())
        worker.open()
        try:
            if not self._detection or model != self._model:  # opened again, a network keeps what the user chose
                self._thresholds = thresholds_for(worker.detector.info, self._settings)
        except JetsightError:
            worker.retire()
            raise
        worker.detector.set_thresholds(self._thresholds)
        self._model = model
        self._buffers.formats = worker.detector.formats
        former, self._detection = self._detection, worker
        self._take_over(former, worker)
        if not self._capture:
            self.use_source(self._uri)
        return worker.detector.info

    def use_source(self, uri: str) -> None:
        """Change the source; begin with the network too where nothing runs."""
        former, known = self._capture, self._uri
        self._uri = uri
        if not self._detection:
            self.use_model(self._model)
            return
        self.monitor.begins(masked(uri))
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
        self._left = self._settings.frames
        self._capture = worker
        self.monitor.restarting(uri)
        self._take_over(None, worker)

    def request_engine(self) -> None:
        """Build the faster engine that the network lacks here, or say why there is none."""
        backend = self._settings.backend
        if backend == AUTO:
            self.upgrade.request(self._model)
        else:
            self.monitor.tells(f"--backend {backend} was chosen. Start with --backend {AUTO} to build and use engines.")

    def set_speed(self, speed: float) -> None:
        """Of this source and of those that follow."""
        self.speed = speed
        self.with_playback(lambda playback: playback.set_speed(speed))

    def set_loop(self, loop: bool) -> None:
        """The same for the end of a recording."""
        self._loop = loop
        self.with_playback(lambda playback: playback.set_loop(loop))

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Acts from the next frame on."""
        if detection := self._detection:
            self._thresholds = thresholds
            detection.detector.set_thresholds(thresholds)
            self.monitor.thresholds_set(thresholds)

    def with_playback(self, act: Callable[[Playback], object]) -> None:
        """Act on what plays, if something does."""
        if capture := self._capture:
            act(capture.playback)

    def close(self) -> None:
        """End everything in time; a thread that hangs in a driver is left behind."""
        deadline = time.perf_counter() + STOP_S
        self.conductor.close()
        self.upgrade.close()
        for worker in self.workers():
            worker.dismiss()
        self.conductor.join(STOP_S)
        self.upgrade.join(max(deadline - time.perf_counter(), 0.0))
        for worker in self.workers():
            worker.retire(max(deadline - time.perf_counter(), 0.0))
        self.latest.close()
        self.observers.close()

    def workers(self) -> list[Worker]:
        """Those that are there."""
        return [worker for worker in (self._capture, self._detection) if worker]

    def _refused(self, error: JetsightError) -> None:
        if self._capture and self._detection:
            self.monitor.refused(error)
        else:
            self.monitor.failed(error)

    def _upgraded(self, model: Path, built: Built) -> None:
        """The network is opened again and finds what was built for it, unless meanwhile another one was chosen or the
        run has ended."""

        def change() -> None:
            if model == self._model and self._detection:
                self.monitor.tells(built.outcome(self.use_model(model)))

        self.conductor.ask(change)

    def _not_upgraded(self, error: BaseException) -> None:
        """What ran before goes on."""
        self.monitor.tells(str(error))

    def _capture_worker(self, uri: str) -> CaptureWorker:
        s, m = self._settings, self.monitor
        options = CaptureOptions(s.width, s.height, s.fps, s.timeout_s, s.latency_ms, s.flip)
        plan = CapturePlan(uri, options, self._buffers, self._slot, s.reconnect)
        events = CaptureEvents(opened=self._source_opened, captured=m.captured, lost=m.lost, failed=self._failed)
        return CaptureWorker(plan, Playback(self.speed, self._loop), events)

    def _take_over(self, former: Worker | None, worker: Worker) -> None:
        if former:
            former.retire()
        if self.conductor.closing:
            worker.retire()
            return
        self.monitor.opened()
        worker.go()
        if self._capture and self._settings.backend == AUTO:
            self.upgrade.begin(self._model)

    def _release(self) -> None:
        """Let go of everything, so that the next request begins from nothing."""
        for worker in self.workers():
            worker.retire()
        self._capture = self._detection = None

    def _detection_events(self) -> DetectionEvents:
        return DetectionEvents(
            opened=self._engine_opened, detected=self._detected, ended=self._ended, failed=self._failed
        )

    def _source_opened(self, source: SourceInfo) -> None:
        self.monitor.source_opened(source)
        self.with_playback(lambda playback: playback.paused and self.monitor.paused())
        self._announce()

    def _engine_opened(self, engine: EngineInfo) -> None:
        self.monitor.engine_opened(replace(engine, thresholds=self._thresholds))
        self._announce()

    def _announce(self) -> None:
        if self.monitor.source and self.monitor.engine:
            self.observers.begin(self.monitor.source, self.monitor.engine)

    def _detected(self, result: Result, source: SourceInfo) -> None:
        if self._left == 0 or source != self.monitor.source:
            return
        self.monitor.detected(result)
        self.observers.write(result)
        self.latest.put(result)
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self.monitor.ended()
                self.conductor.ask(self._release)

    def _ended(self, end: End) -> None:
        if end.source != self.monitor.source:
            return
        if end.error:
            self._failed(end.error)
        else:
            self.monitor.ended()

    def _failed(self, error: BaseException) -> None:
        self.monitor.failed(error)
        self.conductor.ask(self._release)
