"""Rates of one network on one video, in frames per second, each over some seconds after a warm-up."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.child import observe, virtual_display
from bench.plain import PlainLoop
from capture.source import open_source
from core.buffers import FrameBuffers
from core.settings import Settings
from core.slot import LatestSlot
from core.types import Frame
from detector.detector import open_detector
from detector.engine import HostEngine, open_engine
from pipeline.session import Session

WARM_UP_S = 0.5


@dataclass(frozen=True)
class Job:
    """What every arm runs, and for how long."""

    model: Path
    source: str
    seconds: float

    @property
    def options(self) -> list[str]:
        """The job as options of `jetsight run`, as fast as possible and without end."""
        return ["--model", str(self.model.resolve()), "--source", self.source, "--speed", "max", "--loop"]


def bare(job: Job) -> float:
    """The network alone, on a prepared tensor, in the product's own engine."""
    with open_engine("onnxruntime", job.model) as engine:
        return _rate(_inference(engine), job.seconds)


def beside_decoding(job: Job) -> float:
    """The network alone, while a thread decodes one frame of the video for each inference."""
    with open_engine("onnxruntime", job.model) as engine, _decoded(job.source) as frames:
        infer = _inference(engine)

        def step() -> None:
            frames.take()
            infer()

        return _rate(step, job.seconds)


def pipeline(job: Job) -> float:
    """The program without a window."""
    settings = Settings(job.source, model=job.model, loop=True)
    with Session(settings, math.inf) as session:
        while not session.status().detected:
            session.wait(0.01)
        session.wait(WARM_UP_S)
        before, began = session.status().detected, time.perf_counter()
        session.wait(job.seconds)
        return (session.status().detected - before) / (time.perf_counter() - began)


def plain_loop(job: Job) -> float:
    """The loop that a user would write."""
    with open_detector(job.model) as detector:
        head = detector.info.head
    return _rate(PlainLoop(job.model, head, Path(job.source)).step, job.seconds)


def window(job: Job) -> float:
    """The program with its window on a virtual display; its own rate, start included."""
    with virtual_display() as display:
        seen = observe(["--window", *job.options], job.seconds, {"DISPLAY": display})
    return float(seen.figures["rates_hz"]["detected"])


def _rate(step: Callable[[], object], seconds: float) -> float:
    _repeat(step, WARM_UP_S)
    began = time.perf_counter()
    return _repeat(step, seconds) / (time.perf_counter() - began)


def _repeat(step: Callable[[], object], seconds: float) -> int:
    count, deadline = 0, time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        step()
        count += 1
    return count


def _inference(engine: HostEngine) -> Callable[[], object]:
    spec = engine.inputs[0]
    shape = [size or 1 for size in spec.shape]
    tensor = np.random.default_rng(0).random(shape).astype(spec.dtype)
    return lambda: engine.run({spec.name: tensor})


@contextmanager
def _decoded(source: str) -> Iterator[LatestSlot[Frame]]:
    """Frames of the video without end, the next one decoded while one is used."""
    slot: LatestSlot[Frame] = LatestSlot()

    def decode() -> None:
        with open_source(source, FrameBuffers()) as video:
            while True:
                for frame in video.frames():
                    if not slot.offer(frame):
                        return

    thread = threading.Thread(target=decode, name="decode", daemon=True)
    thread.start()
    try:
        yield slot
    finally:
        slot.close()
        thread.join()
