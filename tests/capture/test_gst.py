from __future__ import annotations

import base64
import re

import numpy as np
import pytest
import system_opencv
from system_opencv import Outcome

from capture.source import open_source
from core.buffers import FrameBuffers
from core.errors import SourceUnreadable, UsageError
from core.pixels import U8, Colour, ColourMatrix, PixelFormat, plane_shapes, to_bgr

GPU = ("I420", "NV12", "YUYV", "BGRX", "BGR")
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


# Pictures of many colours, the owner of the buffers, and what they come as.
BARS = "gst:videotestsrc num-buffers=3 ! video/x-raw"
DELIVERED = {
    "I420 SD": (f"{BARS},format=I420,width=320,height=240", GPU, "I420"),
    "I420 HD": (f"{BARS},format=I420,width=1280,height=720", GPU, "I420"),
    "NV12": (f"{BARS},format=NV12,width=320,height=240", GPU[1:], "NV12"),
    "YUYV": (f"{BARS},format=YUY2,width=320,height=240", GPU, "YUYV"),
    "RGB": (f"{BARS},format=RGB,width=320,height=240", GPU, "BGRX"),
    "padded rows": (f"{BARS},format=I420,width=322,height=242", GPU, "I420"),
    "padded rows of NV12": (f"{BARS},format=NV12,width=322,height=242", GPU[1:], "NV12"),
    "odd": (f"{BARS},format=I420,width=321,height=241", GPU, "BGRX"),
    "unusual matrix": (f"{BARS},format=I420,width=1280,height=720,colorimetry=bt601", GPU, "BGRX"),
    "full range": (f"{BARS},format=I420,width=320,height=240,colorimetry=1:4:0:0", GPU, "BGRX"),
    "BGR": (f"{BARS},format=I420,width=320,height=240", ("BGR",), "BGR"),
    "BGR though I420 is dearer": (f"{BARS},format=I420,width=320,height=240", ("I420", "BGR"), "BGR"),
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    reason = system_opencv.missing()
    if reason:
        pytest.skip(reason)
    asked = {name: (*each, ["BGR"]) for name, each in ASKED.items()}
    asked |= {name: (uri, 5.0, 3, formats) for name, (uri, formats, _) in DELIVERED.items()}
    asked |= {f"{name} as BGR": (uri, 5.0, 1, ["BGR"]) for name, (uri, *_) in DELIVERED.items()}
    results, noise = system_opencv.read(list(asked.values()))
    assert noise == ""
    return dict(zip(asked, results, strict=True))


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


def first_picture(outcome: Outcome) -> U8:
    """The first frame as BGR, read as `Frame` says it is to be read."""
    name, matrix, text = outcome.first
    width, height = outcome.info["width"], outcome.info["height"]
    data, planes = np.frombuffer(base64.b64decode(text), np.uint8), []
    for shape in plane_shapes(PixelFormat[name], width, height):
        planes.append(data[: np.prod(shape)].reshape(shape))
        data = data[np.prod(shape) :]
    picture = to_bgr(tuple(planes), PixelFormat[name], Colour(ColourMatrix[matrix]))
    return picture[..., :3]


@pytest.mark.parametrize("name", DELIVERED)
def test_the_format_dearest_to_the_owner_is_delivered_in_the_right_colours(outcomes: dict[str, Outcome], name: str):
    outcome = outcomes[name]
    assert len(outcome.frames) == 3
    assert outcome.first[0] == DELIVERED[name][2]
    assert outcome.info["format"].startswith(outcome.first[0])
    difference = np.abs(first_picture(outcome).astype(int) - first_picture(outcomes[f"{name} as BGR"]))
    assert np.percentile(difference, 90) <= 3


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
