"""A network camera that goes away and comes back with another picture size."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import rtsp_server
from rtsp_server import RtspServer

from core.settings import Settings
from core.status import State
from pipeline.session import Session


def test_a_stream_that_comes_back_in_another_size_goes_on(until: Callable[..., bool]) -> None:
    if reason := rtsp_server.missing():
        pytest.skip(reason)
    with RtspServer(320, 240, 15, 0) as first, Session(Settings(first.url, timeout_s=3.0), 1.0) as session:
        assert until(lambda: session.status().detected > 3, 15)
        first.kill()
        assert until(lambda: session.status().state is State.RECONNECTING, 10)
        assert "Trying again" in session.status().message
        with RtspServer(480, 360, 15, first.port):
            assert until(lambda: session.status().state is State.RUNNING, 20)
            source = session.status().source
            assert source
            assert (source.width, source.height) == (480, 360)
            before = session.status().detected
            assert until(lambda: session.status().detected > before + 3, 15)
        assert session.status().reconnects == 1
