"""The GPU finds in real frames what the CPU finds."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from core.types import Detections, Prediction
from detector import agreement
from detector.agreement import Agreement
from detector.backends import ON_THE_CPU
from detector.cpu import CpuDetector
from detector.cuda.detector import CudaDetector
from detector.cuda.engines.onnxruntime_cuda import TF32_OVERRIDE
from detector.model import load_model
from selftest import choice
from selftest.check import Context, Outcome, Skipped, Status

LIMIT_S = 900.0
FRAMES = 24
SHARE, OVERLAP = 0.995, 0.99
SCORE = {"FP32": 1e-3, "FP16": 1e-2}  # by the engine's precision


def run(context: Context) -> Outcome:
    """All frames through both detectors, float32 multiplied as such. The process is the check's own."""
    os.environ[TF32_OVERRIDE] = "0"
    model = load_model(context.options.model)
    backend = choice.device_backend(context, model)
    given = choice.frames(context, FRAMES)
    with CudaDetector(model, backend, 1, context.makers) as detector:
        found = choice.predictions(detector, given)
    with CpuDetector(model, ON_THE_CPU) as reference:
        expected = choice.predictions(reference, given)
    precision = detector.info.precision
    comparison = Comparison(SCORE.get(precision, max(SCORE.values())), model.thresholds.confidence)
    total = sum(map(comparison, found, expected), Agreement())
    if not total.reference and not total.found:
        raise Skipped("nothing is found in the pictures on either side: give others with --source")
    share = min(total.recall, total.precision)
    words = f"{share:.2%} of {total.reference} {choice.size(given)} findings agree, {backend} in {precision}"
    figures = {
        "backend": backend,
        "device": detector.info.device,
        "precision": precision,
        "model": model.path.name,
        "frames": len(given),
        "reference": total.reference,
        "found": total.found,
        "same": total.shared,
        "share": share,
        "wanted_share": SHARE,
        "mean_score_difference": total.score_difference,
        "notes": detector.info.notes,
    }
    return Outcome(_verdict(share, precision), words, figures)


class Comparison:
    """Counts what is the same in two predictions.

    Boxes are where their places are nearly the same and their scores differ by at most `tolerance`. A box on one side
    alone is not counted where its score is that close to the threshold `confidence`, below which the other may lie.
    """

    def __init__(self, tolerance: float, confidence: float) -> None:
        self._tolerance = tolerance
        self._edge = confidence + tolerance

    def __call__(self, found: Prediction, reference: Prediction) -> Agreement:
        """Of one frame."""
        if not isinstance(found, Detections) or not isinstance(reference, Detections):
            return agreement.compare(found, reference)
        pairs = agreement.match(found, reference, OVERLAP)
        differences = np.abs(found.confidence[pairs[:, 0]] - reference.confidence[pairs[:, 1]])
        same = pairs[differences <= self._tolerance]
        numbers = (self._counted(side, same[:, i]) for i, side in enumerate((found, reference)))
        number_found, number_reference = numbers
        error = float(differences[differences <= self._tolerance].sum())
        return Agreement(number_reference, number_found, len(same), error)

    def _counted(self, side: Detections, matched: Sequence[int]) -> int:
        alone = np.ones(len(side), bool)
        alone[matched] = False
        return len(matched) + int((side.confidence[alone] >= self._edge).sum())


def _verdict(share: float, precision: str) -> Status:
    """An INT8 network promises nothing: what it loses is told when it is built."""
    return Status.OK if share >= SHARE or precision not in SCORE else Status.FAILED
