"""The program as a child process."""

from __future__ import annotations

import shutil
import socket

import pytest

from bench.child import observe, virtual_display
from core.errors import JetsightError


def test_a_run_is_watched_and_ended() -> None:
    seen = observe(["--headless", "--source", "pattern:?width=64&height=48"], 0.2)
    assert 0 < seen.first_boxes_s < 30
    assert 20 < seen.rss_mb < 2000
    assert seen.figures["state"] == "interrupted"
    assert seen.figures["frames"] > 0


def test_a_run_that_ends_by_itself_has_figures() -> None:
    seen = observe(["--headless", "--source", "pattern:?width=64&height=48&frames=3"], 0.5)
    assert (seen.figures["state"], seen.figures["frames"]) == ("ended", 3)


def test_a_run_that_gives_nothing_says_why() -> None:
    with pytest.raises(JetsightError, match="nothing-here"):
        observe(["--headless", "--source", "nothing-here.mp4"], 0.2)


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is missing")
def test_a_virtual_display_answers_again_after_its_last_client_left() -> None:
    with virtual_display() as display:
        answers = [answer(display) for _ in range(50)]
    assert answers == [b"\x01"] * 50


def answer(display: str) -> bytes:
    """How an X server begins its answer to a client that greets and leaves: 1 is success."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(f"/tmp/.X11-unix/X{display[1:]}")
        client.sendall(b"l\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00")
        return client.recv(1)


def test_without_xvfb_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(JetsightError, match="apt install xvfb"), virtual_display():
        pass
