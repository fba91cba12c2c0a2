"""Where a frame's pixels lie in a network's map, against the letterbox's own geometry."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.types import NO_CLASS
from detector.letterbox import Transform, Window, geometry
from detector.preprocessing import Fit, Preprocessing
from detector.raster import Axis, Raster

SIDE = 32
FRAMES = st.integers(1, 70)
FITS = st.sampled_from(list(Fit))
MAPS = st.sampled_from([4, 8, 9, 16, 32, 48])


def _axes(transform: Transform, raster: Raster) -> list[tuple[Axis, tuple[int, int], tuple[int, int]]]:
    """Each with start and length of its window in the frame and in the input."""
    source, target = transform.source, transform.target
    return [
        (raster.columns, (source.x, source.width), (target.x, target.width)),
        (raster.rows, (source.y, source.height), (target.y, target.height)),
    ]


@given(FRAMES, FRAMES, FITS, MAPS)
def test_every_pixel_lies_within_one_of_its_place(width: int, height: int, fit: Fit, places: int) -> None:
    transform = geometry(width, height, Preprocessing(SIDE, SIDE, fit))
    for axis, (at, count), (start, length) in _axes(transform, Raster.of(transform, places, places)):
        assert (axis.at, axis.count) == (at, count)
        pixels = np.arange(count) + 0.5
        exact = (pixels * length / count + start) * places / SIDE
        drawn = axis.start + (pixels + axis.skipped) * axis.length / axis.drawn
        pixel = length / count * places / SIDE
        whole = start * places % SIDE == 0 == (start + length) * places % SIDE
        np.testing.assert_allclose(drawn, exact, rtol=1e-12, atol=0 if whole else 1.001 * pixel)


@given(FRAMES, FRAMES, FITS, MAPS)
def test_nothing_lies_outside(width: int, height: int, fit: Fit, places: int) -> None:
    raster = Raster.of(geometry(width, height, Preprocessing(SIDE, SIDE, fit)), places, places)
    for axis in (raster.rows, raster.columns):
        first, second, share = axis.neighbours()
        inside = range(axis.places.start, axis.places.stop)
        assert {*first.tolist(), *second.tolist(), *axis.nearest().tolist()} <= {*inside} <= {*range(places)}
        assert ((share >= 0) & (share < 1)).all()
        assert 0 <= axis.skipped <= axis.drawn - axis.count


@given(FRAMES, FRAMES, FITS, MAPS)
def test_neighbours_are_those_of_opencv(width: int, height: int, fit: Fit, places: int) -> None:
    raster = Raster.of(geometry(width, height, Preprocessing(SIDE, SIDE, fit)), places, places)
    plane = np.random.default_rng(width).normal(size=(places, places)).astype(np.float32)
    window = np.ascontiguousarray(plane[raster.rows.places, raster.columns.places])
    expected = cv2.resize(window, raster.drawn)[raster.rows.shown, raster.columns.shown]
    left, right, x = raster.columns.neighbours()
    above, below, y = raster.rows.neighbours()
    rows = plane[:, left] * (1 - x) + plane[:, right] * x
    np.testing.assert_allclose(rows[above] * (1 - y)[:, None] + rows[below] * y[:, None], expected, atol=2e-5)


def test_what_the_network_did_not_see_has_no_class() -> None:
    transform = Transform(10, 6, 4, 4, Window(3, 1, 4, 4), Window(0, 0, 4, 4))
    drawn = np.arange(16, dtype=np.uint8).reshape(4, 4)
    raster = Raster.of(transform, 4, 4)
    for frame in (raster.cut(drawn), raster.nearest(drawn)):
        assert frame.shape == (6, 10)
        np.testing.assert_array_equal(frame[1:5, 3:7], drawn)
        assert (np.delete(frame, range(3, 7), axis=1) == NO_CLASS).all()
        assert (frame[[0, 5]] == NO_CLASS).all()


@pytest.mark.parametrize("fit", [Fit.STRETCH, Fit.CROP_CENTRE])
def test_a_whole_map_is_not_cut(fit: Fit) -> None:
    raster = Raster.of(geometry(1280, 720, Preprocessing(64, 64, fit)), 8, 8)
    for axis in (raster.rows, raster.columns):
        assert (axis.start, axis.length, axis.skipped, axis.drawn) == (0, 8, 0, axis.count)
