from __future__ import annotations

import pytest

from capture.address import masked, split
from capture.link import Link
from capture.source import CaptureOptions, open_source
from core.buffers import FrameBuffers
from core.errors import UsageError


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("rtsp://camera.local:554/live?channel=1", "rtsp://camera.local:554/live?channel=1"),
        ("rtsp://admin:secret@10.0.0.2/live", "rtsp://***@10.0.0.2/live"),
        ("rtsp://admin:se@cr:et@10.0.0.2/live", "rtsp://***@10.0.0.2/live"),
        ("http://secret@host/a@b", "http://***@host/a@b"),
        ("http://host/cgi?user=admin&pwd=secret&channel=1", "http://host/cgi?user=admin&pwd=***&channel=1"),
        ("https://host/live.m3u8?access_token=secret", "https://host/live.m3u8?access_token=***"),
        ("https://host/live.m3u8?API_KEY=secret#x", "https://host/live.m3u8?API_KEY=***#x"),
        (
            "gst:rtspsrc location=rtsp://a:secret@h/ user-pw=secret ! x264enc key-int-max=9",
            "gst:rtspsrc location=rtsp://***@h/ user-pw=*** ! x264enc key-int-max=9",
        ),
    ],
)
def test_what_is_secret_is_not_shown(uri: str, shown: str):
    assert masked(uri) == shown


def test_what_is_no_address_is_refused_without_its_password():
    with pytest.raises(UsageError, match=r"'rtsp://\*\*\*@\[x/y' is no address") as caught:
        split("rtsp://user:secret@[x/y")
    assert caught.value.__suppress_context__, "its text has the password in it"


@pytest.mark.parametrize("uri", ["http://[::1", "rtsp://user:secret@[x/y"])
def test_a_stream_from_what_is_no_address(uri: str):
    with pytest.raises(UsageError, match="is no address"):
        Link(uri, CaptureOptions(timeout_s=2.0))


@pytest.mark.parametrize("uri", ["csi://[", "csi://[0?flip=2"])
def test_a_camera_at_what_is_no_address(uri: str):
    with pytest.raises(UsageError, match="is no address"):
        open_source(uri, FrameBuffers())
