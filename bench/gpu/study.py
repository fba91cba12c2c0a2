"""What the program costs on top of its network, on a GPU.

For each size and format of frames all arms of `bench/gpu/latency.py` take turns, round by round; then the kernels on a
known number of candidates, then rates of the whole program beside that of the bare network, then the host's load. What
cannot be had is missing for a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.arms import Job, first_frame
from bench.gpu import latency, synthetic
from bench.gpu.forms import Form, forms, frames
from bench.gpu.rates import ARMS, Rates, settings
from bench.gpu.rival import rival
from bench.gpu.stopwatch import Arm, Stopwatch, interleaved, summary
from bench.gpu.surroundings import gpu
from bench.gpu.synthetic import Workload
from bench.programs import PATTERN, host_load
from bench.study import Progress
from core.errors import JetsightError
from core.pixels import PixelFormat
from core.types import Frame
from detector.cuda.detector import CudaDetector, Makers
from detector.cuda.memory import Memory
from detector.model import load_model
from output.environment import environment

RIVAL = "ultralytics predict"
HOST = "host load"


@dataclass(frozen=True)
class Plan:
    """How much is measured: `samples` of each arm in each of the `rounds`, `repeats` of a kernel in one
    measurement, and so many `frames` of the host's load.

    `weights` are the rival's. It and the synthetic workloads get frames of the first of the `sizes`.
    """

    rounds: int
    weights: Path
    samples: int = 100
    sizes: tuple[tuple[int, int], ...] = ((1280, 720), (3840, 2160))
    workloads: tuple[Workload, ...] = (Workload(), Workload(dtype="float16"))
    frames: int = 1000
    repeats: int = 10


def measure(job: Job, plan: Plan, progress: Progress, makers: Makers | None = None) -> dict[str, Any]:
    """All figures, ready for JSON. Raises `JetsightError` where network or source cannot be opened."""
    picture = first_frame(job.source)
    with CudaDetector(load_model(job.model), job.backend, 1, makers) as detector:
        study = Study(job, plan, detector, picture)
        study.run(progress)
        return {
            **study.figures,
            "missing": study.missing,
            "model": job.model.name,
            "source": Path(job.source).name,
            "backend": job.backend,
            "device": detector.info.device,
            "precision": detector.info.precision,
            "notes": list(dict.fromkeys((*detector.info.notes, *detector.gpu.locks.notes))),
            "rounds": plan.rounds,
            "samples": plan.samples,
            "seconds": job.seconds,
            "environment": {**environment(), **gpu(detector.gpu.device)},
        }


class Study:
    """The figures so far, and why others are missing."""

    def __init__(self, job: Job, plan: Plan, detector: CudaDetector, picture: Frame) -> None:
        self.missing: dict[str, str] = {}
        self.figures: dict[str, Any] = {"forms": {}, "kernels": {}, "rates": {}, "host_load": None}
        self._job = job
        self._plan = plan
        self._detector = detector
        self._picture = picture
        self._forms = forms(picture, plan.sizes)
        self._usual = Form(*plan.sizes[0], PixelFormat.BGR)

    def run(self, progress: Progress) -> None:
        """Everything, in order."""
        rates = self._plan.rounds * len(ARMS)
        total = len(self._forms) + len(self._plan.workloads) + rates + 1
        with ExitStack() as stack:
            for number, (name, step) in enumerate(self._steps(stack)):
                progress(name, number, total)
                self._try(name, step)
        progress("done", 1, 1)

    def _steps(self, stack: ExitStack) -> Iterator[tuple[str, Callable[[], None]]]:
        for form in self._forms:
            yield str(form), partial(self._latency, form)
        for workload in self._plan.workloads:
            yield f"kernels, {workload.dtype}", partial(self._kernels, workload)
        rates = self._rates(stack)
        for _ in range(self._plan.rounds):
            yield from rates.arms.items()
        self.figures["rates"] = rates.figures()
        yield HOST, self._host_load

    def _try(self, name: str, step: Callable[[], None]) -> None:
        if name in self.missing:
            return
        try:
            step()
        except JetsightError as error:
            self.missing[name] = str(error)

    def _latency(self, form: Form) -> None:
        given = self._seen(form)
        with ExitStack() as stack:
            memory = stack.enter_context(Memory(self._detector.gpu.device))
            watch = stack.enter_context(self._stopwatch())
            arms = dict(latency.arms(self._detector, given, memory, watch))
            if form == self._usual:
                self._try(RIVAL, lambda: arms.update({RIVAL: self._rival(stack, given[0])}))
            taken = interleaved(arms, self._plan.rounds, self._plan.samples)
        self.figures["forms"][str(form)] = {
            "bytes": sum(plane.nbytes for plane in given[0].planes),
            "ms": summary(taken),
            "overhead_ms": latency.overhead_ms(taken),
            "overhead_by_gpu_ms": latency.overhead_ms(taken, "_by_gpu"),
        }

    def _rival(self, stack: ExitStack, frame: Frame) -> Arm:
        """Asked once, which takes long."""
        predict = stack.enter_context(rival(self._plan.weights, frame.bgr()))
        predict()
        return predict

    def _kernels(self, workload: Workload) -> None:
        (frame, *_) = frames(self._picture, self._usual)
        gpu = self._detector.gpu
        with synthetic.parts_on(gpu, workload, frame) as parts, Stopwatch(gpu, self._plan.repeats) as watch:
            left = synthetic.boxes_left(parts, watch, frame)
            taken = interleaved(synthetic.arms(parts, watch), self._plan.rounds, self._plan.samples)
        self.figures["kernels"][workload.dtype] = {
            "cells": workload.cells,
            "candidates": workload.candidates,
            "boxes": left,
            "ms": summary(taken),
        }

    def _rates(self, stack: ExitStack) -> Rates:
        self._seen(self._usual)
        watch = stack.enter_context(self._stopwatch())
        return Rates(self._job, watch, watch.recorded(self._detector.network.engine.enqueue))

    def _host_load(self) -> None:
        self.figures["host_load"] = asdict(host_load(settings(self._job, PATTERN, 1), self._plan.frames))

    def _seen(self, form: Form) -> list[Frame]:
        """Frames of a form for which the detector is ready."""
        given = frames(self._picture, form)
        self._detector.submit(given[0])
        self._detector.collect()
        return given

    def _stopwatch(self) -> Stopwatch:
        return Stopwatch(self._detector.gpu, self._plan.repeats, self._detector.network.engine.not_capturable)
