from __future__ import annotations

import pytest

from capture.address import masked


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
