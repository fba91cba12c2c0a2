from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from core.types import SourceInfo
from ui.seek_bar import SETTLE_MS, SeekBar, clock_words

S = 1_000_000_000
RECORDING = SourceInfo("clip.mp4", "file", 640, 360, 25.0, "h264", live=False, seekable=True, duration_ns=20 * S)
CAMERA = replace(RECORDING, uri="0", live=True, seekable=False, duration_ns=None)


@pytest.fixture
def bar(qtbot: QtBot) -> SeekBar:
    bar = SeekBar()
    qtbot.addWidget(bar)
    bar.follow_source(RECORDING)
    return bar


def test_following_never_seeks(bar: SeekBar, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(bar.sought, wait=200):
        bar.follow_position(19 * S)
        bar.follow_source(replace(RECORDING, duration_ns=2 * S))
    assert bar.slider.value() == bar.slider.maximum() == 2000


def test_a_position_told_before_its_duration_is_shown_with_it(bar: SeekBar) -> None:
    bar.follow_source(None)
    bar.follow_position(5 * S)
    bar.follow_source(RECORDING)
    assert bar.slider.value() == 5000


def test_dragging_seeks_to_where_the_handle_came(bar: SeekBar, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bar.sought) as sought:
        for ms in range(1000, 15001, 1000):
            bar.slider.setValue(ms)
    assert sought.args == [15 * S]


def test_the_handle_does_not_jump_back_to_pictures_from_before(bar: SeekBar, qtbot: QtBot) -> None:
    bar.follow_position(1 * S)
    with qtbot.waitSignal(bar.sought):
        bar.slider.setValue(15_000)
    bar.follow_position(1 * S)
    assert bar.slider.value() == 15_000
    bar.follow_position(15 * S + 40_000_000)
    qtbot.waitUntil(lambda: bar.slider.value() == 15_040, timeout=5 * SETTLE_MS)


def test_a_held_frame_is_sought_again_to_the_nanosecond(bar: SeekBar, qtbot: QtBot) -> None:
    bar.follow_position(1_234_567_891)
    with qtbot.waitSignal(bar.sought) as sought:
        bar.seek_again()
    assert sought.args == [1_234_567_891]


def test_a_duration_beyond_32_bits_of_nanoseconds_is_no_trouble(bar: SeekBar, qtbot: QtBot) -> None:
    bar.follow_source(replace(RECORDING, duration_ns=3 * 3600 * S))
    with qtbot.waitSignal(bar.sought) as sought:
        bar.slider.setValue(2 * 3600 * 1000)
    assert sought.args == [7200 * S]


def test_a_camera_has_no_position(bar: SeekBar, qtbot: QtBot) -> None:
    bar.follow_position(5 * S)
    bar.follow_source(CAMERA)
    assert not bar.slider.isEnabled()
    assert (bar.slider.value(), bar.clock.text()) == (0, "live")
    with qtbot.assertNotEmitted(bar.sought, wait=200):
        bar.seek_again()


@pytest.mark.parametrize(
    ("position_ns", "duration_ns", "words"),
    [
        (0, None, "0:00.0"),
        (3_249_000_000, 72 * S, "0:03.2 / 1:12.0"),
        (3661 * S, 7200 * S, "1:01:01.0 / 2:00:00.0"),
        (59_999_999_999, 60 * S, "0:59.9 / 1:00.0"),
    ],
)
def test_clock(position_ns: int, duration_ns: int | None, words: str) -> None:
    assert clock_words(position_ns, duration_ns) == words
