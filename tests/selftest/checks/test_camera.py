"""The first camera that is listed; the pattern stands in for one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capture.listing import Listed
from core.errors import SourceError, SourceLost
from selftest.check import Context, Skipped, Status
from selftest.checks import camera


def with_camera(context: Context, source: str, state: str = "free") -> Context:
    return replace(context, cameras=lambda: [Listed(source, "/dev/video0", "A camera", "uvcvideo", state)])


def test_frames_come(context: Context) -> None:
    outcome = camera.run(with_camera(context, "pattern:?width=64&height=48"))
    assert outcome.status is Status.OK
    assert (outcome.figures["width"], outcome.figures["height"]) == (64, 48)
    assert outcome.figures["fps"] > 0
    assert outcome.words.startswith("A camera: ")


def test_it_stops(context: Context) -> None:
    with pytest.raises(SourceLost, match="after 9 frames"):
        camera.run(with_camera(context, "pattern:?frames=9"))


def test_none_is_there(context: Context) -> None:
    with pytest.raises(Skipped, match="no camera is listed"):
        camera.run(context)


def test_another_program_has_it(context: Context) -> None:
    with pytest.raises(Skipped, match="in use by cheese"):
        camera.run(with_camera(context, "/dev/video0", "in use by cheese"))


def test_it_cannot_be_opened(context: Context) -> None:
    with pytest.raises(SourceError):
        camera.run(with_camera(context, "/dev/video99", "not permitted"))
