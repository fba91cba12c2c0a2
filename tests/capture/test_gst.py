from __future__ import annotations

import re

import pytest
import system_opencv
from system_opencv import Outcome

from capture.source import open_source
from core.buffers import FrameBuffers
from core.errors import SourceUnreadable, UsageError

SIZE = "video/x-raw,width=322,height=240,framerate=30/1"
ASKED = {
    "ends": (f"gst:videotestsrc num-buffers=30 ! {SIZE} ! videoconvert", 5.0, 100),
    "live": (f"gst:videotestsrc is-live=true pattern=red ! {SIZE}", 5.0, 5),
    "own sink": (f"gst:videotestsrc num-buffers=3 ! {SIZE} ! videoconvert ! video/x-raw,format=BGR ! appsink", 5.0, 9),
    "grey": (f"gst:videotestsrc ! {SIZE},format=GRAY8 ! appsink", 5.0, 1),
    "no element": ("gst:videotestsrc ! nonsense", 5.0, 1),
    "syntax": ("gst:videotestsrc ! ! videoconvert", 5.0, 1),
    "sound": ("gst:audiotestsrc", 5.0, 1),
    "no file": ("gst:filesrc location=/nothing/here ! decodebin", 5.0, 1),
    "fails": (f"gst:videotestsrc ! {SIZE} ! identity error-after=10", 5.0, 100),
    "never starts": (f"gst:videotestsrc ! {SIZE} ! identity sleep-time=4000000", 0.5, 1),
    "secret": ("gst:rtspsrc location=rtsp://admin:hunter2@127.0.0.1:1/live ! nonsense", 5.0, 1),
    "csi": ("csi://0?flip=2", 5.0, 1),
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    reason = system_opencv.missing()
    if reason:
        pytest.skip(reason)
    results, noise = system_opencv.read(list(ASKED.values()))
    assert noise == ""
    return dict(zip(ASKED, results, strict=True))


def test_every_picture_of_a_pipeline_comes_and_then_its_end(outcomes: dict[str, Outcome]):
    outcome = outcomes["ends"]
    assert [frame[:3] for frame in outcome.frames] == [[index, 322, 240] for index in range(30)]
    assert outcome.error[0] == "SourceLost"
    assert "ended" in outcome.error[1]


def test_a_live_pipeline(outcomes: dict[str, Outcome]):
    outcome = outcomes["live"]
    assert (outcome.info["kind"], outcome.info["live"], outcome.info["decoder"]) == ("gst", True, "GStreamer")
    assert (outcome.info["width"], outcome.info["height"], outcome.info["fps"]) == (322, 240, 30.0)
    assert [frame[0] for frame in outcome.frames] == list(range(5))
    blue, green, red = outcome.frames[0][3:]
    assert red > 240
    assert max(blue, green) < 15


def test_a_pipeline_with_its_own_sink_is_left_as_it_is(outcomes: dict[str, Outcome]):
    assert len(outcomes["own sink"].frames) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("grey", "videoconvert ! video/x-raw,format=BGR"),
        ("no element", 'no element "nonsense"'),
        ("syntax", "syntax error"),
        ("sound", "could not link"),
        ("no file", "gives no picture"),
        ("never starts", "gives no picture"),
        ("secret", "***@127.0.0.1"),
        ("csi", 'no element "nvarguscamerasrc"'),
    ],
)
def test_what_does_not_run_is_one_line(outcomes: dict[str, Outcome], name: str, words: str):
    kind, line = outcomes[name].error
    assert kind == "SourceUnreadable"
    assert words in line
    assert "hunter2" not in line
    assert "\n" not in line


def test_a_csi_camera_that_is_stuck_names_the_service_to_restart(outcomes: dict[str, Outcome]):
    assert "systemctl restart nvargus-daemon" in outcomes["csi"].error[1]


def test_a_pipeline_that_fails_is_lost(outcomes: dict[str, Outcome]):
    outcome = outcomes["fails"]
    assert 1 <= len(outcome.frames) <= 10
    assert outcome.error[0] == "SourceLost"


def test_a_pipeline_that_hangs_is_given_up_in_time(outcomes: dict[str, Outcome]):
    assert outcomes["never starts"].took_s < 2.5


def test_without_a_pipeline():
    with pytest.raises(UsageError, match="gst:videotestsrc"):
        open_source("gst: ", FrameBuffers())


def test_an_opencv_without_gstreamer_names_the_package_that_has_it():
    import cv2

    if re.search(r"GStreamer:\s+YES", cv2.getBuildInformation()):
        pytest.skip("this OpenCV has GStreamer")
    with pytest.raises(SourceUnreadable, match="apt install python3-opencv"):
        open_source("gst:videotestsrc", FrameBuffers()).__enter__()
