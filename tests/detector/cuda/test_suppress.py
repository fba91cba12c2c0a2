"""The kernel that sorts and suppresses against `nms.suppress` and `Transform.to_frame`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.testing as npt
import pytest
from cuda_on_cpu.compiled import address, compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from core.types import F32, I32, Thresholds
from detector.cuda import found
from detector.letterbox import Transform, geometry
from detector.nms import MOST_CANDIDATES, suppress
from detector.preprocessing import Fit, Preprocessing

TRANSFORM = geometry(1279, 717, Preprocessing(640, 480, Fit.LETTERBOX_CENTRE))
USUAL = Thresholds(iou=0.5)
CAP = MOST_CANDIDATES
THREADS = 1024


@dataclass(frozen=True, eq=False)
class Table:
    """Boxes [R, 4], and the candidates among their rows and classes, in order of their indices."""

    boxes: F32
    classes: int
    index: I32
    score: F32

    @property
    def xyxy(self) -> F32:
        return self.boxes[self.index // self.classes]

    @property
    def class_id(self) -> I32:
        return (self.index % self.classes).astype(np.int32)


class Kernel:
    """What the kernel leaves for a table; the keys lie in any order."""

    def __init__(self, table: Table, thresholds: Thresholds, needs_nms: bool, seed: int = 0) -> None:
        keys = table.score.view(np.uint32).astype(np.uint64) << np.uint64(32)
        keys |= np.uint64(0xFFFFFFFF) - table.index.astype(np.uint64)
        self.keys = np.random.default_rng(seed).permutation(keys)
        self.boxes = np.ascontiguousarray(table.boxes)
        self.candidates = found.candidates_record(
            address(self.keys), address(self.boxes), len(table.boxes), table.classes
        )
        self.candidates["count"] = len(keys)
        self.candidates["flags"] = found.NAN_MET
        self.found = np.zeros(1, found.FOUND)
        self.found.view(np.uint8)[:] = 0xCD
        self._run(thresholds, table.classes, needs_nms)

    def _run(self, thresholds: Thresholds, classes: int, needs_nms: bool) -> None:
        wanted, placement = found.settings_record(thresholds, classes), found.placement_record(TRANSFORM)
        compiled("suppress").launch(
            "suppress",
            (1,),
            (THREADS,),
            (*map(address, (wanted, self.candidates, placement)), np.int32(needs_nms), address(self.found)),
        )


def check(table: Table, thresholds: Thresholds = USUAL, needs_nms: bool = True, seed: int = 0) -> Kernel:
    """The kernel finds what NumPy does, and has emptied the list."""
    kernel = Kernel(table, thresholds, needs_nms, seed)
    kept = _kept(table, thresholds, needs_nms)
    record, answer = kernel.found[0], found.detections(kernel.found)
    npt.assert_array_equal(answer.confidence, table.score[kept])
    npt.assert_array_equal(answer.class_id, table.class_id[kept])
    npt.assert_array_equal(answer.xyxy, TRANSFORM.to_frame(table.xyxy[kept]))
    assert (record["candidates"], record["flags"]) == (len(table.index), found.NAN_MET)
    assert record["highest_class"] == np.max(table.class_id, initial=0)
    assert (record["rows"][len(kept) :].view(np.uint32) == 0xCDCDCDCD).all()
    assert (kernel.candidates["count"], kernel.candidates["flags"]) == (0, 0)
    return kernel


def _kept(table: Table, thresholds: Thresholds, needs_nms: bool) -> np.ndarray:
    most = thresholds.max_detections
    if not needs_nms:
        return np.argsort(-table.score, kind="stable")[:most]
    group = np.zeros_like(table.class_id) if thresholds.class_agnostic else table.class_id
    return suppress(table.xyxy, table.score, group, thresholds.iou, most)


def random_table(count: int, classes: int = 3, seed: int = 0, levels: int = 1 << 20) -> Table:
    """Boxes on whole pixels, and scores on so many levels, so that equal overlaps and equal scores occur."""
    random = np.random.default_rng(seed)
    rows = -(-count // classes) + count // 2 + 1
    corner = random.integers(-20, 600, (rows, 2))
    boxes = np.hstack((corner, corner + random.integers(0, 90, (rows, 2)))).astype(np.float32)
    index = np.sort(random.choice(rows * classes, count, replace=False)).astype(np.int32)
    return Table(boxes, classes, index, (random.integers(0, levels, count) / levels).astype(np.float32))


def table_of(boxes: list[tuple[float, ...]], score: list[float]) -> Table:
    """One class, a candidate for each box."""
    values = np.array(boxes, np.float32).reshape(-1, 4)
    return Table(values, 1, np.arange(len(values), dtype=np.int32), np.array(score, np.float32))


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 128, 300, 1023, 1024, 1025])
def test_so_many_candidates(count: int) -> None:
    check(random_table(count))


@pytest.mark.parametrize("count", [CAP - 1, CAP, CAP + 1, 8400])
def test_about_as_many_as_are_looked_at(count: int) -> None:
    kernel = check(random_table(count, classes=80), replace(USUAL, max_detections=100))
    assert found.overlooked(kernel.found) == max(0, count - CAP)
