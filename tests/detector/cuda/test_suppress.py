"""The kernel that sorts and suppresses against `nms.suppress` and `Transform.to_frame`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cuda_on_cpu.launcher import OnHost
from hypothesis import given, settings
from hypothesis import strategies as st

from core.types import Thresholds
from detector.cuda import found
from detector.cuda.found import Record
from selftest.twins.suppression import CAP, USUAL, Suppression, Table, random_table, table_of


def check(table: Table, thresholds: Thresholds = USUAL, needs_nms: bool = True, seed: int = 0) -> Record:
    """What the kernel finds, which is what NumPy does."""
    return Suppression(table, thresholds, needs_nms, seed).check(OnHost())


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 128, 300, 1023, 1024, 1025])
def test_so_many_candidates(count: int) -> None:
    check(random_table(count))


@pytest.mark.parametrize("count", [CAP - 1, CAP, CAP + 1, 8400])
def test_about_as_many_as_are_looked_at(count: int) -> None:
    record = check(random_table(count, classes=80), replace(USUAL, max_detections=100))
    assert found.overlooked(record) == max(0, count - CAP)


@pytest.mark.parametrize("lowest", [0.1, 0.9])
def test_the_last_before_the_cap_is_looked_at_and_the_next_is_not(lowest: float) -> None:
    boxes = [(0.0, 0.0, 9.0, 9.0)] * (CAP - 1) + [(20.0, 20.0, 29.0, 29.0), (40.0, 40.0, 49.0, 49.0)]
    score = np.linspace(0.9, lowest, CAP + 1, dtype=np.float32).tolist()
    record = check(table_of(boxes, score))
    assert (record["count"], found.overlooked(record)) == (2, 1)
    assert found.overlooked(check(table_of(boxes[1:], score[1:]))) == 0


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
    answers = {check(table, replace(USUAL, max_detections=60), seed=seed).tobytes() for seed in range(3)}
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
    assert check(table, replace(USUAL, max_detections=most), needs_nms)["count"] == most


@pytest.mark.parametrize("count", [0, 1, 300, 5000])
def test_without_suppression(count: int) -> None:
    check(random_table(count, classes=80, levels=50), needs_nms=False)


@pytest.mark.parametrize("agnostic", [False, True])
def test_classes_suppress_each_other_where_asked(agnostic: bool) -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9]], np.float32)
    table = Table(boxes, 2, np.array([0, 3], np.int32), np.array([0.5, 0.9], np.float32))
    assert check(table, replace(USUAL, class_agnostic=agnostic))["count"] == (1 if agnostic else 2)


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
    assert check(table, replace(USUAL, iou=0.5))["count"] == 2
    assert check(table, replace(USUAL, iou=0.49))["count"] == 1


def test_one_suppressed_suppresses_nothing() -> None:
    """A chain whose every second box stays, across several chunks."""
    chain = [(float(3 * i), 0.0, float(3 * i + 10), 10.0) for i in range(200)]
    score = np.linspace(0.9, 0.1, 200, dtype=np.float32).tolist()
    assert check(table_of(chain, score))["count"] == 100


@pytest.mark.parametrize("nonsense", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_left_out(nonsense: float) -> None:
    table = table_of([(0, 0, 9, nonsense), (0, 0, 9, 9), (20, 20, 29, 29)], [0.9, 0.8, np.inf])
    assert check(table)["count"] == 1
