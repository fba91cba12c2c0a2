from __future__ import annotations

import pytest

from ui import display


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.usefixtures("qapp")
def test_a_display_that_answers_is_no_obstacle() -> None:
    assert display.obstacle() is None


@pytest.mark.usefixtures("bare")
def test_no_display() -> None:
    assert "there is no display" in str(display.obstacle())


def test_a_display_that_does_not_answer(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("DISPLAY", ":4242")
    assert display.obstacle() == "the display :4242 does not answer"


@pytest.mark.parametrize("name", ["WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_another_way_to_the_screen_is_left_to_qt(bare: pytest.MonkeyPatch, name: str) -> None:
    bare.setenv(name, "offscreen")
    assert display.obstacle() is None
