from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtGui import QColor, QImage
from qtpy.QtWidgets import QWidget

from core.buffers import FrameBuffers
from core.palette import colour
from core.types import Classification, Detections, Result
from ui.picture import render as make_picture
from ui.style import BACK
from ui.video_view import VideoView

MakeResult = Callable[..., Result]
Render = Callable[[QWidget], QImage]
GREY = (120, 120, 120)


def box(*xyxy: float) -> Detections:
    return Detections(np.array([xyxy], np.float32), np.array([0.9], np.float32), np.array([1], np.int32))


def rgb(image: QImage, x: int, y: int) -> tuple[int, ...]:
    return image.pixelColor(x, y).getRgb()[:3]


@pytest.fixture
def view(qtbot: QtBot) -> VideoView:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(640, 480)
    with qtbot.waitExposed(view):
        view.show()
    return view


def show(view: VideoView, result: Result) -> None:
    view.show_picture(make_picture(result, view.area(), FrameBuffers()))


def test_the_picture_lies_in_the_middle(view: VideoView, make_result: MakeResult, render: Render) -> None:
    show(view, make_result())
    image = render(view)
    assert rgb(image, 320, 240) == GREY
    assert rgb(image, 320, 61) == GREY
    assert rgb(image, 320, 58) == QColor(BACK).getRgb()[:3]


@pytest.mark.parametrize(("width", "height"), [(640, 360), (1024, 576), (1920, 1080)])
def test_boxes_lie_over_what_they_were_found_in(
    view: VideoView, make_result: MakeResult, render: Render, width: int, height: int
) -> None:
    view.resize(width, height)
    show(view, make_result(box(16, 18, 48, 30)))
    image = render(view)
    x, y = width * 16 // 64, height * 24 // 36
    assert colour(1) in {rgb(image, x + shift, y) for shift in (-1, 0, 1)}
    assert rgb(image, x - 20, y) == rgb(image, x + 20, y) == GREY


def test_a_label_stands_on_its_boxs_colour(view: VideoView, make_result: MakeResult, render: Render) -> None:
    view.resize(640, 360)
    show(view, make_result(box(16, 18, 48, 30)))
    image = render(view)
    ground = sum(rgb(image, x, y) == colour(1) for x in range(160, 200) for y in range(160, 178))
    assert 200 < ground < 40 * 18, "the ground, and letters on it"


def test_a_classification_is_a_panel(view: VideoView, make_result: MakeResult, render: Render) -> None:
    view.resize(640, 360)
    found = Classification(np.array([1, 0], np.int32), np.array([0.9, 0.1], np.float32))
    show(view, make_result(found))
    chips = [rgb(render(view), 14, y) for y in range(360)]
    assert chips.count(colour(1)) == chips.count(colour(0)) > 5
    assert chips.index(colour(1)) < chips.index(colour(0))


def test_each_result_counts_as_painted_once(view: VideoView, make_result: MakeResult, qtbot: QtBot) -> None:
    painted: list[None] = []
    view.painted.connect(lambda: painted.append(None))
    result = make_result()
    for picture in (result, result, make_result()):
        show(view, picture)
        view.repaint()
        view.repaint()
    assert len(painted) == 2


def test_a_picture_that_is_not_of_now_is_darker(view: VideoView, make_result: MakeResult, render: Render) -> None:
    show(view, make_result())
    view.set_veiled(True)
    assert max(rgb(render(view), 320, 240)) < 90
    view.set_veiled(False)
    assert rgb(render(view), 320, 240) == GREY


def test_without_a_picture_it_says_why(view: VideoView, render: Render) -> None:
    assert view.empty
    before = render(view)
    view.show_words("no picture", "there is no camera. Plug one in.")
    assert render(view) != before
    assert view.accessibleDescription() == "no picture. there is no camera. Plug one in."


def test_tells_its_size(view: VideoView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.resized) as told:
        view.resize(800, 450)
    assert told.args == [round(800 * view.devicePixelRatioF()), round(450 * view.devicePixelRatioF())]
