"""Rates of one network on one video, in frames per second, each over some seconds after a warm-up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bench import programs
from bench.child import observe, virtual_display
from bench.plain import PlainLoop
from capture.paths import local_path
from capture.source import open_source
from capture.sources import demo
from core.buffers import FrameBuffers
from core.errors import UsageError
from core.settings import Settings
from core.slot import LatestSlot
from core.threads import guarded
from core.types import Frame
from detector.engine import HostEngine, open_engine
from detector.letterbox import Letterbox, sized
from detector.model import load_model

BACKEND = "onnxruntime"
WARM_UP_S = 0.5


@dataclass(frozen=True)
class Job:
    """What every arm runs, and for how long."""

    model: Path
    source: str
    seconds: float
    backend: str = BACKEND

    @property
    def settings(self) -> Settings:
        """The job as settings of a run without end."""
        return Settings(self.source, model=self.model, backend=self.backend, loop=True)

    @property
    def options(self) -> list[str]:
        """The job as options of `jetsight run`, from any folder, as fast as possible and without end."""
        path = local_path(self.source)
        source = str(path.absolute()) if path else self.source
        chosen = ["--model", str(self.model.resolve()), "--backend", self.backend]
        return [*chosen, "--source", source, "--speed", "max", "--loop"]


def first_frame(source: str) -> Frame:
    """The first picture of a source."""
    with open_source(source, FrameBuffers()) as opened:
        return next(opened.frames())


def bare(job: Job) -> float:
    """The network alone, on a prepared tensor, in the product's own engine."""
    with open_engine(job.backend, job.model) as engine:
        return _rate(_inference(engine, job, first_frame(job.source)), job.seconds)


def beside_decoding(job: Job) -> float:
    """The network alone, while a thread decodes one frame of the video for each inference."""
    with open_engine(job.backend, job.model) as engine, _decoded(job.source) as frames:
        infer = _inference(engine, job, first_frame(job.source))

        def step() -> None:
            frames.take()
            infer()

        return _rate(step, job.seconds)


def pipeline(job: Job) -> float:
    """The program without a window."""
    return programs.fps(job.settings, job.seconds)


def plain_loop(job: Job) -> float:
    """The loop that a user would write."""
    head = load_model(job.model).layout.head
    return _rate(PlainLoop(job.model, head, video_file(job.source)).step, job.seconds)


def window(job: Job) -> float:
    """The program with its window on a virtual display; its own rate, start included."""
    with virtual_display() as display:
        seen = observe(["--window", *job.options], job.seconds, {"DISPLAY": display})
    return float(seen.figures["rates_hz"]["detected"])


ARMS: Mapping[str, Callable[[Job], float]] = {
    "bare": bare,
    "decoding": beside_decoding,
    "pipeline": pipeline,
    "plain_loop": plain_loop,
    "window": window,
}


def video_file(source: str) -> Path:
    """The file that a source reads; `UsageError` where it is none."""
    path = demo.clip() if demo.claims(source) else local_path(source)
    if path is None or not path.is_file():
        raise UsageError(f"{source} is not a file", "The plain loop needs a video file.")
    return path


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


def _inference(engine: HostEngine, job: Job, frame: Frame) -> Callable[[], object]:
    feeds = prepared(job.model, frame)
    return lambda: engine.run(feeds)


def prepared(model: Path, frame: Frame) -> dict[str, NDArray[Any]]:
    """All inputs of the network for a frame, as the detector makes them."""
    loaded, size = load_model(model), (frame.width, frame.height)
    tensor = Letterbox(*size, sized(loaded.layout.preprocessing, *size)).prepare(frame.bgr())
    return {**loaded.constants, loaded.picture.name: tensor}


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

    thread = guarded("decode", decode, slot.fail)
    thread.start()
    try:
        yield slot
    finally:
        slot.close()
        thread.join()
