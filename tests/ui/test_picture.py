from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.buffers import FrameBuffers
from core.overlay import Overlay, overlay
from core.palette import colour
from core.types import ClassMap, Result
from output.annotate import draw
from ui.picture import fitted, render

SIDE = st.integers(1, 8192)


@given(SIDE, SIDE, SIDE, SIDE)
def test_a_picture_fits_and_touches_two_edges(width: int, height: int, across: int, down: int) -> None:
    w, h = fitted(width, height, (across, down))
    assert 1 <= w <= across
    assert 1 <= h <= down
    assert w == across or h == down


@pytest.mark.parametrize("area", [(640, 360), (32, 100), (7, 5), (1, 1)])
def test_the_image_has_the_frames_colours_at_the_areas_size(
    make_result: Callable[..., Result], area: tuple[int, int]
) -> None:
    result = make_result()
    result.frame.bgr()[:] = (10, 120, 250)
    picture = render(result, area, FrameBuffers())
    size = picture.image.width(), picture.image.height()
    assert size == fitted(64, 36, area)
    corner = picture.image.pixelColor(size[0] - 1, size[1] - 1)
    assert (corner.red(), corner.green(), corner.blue()) == (250, 120, 10)


def test_the_image_copies_nothing(make_result: Callable[..., Result]) -> None:
    picture = render(make_result(), (64, 36), FrameBuffers())
    picture.pixels[3, 5] = (1, 2, 3, 255)
    assert picture.image.pixelColor(5, 3).getRgb()[:3] == (3, 2, 1)


def test_a_class_map_tints_all_but_the_background(make_result: Callable[..., Result]) -> None:
    classes = np.zeros((36, 64), np.uint8)
    classes[:, 32:] = 1
    result = replace(make_result(ClassMap(classes)), labels=("background", "car"))
    image = render(result, (128, 72), FrameBuffers()).image
    red, green, blue = image.pixelColor(100, 30).getRgb()[:3]
    assert image.pixelColor(10, 30).getRgb()[:3] == (120, 120, 120)
    assert [red > 120, green > 120, blue > 120] == [part > 120 for part in colour(1)]
    assert (result.frame.bgr() == 120).all(), "the frame itself stays as it was"


def test_a_class_map_looks_as_in_files(make_result: Callable[..., Result]) -> None:
    classes = np.random.default_rng(0).integers(0, 3, (36, 64), np.uint8).repeat(4, 0)[:36]
    result = make_result(ClassMap(classes))
    recorded = result.frame.bgr().copy()
    draw(recorded, Overlay(tint=overlay(result.prediction, result.labels).tint))
    np.testing.assert_array_equal(render(result, (64, 36), FrameBuffers()).pixels[..., :3], recorded)
