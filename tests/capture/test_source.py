from __future__ import annotations

from pathlib import Path

import pytest

from capture.source import KINDS, CaptureOptions, open_source
from core import plugins
from core.buffers import FrameBuffers
from core.errors import UsageError

ADDRESSES = {
    "0": "v4l2",
    "12": "v4l2",
    "/dev/video0": "v4l2",
    "/dev/v4l/by-id/usb-camera-video-index0": "v4l2",
    "csi://0": "csi",
    "csi://1?width=1280&height=720&fps=60&flip=2": "csi",
    "rtsp://camera.local:554/stream1": "stream",
    "rtsp://user:secret@10.0.0.2/live.mp4": "stream",
    "http://camera.local/video.mjpg": "stream",
    "https://example.org/live/index.m3u8?token=1": "stream",
    "gst:videotestsrc ! videoconvert ! appsink": "gst",
    "gst:filesrc location=/videos/a.mp4 ! decodebin ! appsink": "gst",
    "demo:": "demo",
    "pattern:": "pattern",
    "pattern:?width=64&height=48": "pattern",
    "clip.mp4": "file",
    "/videos/drive to work.MOV": "file",
    "~/clip": "file",
    "./0": "file",
    "a1:b.mp4": "file",
    "missing/": "file",
    "animation.gif": "file",
    "photo.png": "images",
    "/photos/DSC 1.JPG": "images",
    "photos/*.jpg": "images",
    "photos/shot[0-9].tif": "images",
    ".": "images",
    "/": "images",
    "": None,
    "ftp://example.org/clip.mp4": None,
    "front:left.mp4": None,
}


@pytest.mark.parametrize("uri", ADDRESSES)
def test_each_address_is_claimed_by_one_kind_at_most(uri: str):
    claims = [name for name in plugins.names(KINDS) if plugins.load(KINDS, name).claims(uri)]
    wanted = ADDRESSES[uri]
    if wanted not in plugins.names(KINDS):
        wanted = None
    assert claims == ([wanted] if wanted else [])


def test_an_address_of_no_kind_is_answered_with_the_kinds(tmp_path: Path):
    with pytest.raises(UsageError, match="ftp") as caught:
        open_source("ftp://example.org", FrameBuffers())
    assert all(plugins.load(KINDS, name).EXAMPLE in caught.value.remedy for name in plugins.names(KINDS))


@pytest.mark.parametrize("kind", plugins.names(KINDS))
def test_each_kind_claims_its_own_example_alone(kind: str):
    for uri in plugins.load(KINDS, kind).EXAMPLE.split(" or "):
        assert [name for name in plugins.names(KINDS) if plugins.load(KINDS, name).claims(uri)] == [kind]


@pytest.mark.parametrize("uri", ["pattern:", "clip.mp4", "photo.png"])
def test_an_unknown_flip_is_refused_for_every_kind(uri: str):
    with pytest.raises(UsageError, match="horizontal, vertical, both"):
        open_source(uri, FrameBuffers(), CaptureOptions(flip="sideways"))
