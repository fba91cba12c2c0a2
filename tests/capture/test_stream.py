from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from itertools import islice

import cv2
import pytest
import rtsp_server
from clips import Clip, number_of, numbered
from contracts.source_contract import SourceContract
from rtsp_server import RtspServer
from web_server import WebServer

from capture.source import CaptureOptions, open_source
from core.buffers import FrameBuffers
from core.errors import SourceError, SourceLost, SourceNotFound, SourceUnreadable
from core.types import Frame, SourceInfo

OPTIONS = CaptureOptions(timeout_s=5.0)
IMPATIENT = CaptureOptions(timeout_s=0.6)
SECRET = "admin:hunter2@"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    folder = tmp_path_factory.mktemp("web")
    Clip(frames=50, options={"g": "10"}).write(folder / "clip.mp4")
    Clip(frames=50, options={"g": "10", "hls_time": "0.4", "hls_list_size": "0"}).write(folder / "recorded.m3u8")
    cv2.imwrite(str(folder / "picture.png"), numbered(7, 64, 48))
    playlist = (folder / "recorded.m3u8").read_text()
    (folder / "live.m3u8").write_text(playlist.replace("#EXT-X-ENDLIST\n", ""))
    with WebServer(folder) as server:
        yield server


@pytest.fixture(scope="module")
def rtsp() -> Iterator[RtspServer]:
    need_rtsp()
    with RtspServer() as server:
        yield server


def need_rtsp() -> None:
    reason = rtsp_server.missing()
    if reason:
        pytest.skip(reason)


def read(uri: str, count: int | None = None, options: CaptureOptions = OPTIONS) -> tuple[SourceInfo, list[Frame]]:
    with open_source(uri, FrameBuffers(), options) as source:
        return source.info, list(islice(source.frames(), count))


def read_until_lost(uri: str, options: CaptureOptions = OPTIONS) -> tuple[list[Frame], SourceLost]:
    frames: list[Frame] = []
    with open_source(uri, FrameBuffers(), options) as source, pytest.raises(SourceLost) as caught:
        frames.extend(source.frames())
    return frames, caught.value


def refusal(uri: str, options: CaptureOptions = OPTIONS) -> SourceError:
    with pytest.raises(SourceError) as caught, open_source(uri, FrameBuffers(), options):
        pass
    assert "\n" not in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    return caught.value


class TestMotionJpeg(SourceContract):
    @pytest.fixture
    def uri(self, web: WebServer) -> str:
        return web.url("mjpeg")


class TestRtsp(SourceContract):
    @pytest.fixture
    def uri(self, rtsp: RtspServer) -> str:
        return rtsp.url


class TestServedRecording(SourceContract):
    @pytest.fixture
    def uri(self, web: WebServer) -> str:
        return web.url("clip.mp4")


def test_motion_jpeg_is_live_and_its_end_is_a_loss(web: WebServer):
    info, _ = read(web.url("mjpeg"), 1)
    assert (info.live, info.format, info.width, info.height) == (True, "mjpeg (mpjpeg) as BGR", 64, 48)
    frames, lost = read_until_lost(web.url("mjpeg?frames=5", user=SECRET))
    assert [number_of(frame.bgr()) for frame in frames] == [0, 1, 2, 3, 4]
    assert "***@127.0.0.1" in lost.what
    assert "hunter2" not in "".join(traceback.format_exception(lost))


def test_a_stream_that_falls_silent_is_lost_in_time(web: WebServer):
    began = time.monotonic()
    frames, lost = read_until_lost(web.url("mjpeg?frames=5&then=silent"), IMPATIENT)
    assert len(frames) >= 4
    assert "no picture for 0.6 s" in lost.what
    assert time.monotonic() - began < 3.0


@pytest.mark.parametrize("name", ["clip.mp4", "recorded.m3u8"])
def test_a_served_recording_is_whole_and_plays_again(web: WebServer, name: str):
    with open_source(web.url(name), FrameBuffers(), OPTIONS) as source:
        assert not source.info.live
        assert source.info.duration_ns == pytest.approx(2_000_000_000, abs=100_000_000)
        for _ in range(2):
            frames = list(source.frames())
            assert [number_of(frame.bgr()) for frame in frames] == list(range(50))
            assert [frame.media_ns for frame in frames] == [40_000_000 * index for index in range(50)]


