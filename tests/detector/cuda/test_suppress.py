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
from detector.letterbox import geometry
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


@pytest.mark.parametrize("lowest", [0.1, 0.9])
def test_the_last_before_the_cap_is_looked_at_and_the_next_is_not(lowest: float) -> None:
    boxes = [(0.0, 0.0, 9.0, 9.0)] * (CAP - 1) + [(20.0, 20.0, 29.0, 29.0), (40.0, 40.0, 49.0, 49.0)]
    score = np.linspace(0.9, lowest, CAP + 1, dtype=np.float32).tolist()
    kernel = check(table_of(boxes, score))
    assert (kernel.found["count"], found.overlooked(kernel.found)) == (2, 1)
    assert found.overlooked(check(table_of(boxes[1:], score[1:])).found) == 0


def test_the_highest_class_of_those_that_are_not_looked_at() -> None:
    boxes = np.zeros((CAP + 1, 4), np.float32)
    index = 3 * np.arange(CAP + 1, dtype=np.int32)
    index[-1] += 2
    check(Table(boxes, 3, index, np.linspace(0.9, 0.1, CAP + 1, dtype=np.float32)), replace(USUAL, max_detections=9))


def test_very_many_candidates() -> None:
    check(random_table(200_000, classes=80), replace(USUAL, max_detections=100))


@pytest.mark.parametrize("levels", [1, 2, 5])
@pytest.mark.parametrize("count", [300, CAP + 1, 9000])
def test_equal_scores_are_taken_by_index(count: int, levels: int) -> None:
    """More than the cap of them are equal."""
    check(random_table(count, classes=7, levels=levels), replace(USUAL, max_detections=50))


def test_the_order_of_the_keys_does_not_matter() -> None:
    table = random_table(6000, levels=3)
    answers = {check(table, replace(USUAL, max_detections=60), seed=seed).found.tobytes() for seed in range(3)}
    assert len(answers) == 1


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 200),
    st.integers(1, 4),
    st.floats(0, 1, width=32),
    st.sampled_from([1, 5, 64, 300]),
    st.booleans(),
)
@settings(deadline=None, max_examples=20)
def test_random_tables(seed: int, count: int, classes: int, iou: float, most: int, agnostic: bool) -> None:
    thresholds = Thresholds(iou=iou, max_detections=most, class_agnostic=agnostic)
    check(random_table(count, classes, seed, levels=12), thresholds)


@pytest.mark.parametrize("most", [1, 64, 65, 1000])
@pytest.mark.parametrize("needs_nms", [True, False])
def test_so_many_detections(most: int, needs_nms: bool) -> None:
    """More than a thousand would stay."""
    corner = np.stack(np.meshgrid(np.arange(40), np.arange(40)), axis=2).reshape(-1, 2) * 10
    boxes = np.hstack((corner, corner + 9)).astype(np.float32)
    score = np.random.default_rng(0).random(len(boxes), np.float32)
    table = Table(boxes, 1, np.arange(len(boxes), dtype=np.int32), score)
    assert check(table, replace(USUAL, max_detections=most), needs_nms).found["count"] == most


@pytest.mark.parametrize("count", [0, 1, 300, 5000])
def test_without_suppression(count: int) -> None:
    check(random_table(count, classes=80, levels=50), needs_nms=False)


@pytest.mark.parametrize("agnostic", [False, True])
def test_classes_suppress_each_other_where_asked(agnostic: bool) -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9]], np.float32)
    table = Table(boxes, 2, np.array([0, 3], np.int32), np.array([0.5, 0.9], np.float32))
    assert check(table, replace(USUAL, class_agnostic=agnostic)).found["count"] == (1 if agnostic else 2)


@pytest.mark.parametrize("iou", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    "box",
    [(3, 3, 3, 3), (3, 3, 3, 9), (9, 9, 3, 3), (-1e30, -1e30, 1e30, 1e30), (-3e38, 0, 3e38, 1), (0, 0, 1e-30, 1e-30)],
    ids=["point", "line", "inside out", "union overflows", "width overflows", "area underflows"],
)
def test_odd_boxes(box: tuple[float, ...], iou: float) -> None:
    usual = (0.0, 0.0, 10.0, 10.0)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        check(table_of([box, usual, box, usual] * 20, [0.9, 0.8, 0.7, 0.6] * 20), replace(USUAL, iou=iou))


def test_an_overlap_of_exactly_the_threshold_stays() -> None:
    table = table_of([(0, 0, 2, 1), (1, 0, 2, 1)], [0.9, 0.8])
    assert check(table, replace(USUAL, iou=0.5)).found["count"] == 2
    assert check(table, replace(USUAL, iou=0.49)).found["count"] == 1


def test_one_suppressed_suppresses_nothing() -> None:
    """A chain whose every second box stays, across several chunks."""
    chain = [(float(3 * i), 0.0, float(3 * i + 10), 10.0) for i in range(200)]
    score = np.linspace(0.9, 0.1, 200, dtype=np.float32).tolist()
    assert check(table_of(chain, score)).found["count"] == 100


@pytest.mark.parametrize("nonsense", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_left_out(nonsense: float) -> None:
    table = table_of([(0, 0, 9, nonsense), (0, 0, 9, 9), (20, 20, 29, 29)], [0.9, 0.8, np.inf])
    assert check(table).found["count"] == 1
