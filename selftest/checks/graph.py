"""A CUDA graph gives, bit for bit, what its launches give when they are made one by one, on the same engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType

import numpy as np

from core.types import ClassMap, Detections, Frame, Prediction, TensorSpec
from detector.cuda.detector import CudaDetector, Makers
from detector.cuda.engine import DeviceEngine
from detector.model import Model, load_model
from selftest import choice
from selftest.check import Context, Outcome, Skipped, Status

LIMIT_S = 600.0
FRAMES = 20
CONFIDENCE = 0.05  # so that there is much to differ
EAGER = "launched one by one, to compare"


def run(context: Context) -> Outcome:
    """Every frame once by replay, then once by single launches."""
    model = load_model(context.options.model)
    backend = choice.device_backend(context, model)
    engines: list[Counting] = []
    with CudaDetector(model, backend, 1, _makers(context, engines)) as detector:
        detector.set_thresholds(replace(model.thresholds, confidence=CONFIDENCE))
        given = choice.frames(context, FRAMES)
        choice.predictions(detector, given[:1])  # which prepares the path
        before = engines[-1].enqueued
        replayed = choice.predictions(detector, given)
        if engines[-1].enqueued != before:
            raise Skipped(f"{backend} runs without a CUDA graph: {engines[-1].not_capturable or detector.info.notes}")
        engines[-1].not_capturable = EAGER
        eager = choice.predictions(detector, _of_another_path(given))
    differing = [i for i, pair in enumerate(zip(replayed, eager, strict=True)) if not _same(*pair)]
    figures = {"backend": backend, "frames": len(given), "differing": differing, "notes": detector.info.notes}
    if differing:
        return Outcome(Status.FAILED, f"{len(differing)} of {len(given)} frames differ", figures)
    return Outcome(Status.OK, f"{len(given)} frames are the same bit for bit, {backend}", figures)


class Counting:
    """An engine that counts its runs, and may be called not capturable."""

    def __init__(self, engine: DeviceEngine) -> None:
        self._engine = engine
        self.enqueued = 0

    def __enter__(self) -> Counting:
        self._engine.__enter__()
        self.device, self.precision = self._engine.device, self._engine.precision
        self.inputs: Sequence[TensorSpec] = self._engine.inputs
        self.outputs: Sequence[TensorSpec] = self._engine.outputs
        self.not_capturable = self._engine.not_capturable
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.__exit__(kind, error, trace)

    def bind(self, name: str, address: int) -> None:
        """As the engine does."""
        self._engine.bind(name, address)

    def enqueue(self) -> None:
        """Counted."""
        self.enqueued += 1
        self._engine.enqueue()


def _makers(context: Context, engines: list[Counting]) -> Makers:
    def opened(backend: str, model: Model, shape: tuple[int, ...], stream: int) -> DeviceEngine:
        engines.append(Counting(context.makers.engine(backend, model, shape, stream)))
        return engines[-1]

    return Makers(context.makers.device, opened)


def _of_another_path(given: Sequence[Frame]) -> list[Frame]:
    """The same pictures, said to be of another colour, which BGR does not depend on: the detector prepares anew."""
    return [replace(frame, colour=replace(frame.colour, full_range=not frame.colour.full_range)) for frame in given]


def _same(a: Prediction, b: Prediction) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(_parts(a), _parts(b), strict=True))


def _parts(prediction: Prediction) -> tuple[np.ndarray, ...]:
    if isinstance(prediction, ClassMap):
        return (prediction.class_id,)
    boxes = (prediction.xyxy,) if isinstance(prediction, Detections) else ()
    return prediction.class_id, prediction.confidence, *boxes
