"""The GPU's findings against the CPU's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from cuda_on_cpu.engine import CpuEngine
from cuda_on_cpu.makers import makers

from core.types import Detections
from selftest.check import Context, Skipped, Status
from selftest.checks import parity
from selftest.checks.parity import Comparison


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "FRAMES", 3)


def test_they_agree(context: Context) -> None:
    outcome = parity.run(context)
    assert outcome.status is Status.OK, outcome.words
    assert outcome.figures["frames"] == parity.FRAMES
    assert outcome.figures["reference"] > parity.FRAMES
    assert outcome.figures["share"] == 1


def test_pictures_without_anything_prove_nothing(context: Context, tmp_path: Path) -> None:
    description = context.options.model.with_suffix(".toml")
    description.write_text("[model]\nconfidence = 1.0")
    picture = tmp_path / "black.png"
    cv2.imwrite(str(picture), np.zeros((50, 90, 3), np.uint8))
    with pytest.raises(Skipped, match="nothing is found in the pictures"):
        parity.run(replace(context, options=replace(context.options, source=str(picture))))


class Off(CpuEngine):
    """Its scores are too low by `error`."""

    error = 0.02

    def answer(self, outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        (table,) = outputs.values()
        table[:, 4:] -= np.float32(self.error)
        return outputs


class Int8(Off):
    precision = "INT8"


class Fp16(Off):
    precision = "FP16"
    error = 0.002


@pytest.mark.parametrize(
    ("engine", "status"), [(Off, Status.FAILED), (Int8, Status.OK), (Fp16, Status.OK)], ids=["FP32", "INT8", "FP16"]
)
def test_the_precision_decides_what_may_differ(context: Context, engine: type[CpuEngine], status: Status) -> None:
    outcome = parity.run(replace(context, makers=makers(engine)))
    assert outcome.status is status, outcome.words
    assert outcome.figures["precision"] == engine.precision
    if engine is not Fp16:
        assert outcome.figures["share"] < 0.9


def boxes(*scores: float, shift: float = 0) -> Detections:
    count = len(scores)
    corner = np.arange(count, dtype=np.float32)[:, None] * 200 + np.float32(shift)
    xyxy = np.hstack((corner, corner, corner + 100, corner + 100)).astype(np.float32)
    return Detections(xyxy, np.array(scores, np.float32), np.zeros(count, np.int32))


@pytest.mark.parametrize(
    ("found", "reference", "counts"),
    [
        (boxes(0.9, 0.8), boxes(0.9, 0.8), (2, 2, 2)),
        (boxes(0.9), boxes(0.9, 0.8), (2, 1, 1)),
        (boxes(0.9), boxes(0.9, 0.4005), (1, 1, 1)),
        (boxes(0.9, 0.4005), boxes(0.9), (1, 1, 1)),
        (boxes(0.9), boxes(0.897), (1, 1, 0)),
        (boxes(0.9, shift=3), boxes(0.9), (1, 1, 0)),
        (boxes(), boxes(), (0, 0, 0)),
    ],
    ids=["same", "missed", "missed at the threshold", "more at the threshold", "score", "place", "nothing"],
)
def test_counting(found: Detections, reference: Detections, counts: tuple[int, int, int]) -> None:
    total = Comparison(1e-3, 0.4)(found, reference)
    assert (total.reference, total.found, total.shared) == counts
