"""Classes of a frame's pixels, against interpolation pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from core.types import NO_CLASS
from detector.letterbox import Transform, geometry
from detector.preprocessing import Fit, Preprocessing
from detector.segments import Canvas, Segments

STRETCHED = geometry(50, 30, Preprocessing(32, 32, Fit.STRETCH))


def _random(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=shape).astype(np.float32)


def _at(plane: np.ndarray, x: float, y: float) -> float:
    """Between the four places around it; x and y count from the outer corner of the first place."""
    height, width = plane.shape
    x, y = min(max(x - 0.5, 0), width - 1), min(max(y - 0.5, 0), height - 1)
    left, top = math.floor(x), math.floor(y)
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    above = plane[top, left] + (x - left) * (plane[top, right] - plane[top, left])
    below = plane[bottom, left] + (x - left) * (plane[bottom, right] - plane[bottom, left])
    return float(above + (y - top) * (below - above))


def _slowly(scores: np.ndarray, transform: Transform, x: int, y: int) -> list[float]:
    """The scores of a pixel."""
    t, s = transform.target, transform.source
    height, width = scores.shape[1:]
    window = scores[:, : round(t.height * height / transform.input_height)]
    u = (x + 0.5 - s.x) * transform.scale_x * width / transform.input_width
    v = (y + 0.5 - s.y) * transform.scale_y * height / transform.input_height
    return [_at(plane, u, v) for plane in window]


@pytest.mark.parametrize("size", [(32, 32), (8, 8), (4, 16), (64, 48)])
def test_scores_are_interpolated_before_the_best_is_taken(size: tuple[int, int]) -> None:
    scores = _random(5, *size)
    found = Segments([scores], None).in_frame(STRETCHED).class_id
    assert found.shape == (30, 50)
    for y in range(30):
        for x in range(50):
            pixel = _slowly(scores, STRETCHED, x, y)
            first, second = sorted(pixel, reverse=True)[:2]
            assert found[y, x] == pixel.index(first) or first - second < 1e-5


def test_only_what_is_in_a_letterbox_counts() -> None:
    """The bar below the picture has the highest scores and shows nowhere."""
    transform = geometry(64, 32, Preprocessing(32, 32, Fit.LETTERBOX_TOP_LEFT))
    scores = np.zeros((3, 16, 16), np.float32)
    scores[1, :8], scores[2, 8:] = 1, 100
    assert (Segments([scores], None).in_frame(transform).class_id == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_channels_last_and_half_precision(dtype: type) -> None:
    scores = _random(6, 8, 8).astype(dtype)
    last = np.ascontiguousarray(np.moveaxis(scores, 0, -1))
    expected = Segments([scores.astype(np.float32)], None).in_frame(STRETCHED).class_id
    found = Segments([np.moveaxis(last, -1, 0)], None).in_frame(STRETCHED).class_id
    np.testing.assert_array_equal(found, expected)


def test_the_lower_class_on_ties() -> None:
    scores = np.ones((4, 8, 8), np.float32)
    scores[0] = 0
    assert (Segments([scores], None).in_frame(STRETCHED).class_id == 1).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_chosen_classes_are_not_mixed(dtype: type) -> None:
    chosen = np.random.default_rng(1).choice([0, 7, 200], (8, 8)).astype(dtype)
    found = Segments([chosen], None).in_frame(geometry(32, 16, Preprocessing(8, 8, Fit.STRETCH))).class_id
    np.testing.assert_array_equal(found, chosen.astype(np.uint8).repeat(2, axis=0).repeat(4, axis=1))


def _maps() -> Sequence[np.ndarray]:
    """Two, whose second classes overlap."""
    area, lanes = np.zeros((2, 2, 32, 32), np.float32)
    area[1, :10], lanes[1, 5:20] = 1, 1
    return area, lanes


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (None, [1, 2, 2, 0]),
        (frozenset({0, 1}), [1, 1, 0, 0]),
        (frozenset({2, 900}), [NO_CLASS, 2, 2, NO_CLASS]),
        (frozenset(), [NO_CLASS] * 4),
    ],
)
def test_maps_are_laid_over_each_other(kept: frozenset[int] | None, expected: list[int]) -> None:
    """In the first alone, in both, in the second alone, in none."""
    transform = geometry(32, 32, Preprocessing(32, 32, Fit.STRETCH))
    found = Segments(_maps(), kept).in_frame(transform).class_id
    assert [found[y, 3] for y in (0, 7, 15, 25)] == expected


def test_a_map_stays_as_it_is_when_others_follow() -> None:
    canvas, other = Canvas(), geometry(20, 40, Preprocessing(32, 32, Fit.STRETCH))
    first = Segments([_random(5, 8, 8)], None, canvas).in_frame(STRETCHED).class_id
    before = first.copy()
    for transform in (STRETCHED, other, STRETCHED):
        Segments([-_random(5, 8, 8)], None, canvas).in_frame(transform)
    np.testing.assert_array_equal(first, before)
    again = Segments([_random(5, 8, 8)], None, canvas).in_frame(STRETCHED).class_id
    np.testing.assert_array_equal(again, first)


def test_classes_that_are_not_kept_are_no_class() -> None:
    scores = _random(5, 8, 8)
    everything = Segments([scores], None).in_frame(STRETCHED).class_id
    found = Segments([scores], frozenset({1, 3, -1, 999})).in_frame(STRETCHED).class_id
    np.testing.assert_array_equal(found, np.where(np.isin(everything, (1, 3)), everything, NO_CLASS))
