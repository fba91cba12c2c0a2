from __future__ import annotations

import math
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QAction, QApplication

from core.status import State, Status
from core.types import SourceInfo
from ui.transport import Transport, TransportActions

S = 1_000_000_000
RECORDING = SourceInfo("clip.mp4", "file", 640, 360, 25.0, "h264", live=False, seekable=True, duration_ns=20 * S)
CAMERA = replace(RECORDING, uri="0", live=True, seekable=False, duration_ns=None)


@pytest.fixture
def actions(qapp: QApplication) -> TransportActions:
    return TransportActions(*(QAction(words) for words in ("restart", "play", "step", "loop")))


@pytest.fixture
def transport(qtbot: QtBot, actions: TransportActions) -> Transport:
    transport = Transport(actions, 1.0)
    qtbot.addWidget(transport)
    return transport


def enabled(transport: Transport, actions: TransportActions, status: Status) -> dict[str, bool]:
    transport.follow(status)
    controls = {"play": actions.play, "step": actions.step, "restart": actions.restart, "loop": actions.loop}
    return {name: action.isEnabled() for name, action in controls.items()} | {
        "seek": transport.seek_bar.slider.isEnabled(),
        "speed": transport.speed.isEnabled(),
    }


def test_a_recording_has_every_control(transport: Transport, actions: TransportActions) -> None:
    assert all(enabled(transport, actions, Status(State.RUNNING, source=RECORDING)).values())


def test_a_camera_can_only_be_held(transport: Transport, actions: TransportActions) -> None:
    able = enabled(transport, actions, Status(State.RUNNING, source=CAMERA))
    assert [name for name, yes in able.items() if yes] == ["play"]
    assert transport.seek_bar.clock.text() == "live"


def test_at_the_end_there_is_no_further_frame(transport: Transport, actions: TransportActions) -> None:
    able = enabled(transport, actions, Status(State.ENDED, source=RECORDING))
    assert [name for name, yes in able.items() if not yes] == ["step"]


def test_nothing_can_be_done_before_there_is_a_source(transport: Transport, actions: TransportActions) -> None:
    assert not any(enabled(transport, actions, Status(State.STARTING)).values())


@pytest.mark.parametrize(
    ("speed", "words"), [(1.0, "1×"), (0.25, "0.25×"), (4.0, "4×"), (math.inf, "max"), (1.5, "1.5×")]
)
def test_the_speed_asked_for_is_shown(qtbot: QtBot, actions: TransportActions, speed: float, words: str) -> None:
    transport = Transport(actions, speed)
    qtbot.addWidget(transport)
    assert transport.speed.currentText() == words