def test_one_picture_is_a_recording_of_one_frame(web: WebServer):
    info, (frame,) = read(web.url("picture.png"))
    assert not info.live
    assert number_of(frame.bgr()) == 7


def test_live_hls_comes_in_real_time(web: WebServer):
    with open_source(web.url("live.m3u8"), FrameBuffers(), OPTIONS) as source:
        assert source.info.live
        frames = list(islice(source.frames(), 16))
    took_s = (frames[-1].captured_ns - frames[0].captured_ns) / 1e9
    assert took_s == pytest.approx(15 * 0.04, abs=0.2)


@pytest.mark.parametrize(
    ("page", "kind", "words"),
    [
        ("nothing", SourceNotFound, "has nothing at"),
        ("nothing.m3u8", SourceNotFound, "has nothing at"),
        ("locked", SourceUnreadable, "user or password"),
        ("broken", SourceUnreadable, "cannot be played|can be played"),
        ("text", SourceUnreadable, "can be played"),
        ("silent", SourceNotFound, "does not answer"),
        ("mjpeg?frames=0", SourceUnreadable, ""),
        ("mjpeg?frames=0&then=silent", SourceError, ""),
    ],
)
def test_what_cannot_be_played_is_one_line(web: WebServer, page: str, kind: type[SourceError], words: str):
    began = time.monotonic()
    error = refusal(web.url(page, user=SECRET), IMPATIENT)
    assert time.monotonic() - began < 3.0
    assert isinstance(error, kind)
    assert any(word in str(error) for word in words.split("|"))


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_no_server_and_no_host(scheme: str):
    assert "nothing listens" in refusal(f"{scheme}://{SECRET}127.0.0.1:1/live").what
    assert "no host is called nowhere.invalid" in refusal(f"{scheme}://{SECRET}nowhere.invalid/live").what


def test_rtsp_delivers_soon_and_with_the_senders_times(rtsp: RtspServer):
    began = time.monotonic()
    with open_source(rtsp.url.replace("//", f"//{SECRET}"), FrameBuffers(), OPTIONS) as source:
        assert time.monotonic() - began < 2.5
        frames = list(islice(source.frames(), 31))
    assert source.info.live
    assert source.info.uri == rtsp.url.replace("//", "//***@")
    assert (source.info.width, source.info.height, source.info.fps) == (320, 240, 30.0)
    assert frames[-1].media_ns == pytest.approx(1_000_000_000, abs=50_000_000)


def test_a_wrong_path(rtsp: RtspServer):
    assert isinstance(refusal(rtsp.url + "nothing"), SourceNotFound)


def test_a_server_that_dies_and_one_that_comes_back_with_another_size():
    need_rtsp()
    with RtspServer() as server:
        with open_source(server.url, FrameBuffers(), OPTIONS) as source:
            frames = source.frames()
            next(frames)
            server.kill()
            killed = time.monotonic()
            with pytest.raises(SourceLost):
                list(frames)
            assert time.monotonic() - killed < OPTIONS.timeout_s
        assert isinstance(refusal(server.url), SourceNotFound)
        with RtspServer(160, 128, port=server.port) as other:
            info, (frame,) = read(other.url, 1)
        assert (info.width, info.height) == (frame.width, frame.height) == (160, 128)


def test_a_server_that_hangs_is_lost_in_time():
    need_rtsp()
    with RtspServer() as server:
        with open_source(server.url, FrameBuffers(), CaptureOptions(timeout_s=1.0)) as source:
            frames = source.frames()
            next(frames)
            server.freeze()
            began = time.monotonic()
            with pytest.raises(SourceLost, match="sent no picture for 1 s"):
                list(frames)
            assert time.monotonic() - began < 2.0
        error = refusal(server.url, IMPATIENT)
    assert "does not answer" in error.what


@pytest.mark.long
def test_a_reader_that_is_too_slow_is_never_far_behind(rtsp: RtspServer):
    with open_source(rtsp.url, FrameBuffers(), OPTIONS) as source:
        frames = source.frames()
        first = next(frames)
        for frame in islice(frames, 150):
            time.sleep(0.1)
            behind_s = (time.perf_counter_ns() - first.captured_ns - (frame.media_ns or 0)) / 1e9
            assert behind_s < 3.0
    assert frame.index > 300
