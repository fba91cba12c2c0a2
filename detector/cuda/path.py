"""The way of frames of one form through one network: upload, letterbox, engine, decoding, and the answer's way back.

All but the upload is one CUDA graph for each frame buffer. With two buffers a frame goes up while the one before it is
computed; the graphs themselves run one after another and share the network's tensors.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from core.errors import EngineUnavailable
from core.types import Frame
from detector.cuda.answers import Decoding, decoding
from detector.cuda.driver import Graph
from detector.cuda.gpu import Gpu
from detector.cuda.launches import Workbench
from detector.cuda.letterbox import LetterboxCall, fit_record
from detector.cuda.marks import Marks, Times
from detector.cuda.memory import Memory
from detector.cuda.network import Network
from detector.cuda.patience import Patience
from detector.cuda.upload import Upload
from detector.letterbox import geometry

ATTEMPTS = 3  # at capturing
Form = tuple[Any, ...]


class Lane:
    """One frame buffer: how a frame gets into it, and the work that then awaits it."""

    go: Callable[[], None]
    since_s: float  # when the frame in it was queued
    finished_ns: int  # when it was seen to be finished
    times: Times

    def __init__(self, upload: Upload, marks: Marks, decoding: Decoding, memory: Memory) -> None:
        self.upload = upload
        self.marks = marks
        self.answer, _ = memory.pinned(decoding.size)
        self.read = decoding.reader(self.answer)


class Work:
    """What the GPU does with a frame that is up, in order."""

    def __init__(self, gpu: Gpu, network: Network, first: Frame, memory: Memory) -> None:
        preprocessing = network.preprocessing
        bench = Workbench(gpu, network, geometry(first.width, first.height, preprocessing), memory)
        fit = bench.store(fit_record(first.colour, bench.transform, preprocessing))
        self._stream = gpu.computing
        self.letterbox = LetterboxCall(gpu.kernels, preprocessing, fit, network.picture)
        self._engine = network.engine
        self.decoding = decoding(bench)

    def enqueue(self, lane: Lane) -> None:
        """All of it, and the marks between."""
        stream, marks = self._stream, lane.marks
        marks.start(stream)
        self.letterbox.enqueue(stream, lane.upload.picture)
        stream.record(marks.filled)
        self._engine.enqueue()
        stream.record(marks.inferred)
        self.decoding.enqueue(stream)
        stream.download(lane.answer, self.decoding.result)
        stream.record(marks.answered)


class Path:
    """For frames of the first one's form; at most as many at a time as the GPU has marks for. Open until `close`.

    `uncaptured` is the reason why the work is no graph and every launch is made one by one.
    """

    def __init__(self, gpu: Gpu, network: Network, upload: type[Upload], first: Frame) -> None:
        self.form = form(first)
        self.uncaptured = network.engine.not_capturable
        self._gpu = gpu
        self._graphs: list[Graph] = []
        with ExitStack() as opening:
            memory = opening.enter_context(Memory(gpu.device))
            work = Work(gpu, network, first, memory)
            uploads = [upload(first, memory, gpu.locks, gpu.copying) for _ in gpu.marks]
            lanes = [Lane(*each, work.decoding, memory) for each in zip(uploads, gpu.marks, strict=True)]
            opening.callback(self._close_graphs)
            for lane in lanes:
                self._prepare(lane, first, partial(work.enqueue, lane))
            self._closing = opening.pop_all()
        self._free, self._under_way = deque(lanes), deque[Lane]()
        self._patience = Patience()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        return (f"runs without a CUDA graph: {self.uncaptured}",) if self.uncaptured else ()

    def close(self) -> None:
        """Wait until all is done, and give everything back."""
        self._gpu.idle()
        self._closing.close()

    def submit(self, frame: Frame) -> None:
        """Queue all that is to be done with a frame."""
        lane = self._free.popleft()
        self._under_way.append(lane)
        gpu, marks = self._gpu, lane.marks
        lane.since_s = time.perf_counter()
        gpu.copying.record(marks.begun)
        lane.upload.send(frame)
        marks.hand_over(gpu.copying, gpu.computing)
        lane.go()
        gpu.computing.record(marks.finished)

    def collect(self) -> Lane:
        """Wait for the oldest frame. Its lane may be read until the next `submit`."""
        lane = self._under_way.popleft()
        self._free.append(lane)
        self._patience.wait(lane.marks.finished, lane.since_s)
        lane.finished_ns = time.perf_counter_ns()
        lane.times = lane.marks.read()
        self._patience.learn(lane.times.whole_ms)
        return lane

    def _prepare(self, lane: Lane, first: Frame, eager: Callable[[], None]) -> None:
        """Do the work once as it is, which loads what loads late, and record it for all further frames."""
        lane.upload.send(first)
        self._gpu.idle()
        eager()
        self._gpu.idle()
        lane.go = eager if self.uncaptured else self._captured(eager)

    def _captured(self, eager: Callable[[], None]) -> Callable[[], None]:
        computing = self._gpu.computing
        for _ in range(ATTEMPTS):
            try:
                with computing.capture() as capture:
                    eager()
            except EngineUnavailable as error:
                self.uncaptured = error.what
                self._settle(eager)
            else:
                self.uncaptured = None
                self._graphs.append(capture.graph)
                return partial(computing.replay, capture.graph)
        return eager

    def _settle(self, eager: Callable[[], None]) -> None:
        """Do the work as it is again: an engine that wanted more memory gets it now.

        NVIDIA's runtime library keeps the error of a failed capture, and whoever calls it next is told.
        """
        try:
            eager()
        except EngineUnavailable:
            eager()
        self._gpu.idle()

    def _close_graphs(self) -> None:
        for graph in self._graphs:
            graph.close()


def form(frame: Frame) -> Form:
    """All that makes frames alike to the GPU."""
    return frame.width, frame.height, frame.format, frame.colour
