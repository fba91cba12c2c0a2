from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.overlay import Box, Style, areas, class_name, overlay, place_labels
from core.palette import colour
from core.types import NO_CLASS, Classification, ClassMap, Detections

LABELS = ("background", "person", "car")


def detections(*rows: tuple[list[float], float, int]) -> Detections:
    boxes, confidence, class_id = zip(*rows, strict=True)
    return Detections(np.array(boxes, np.float32), np.array(confidence, np.float32), np.array(class_id, np.int32))


def test_boxes_keep_their_pixels_and_the_surest_is_drawn_last() -> None:
    found = detections(([1.5, 2, 30, 40], 0.874, 2), ([5, 6, 7, 8], 0.5, 1))
    below, above = overlay(found, LABELS).boxes
    assert above.xyxy == (1.5, 2, 30, 40)
    assert (above.label, above.colour) == ("car 0.87", colour(2))
    assert (below.label, below.colour) == ("person 0.50", colour(1))


def test_nothing_found_is_nothing_drawn() -> None:
    empty = overlay(Detections.none(), LABELS)
    assert (empty.boxes, empty.rows, empty.tint) == ((), (), None)


def test_a_class_without_a_name_shows_its_number() -> None:
    assert overlay(detections(([0, 0, 1, 1], 0.5, 7)), LABELS).boxes[0].label == "class 7 0.50"
    assert class_name(LABELS, -1) == "class -1"


def test_a_classification_becomes_its_top_five_lines() -> None:
    found = Classification(np.arange(7, dtype=np.int32), np.linspace(0.9, 0.3, 7, dtype=np.float32))
    rows = overlay(found, LABELS).rows
    assert [(row.name, row.value) for row in rows] == [
        ("background", "0.90"), ("person", "0.80"), ("car", "0.70"), ("class 3", "0.60"), ("class 4", "0.50"),
    ]  # fmt: skip


def test_a_class_map_is_tinted_and_its_legend_tells_areas_without_the_background() -> None:
    class_id = np.zeros((10, 10), np.uint8)
    class_id[:2] = 1
    class_id[5:] = 2
    drawn = overlay(ClassMap(class_id), LABELS)
    assert [(row.name, row.value, row.colour) for row in drawn.rows] == [
        ("car", "50.0 %", colour(2)),
        ("person", "20.0 %", colour(1)),
    ]
    assert drawn.tint is not None
    assert drawn.tint.class_id is class_id
    assert tuple(drawn.tint.colours[2]) == colour(2)


@pytest.mark.parametrize(("first", "drawn"), [("background", False), ("Background", False), ("road", True)])
def test_class_0_is_clear_only_where_it_is_a_background(first: str, drawn: bool) -> None:
    seen = overlay(ClassMap(np.zeros((2, 2), np.uint8)), (first, "car"))
    assert seen.tint is not None
    assert bool(seen.tint.shown[0]) is drawn
    assert seen.tint.shown[1:NO_CLASS].all()
    assert [row.name for row in seen.rows] == [first] * drawn


def test_pixels_of_no_class_are_clear_and_cover_nothing() -> None:
    found = ClassMap(np.array([[NO_CLASS, NO_CLASS, 1, 0]], np.uint8))
    seen = overlay(found, ("road", "car"))
    assert seen.tint is not None
    assert not seen.tint.shown[NO_CLASS]
    assert [row.name for row in seen.rows] == ["road", "car"]
    assert areas(found) == {0: 25.0, 1: 25.0}


def test_areas_are_percent_and_complete() -> None:
    found = ClassMap(np.array([[0, 0, 0], [9, 9, 200]], np.uint8))
    assert areas(found) == {0: 50.0, 9: pytest.approx(100 / 3), 200: pytest.approx(100 / 6)}
    assert list(areas(found)) == [0, 9, 200]


def test_a_legend_keeps_to_the_largest_areas() -> None:
    class_id = np.repeat(np.arange(20, dtype=np.uint8), np.arange(1, 21)).reshape(1, -1)
    names = [row.name for row in overlay(ClassMap(class_id), [str(i) for i in range(20)]).rows]
    assert names == ["19", "18", "17", "16", "15", "14", "13", "12"]


def test_sizes_grow_with_the_picture_and_stay_readable() -> None:
    small, hd, uhd = (Style.for_height(height) for height in (1, 720, 2160))
    assert small.line >= 2
    assert small.text >= 11
    assert (hd.line, hd.text) == (3, 18)
    assert (uhd.line, uhd.text) == (3 * hd.line, 3 * hd.text)


def box(left: float, top: float, right: float, bottom: float) -> Box:
    return Box((left, top, right, bottom), (0, 0, 0), "car 0.50")


def test_a_label_stands_upon_its_box_where_there_is_room() -> None:
    assert place_labels([box(100, 200, 300, 400)], [(80, 20)], (1280, 720)) == [(100, 180)]


def test_a_label_goes_into_a_box_at_the_upper_edge() -> None:
    assert place_labels([box(100, 5, 300, 400)], [(80, 20)], (1280, 720)) == [(100, 5)]


def test_labels_of_boxes_in_one_place_do_not_cover_each_other() -> None:
    same = [box(100, 200, 300, 400)] * 4
    assert place_labels(same, [(80, 20)] * 4, (1280, 720)) == [(100, 180), (100, 400), (100, 200), (100, 180)]


def test_labels_side_by_side_both_stay_upon_their_boxes() -> None:
    beside = [box(100, 200, 180, 400), box(180, 200, 300, 400)]
    assert place_labels(beside, [(80, 20)] * 2, (1280, 720)) == [(100, 180), (180, 180)]


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), max_size=5), st.floats(1, 500), st.floats(1, 100))
def test_a_label_never_leaves_the_picture(
    boxes: list[tuple[float, float, float, float]], width: float, height: float
) -> None:
    for x, y in place_labels([box(*xyxy) for xyxy in boxes], [(width, height)] * len(boxes), (640.0, 360.0)):
        assert 0 <= x <= 640 - width
        assert 0 <= y <= 360 - height
