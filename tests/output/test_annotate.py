from __future__ import annotations

import numpy as np
import pytest
from results import CLASSIFICATION, PREDICTIONS, a_frame, a_result, class_map, picture

from core.overlay import Box, Overlay
from core.palette import colour
from core.types import Detections
from output.annotate import annotate, draw

GREY = (100, 100, 100)


def drawn_on(width: int, height: int, *boxes: Box) -> np.ndarray:
    seen = picture(width, height, GREY)
    draw(seen, Overlay(boxes=boxes))
    return seen


def test_the_frame_itself_is_left_alone() -> None:
    frame = a_frame(bgr=picture(320, 240))
    annotated = annotate(a_result(frame))
    assert (frame.bgr() == picture(320, 240)).all()
    assert (annotated != frame.bgr()).any()


def test_lines_lie_on_the_box_in_its_colour_and_leave_its_inside_free() -> None:
    shown = drawn_on(320, 240, Box((40, 60, 280, 200), (10, 200, 30), "car 0.50"))
    for x, y in ((40, 130), (280, 130), (160, 200)):
        assert shown[y, x].tolist() == [30, 200, 10]
    assert (shown[65:195, 45:275] == 100).all()


def test_lines_have_a_dark_rim_that_keeps_them_visible_on_their_own_colour() -> None:
    shown = drawn_on(320, 240, Box((40, 60, 280, 200), GREY, "car 0.50"))
    assert shown[130, 37:44].min() < 50


def test_the_label_is_a_chip_upon_the_box() -> None:
    shown = drawn_on(320, 240, Box((40, 60, 280, 200), (10, 200, 30), "car 0.50"))
    assert shown[57, 42].tolist() == [30, 200, 10]
    assert (shown[:40] == 100).all()


@pytest.mark.parametrize(
    "xyxy",
    [(-50, -50, 1000, 1000), (1e9, 1e9, 2e9, 2e9), (-1e9, -1e9, 1e9, 1e9), (30, 20, 10, 5), (5, 5, 5, 5)],
    ids=["around", "far away", "huge", "inside out", "empty"],
)
def test_boxes_beyond_the_picture_do_no_harm(xyxy: tuple[float, float, float, float]) -> None:
    assert drawn_on(64, 48, Box(xyxy, (10, 200, 30), "car 0.50")).shape == (48, 64, 3)


def test_a_class_map_is_blended_and_its_background_stays_clear() -> None:
    shown = annotate(a_result(a_frame(bgr=picture(320, 240, GREY)), class_map(320, 240)))
    blended = 0.55 * 100 + 0.45 * np.array(colour(2)[::-1])
    assert np.abs(shown[200:, 200:] - blended).max() <= 1
    assert (shown[100:115, 200:] == 100).all()


def test_the_panel_darkens_its_ground_and_stands_in_the_corner() -> None:
    shown = annotate(a_result(a_frame(bgr=picture(640, 480, GREY)), CLASSIFICATION))
    changed = np.argwhere((shown != 100).any(axis=2))
    assert 0 < changed.min() <= 10
    assert (changed.max(axis=0) < (120, 200)).all()
    assert shown[7, 7].max() < 50
    assert shown.max() == 255


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4097, 3), (3, 4097), (17, 9)])
@pytest.mark.parametrize("kind", PREDICTIONS)
def test_pictures_of_any_size_can_be_drawn_on(width: int, height: int, kind: str) -> None:
    prediction = class_map(width, height) if kind == "class map" else PREDICTIONS[kind]
    assert annotate(a_result(a_frame(bgr=picture(width, height)), prediction)).shape == (height, width, 3)


def test_nothing_found_leaves_the_picture_as_it_is() -> None:
    assert (annotate(a_result(prediction=Detections.none())) == picture()).all()
