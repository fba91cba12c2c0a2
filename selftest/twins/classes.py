"""The kernel of the likeliest classes against the head's own `decode`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.types import Classification, Thresholds
from detector.cuda.found import FOUND, Record, classification, settings_record
from detector.cuda.launches import BLOCK
from detector.head import Layout
from detector.heads.classification import Head
from detector.preprocessing import Preprocessing
from selftest.twins.launcher import Launcher
from selftest.twins.trial import Trial, require

ACTIVATIONS = ("none", "softmax", "sigmoid")
SIZES = (2, 5, 255, 256, 257, 1000, 21841)
SCORE = 2e-6  # relative: a few roundings of exp


@dataclass(frozen=True, eq=False)
class TopClasses:
    """What the kernel and its twin are given: a head for so many classes, and a row of scores [1, C]."""

    head: Head
    row: NDArray[Any]
    classes: int
    thresholds: Thresholds = field(default_factory=Thresholds)

    def check(self, launcher: Launcher) -> Classification:
        """What the kernel found, which is what NumPy does."""
        record, expected = self.run(launcher), self.head.decode({"o": self.row}, self.thresholds)
        told = classification(record)
        require(np.array_equal(told.class_id, expected.class_id), "other classes")
        require(np.allclose(told.confidence, expected.confidence, rtol=SCORE, atol=0), "other scores")
        require(int(record["highest_class"][0]) == max(expected.class_id, default=0), "another highest class")
        require(not record["flags"], "flags")
        require(not record["rows"][0, : record["count"][0], :4].any(), "boxes")
        return told

    def run(self, launcher: Launcher) -> Record:
        """The record of what was found."""
        (call,) = self.head.kernel_calls()
        require(call.lengths == (self.row.size,), "the head expects another length")
        record = np.zeros(1, FOUND)
        record.view(np.uint8)[:] = 0xAB
        row, *rest = map(launcher.address, (self.row, settings_record(self.thresholds, self.classes), record))
        grid = (-(-call.items * call.lanes // BLOCK),), (BLOCK,)
        launcher.launch(call.kernel, (self.row.dtype.name,), grid, (row, *call.numbers, *rest))
        launcher.finish()
        return record


def head_of(classes: int, activation: str, first: int = 0) -> Head:
    """For a network whose first class stands in that column."""
    known = {"output": "o", "first": first, "activation": activation}
    return Head(Layout("classification", "", classes, Preprocessing(8, 8), known))


def trials() -> Iterator[Trial]:
    """Every activation, for few and for many classes, and ties."""
    for activation in ACTIVATIONS:
        for classes in SIZES:
            for floats in ("float32", "float16"):
                row = np.random.default_rng(classes).normal(0, 3, (1, classes)).astype(floats)
                task = TopClasses(head_of(classes, activation), row, classes)
                yield Trial("top_classes", f"{classes} classes, {activation}, {floats}", task.check)
    ties = TopClasses(head_of(600, "softmax"), np.full((1, 600), -7, np.float32), 600)
    yield Trial("top_classes", "all equal", ties.check)
    some = Thresholds(classes=frozenset({3, 70, 99, 5000}))
    row = np.random.default_rng(2).normal(0, 3, (1, 100)).astype(np.float32)
    yield Trial("top_classes", "some classes", TopClasses(head_of(100, "softmax"), row, 100, some).check)
