"""Greedy suppression against the plainest possible version, and its rules on ties and nonsense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector import nms
from detector.nms import suppress

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


def _random(seed: int, count: int, classes: int) -> tuple[F32, F32, I32]:
    """Boxes on whole pixels and few score levels, so that equal scores and equal overlaps occur."""
    random = np.random.default_rng(seed)
    corner = random.integers(0, 30, (count, 2))
    xyxy = np.hstack((corner, corner + random.integers(0, 20, (count, 2)))).astype(np.float32)
    confidence = (random.integers(0, 12, count) / 12).astype(np.float32)
    return xyxy, confidence, random.integers(0, classes, count).astype(np.int32)


def _iou_exceeds(a: F32, b: F32, iou: float) -> bool:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, np.float32(0)) * max(height, np.float32(0))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return bool(shared > np.float32(iou) * union)


def _plainly(xyxy: F32, confidence: F32, group: I32, iou: float, most: int) -> list[int]:
    kept: list[int] = []
    for i in sorted(range(len(xyxy)), key=lambda i: (-confidence[i], i)):
        if len(kept) < most and not any(group[i] == group[k] and _iou_exceeds(xyxy[k], xyxy[i], iou) for k in kept):
            kept.append(i)
    return kept


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 60),
    st.integers(1, 4),
    st.floats(0, 1),
    st.sampled_from([0, 1, 5, 300]),
    st.sampled_from([1, 3, 16, 128]),
)
def test_equals_the_plain_version(seed: int, count: int, classes: int, iou: float, most: int, block: int) -> None:
    boxes = _random(seed, count, classes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nms, "BLOCK", block)
        assert suppress(*boxes, iou, most).tolist() == _plainly(*boxes, iou, most)


def test_one_group_for_all_suppresses_across_classes() -> None:
    xyxy = np.array([[0, 0, 10, 10], [0, 0, 10, 9]], np.float32)
    confidence = np.array([0.5, 0.9], np.float32)
    assert suppress(xyxy, confidence, np.array([0, 1], np.int32), 0.5, 9).tolist() == [1, 0]
    assert suppress(xyxy, confidence, np.zeros(2, np.int32), 0.5, 9).tolist() == [1]


def test_equal_scores_keep_the_lower_index() -> None:
    xyxy = np.array([[0, 0, 10, 10]] * 3, np.float32)
    assert suppress(xyxy, np.full(3, 0.5, np.float32), np.zeros(3, np.int32), 0.5, 9).tolist() == [0]


def test_an_overlap_of_exactly_the_threshold_stays() -> None:
    xyxy = np.array([[0, 0, 2, 1], [1, 0, 2, 1]], np.float32)
    assert suppress(xyxy, np.array([0.9, 0.8], np.float32), np.zeros(2, np.int32), 0.5, 9).tolist() == [0, 1]
    assert suppress(xyxy, np.array([0.9, 0.8], np.float32), np.zeros(2, np.int32), 0.49, 9).tolist() == [0]


@pytest.mark.parametrize("nonsense", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_left_out(nonsense: float) -> None:
    xyxy = np.array([[0, 0, 9, nonsense], [0, 0, 9, 9], [20, 20, 29, 29]], np.float32)
    confidence = np.array([0.9, 0.8, nonsense], np.float32)
    assert suppress(xyxy, confidence, np.zeros(3, np.int32), 0.5, 9).tolist() == [1]


def test_boxes_without_area_suppress_nothing() -> None:
    xyxy = np.zeros((2, 4), np.float32)
    assert len(suppress(xyxy, np.ones(2, np.float32), np.zeros(2, np.int32), 0.0, 9)) == 2


def test_only_the_best_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nms, "MOST_CANDIDATES", 2)
    xyxy = np.array([[0, 0, 1, 1], [5, 5, 6, 6], [9, 9, 10, 10]], np.float32)
    assert suppress(xyxy, np.array([0.1, 0.3, 0.2], np.float32), np.zeros(3, np.int32), 0.5, 9).tolist() == [1, 2]
    assert [nms.overlooked(candidates) for candidates in (0, 2, 3)] == [0, 0, 1]


def test_very_many_candidates() -> None:
    random = np.random.default_rng(0)
    corner = random.random((40_000, 2)) * 600
    xyxy = np.hstack((corner, corner + random.random((40_000, 2)) * 80)).astype(np.float32)
    confidence, group = random.random(40_000, np.float32), random.integers(0, 80, 40_000).astype(np.int32)
    kept = suppress(xyxy, confidence, group, 0.65, 300)
    assert len(kept) == 300
    assert kept[0] == confidence.argmax()
    assert (np.diff(confidence[kept]) <= 0).all()
