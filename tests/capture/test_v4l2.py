from __future__ import annotations

import errno
import gc
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from clips import corners, number_of, quarters
from contracts.source_contract import Opener, SourceContract
from fake_camera import PLAIN, FakeCamera

from capture.listing import device_paths
from capture.source import CaptureOptions, open_source
from capture.sources.v4l2 import Camera
from capture.video4linux import abi
from core.buffers import FrameBuffers
from core.errors import SourceBusy, SourceError, SourceLost, SourceNotFound, SourceUnreadable
from core.pixels import PixelFormat
from core.types import Frame, SourceInfo

QUICK = CaptureOptions(timeout_s=0.3)


def camera(fake: FakeCamera, options: CaptureOptions = QUICK) -> Camera:
    return Camera("/dev/video3", FrameBuffers(), options, fake.connect)


def read(fake: FakeCamera, count: int, options: CaptureOptions = QUICK) -> tuple[SourceInfo, list[Frame]]:
    with camera(fake, options) as source:
        return source.info, list(islice(source.frames(), count))


def refusal(fake: FakeCamera, options: CaptureOptions = QUICK) -> SourceError:
    with pytest.raises(SourceError) as caught, camera(fake, options):
        pass
    assert fake.open_devices == 0
    return caught.value


class TestCamera(SourceContract):
    @pytest.fixture
    def uri(self) -> str:
        return "/dev/video3"

    @pytest.fixture
    def opener(self) -> Opener:
        fake = FakeCamera()
        return lambda buffers: Camera("/dev/video3", buffers, CaptureOptions(), fake.connect)


def test_mjpg_at_the_wanted_size_and_rate():
    info, frames = read(FakeCamera(), 3, CaptureOptions(width=128, height=96, fps=15))
    assert info.format == "MJPG 128x96 at 15 fps as BGR"
    assert (info.kind, info.width, info.height, info.fps, info.live) == ("v4l2", 128, 96, 15.0, True)
    assert [number_of(frame.bgr()) for frame in frames] == [0, 1, 2]


def test_a_size_that_the_camera_lacks_becomes_the_nearest():
    info, frames = read(FakeCamera(), 1, CaptureOptions(width=100, height=90))
    assert (info.width, info.height) == (frames[0].width, frames[0].height) == (128, 96)


def test_without_mjpg_it_says_so():
    info, frames = read(FakeCamera({"YUYV": {(64, 48): 30.0}}), 2)
    assert info.format.startswith("YUYV 64x48 at 30 fps")
    assert "MJPG" in info.format
    assert [number_of(frame.bgr()) for frame in frames] == [0, 1]


@pytest.mark.parametrize(("options", "size"), [(QUICK, (64, 48)), (CaptureOptions(width=128), (128, 96))])
def test_the_rate_counts_more_than_a_size_nobody_asked_for(options: CaptureOptions, size: tuple[int, int]):
    info, _ = read(FakeCamera({"YUYV": {(64, 48): 30.0, (128, 96): 10.0}}), 1, options)
    assert (info.width, info.height) == size


def test_a_driver_that_lists_no_sizes_and_sets_no_rate_is_asked_anyway():
    mute = dict.fromkeys((abi.ENUM_FRAMESIZES, abi.G_PARM), errno.ENOTTY)
    info, frames = read(FakeCamera(refusals=mute), 1)
    assert info.fps is None
    assert info.format == "MJPG 128x96 as BGR"
    assert frames[0].width == 128


@pytest.mark.parametrize("padding", [0, 16])
@pytest.mark.parametrize("fourcc", PLAIN)
def test_every_plain_format_shows_the_right_colours(fourcc: str, padding: int):
    fake = FakeCamera({fourcc: {(64, 48): 30.0}}, padding=padding, paint=quarters)
    _, (frame,) = read(fake, 1)
    expected = quarters(0, 64, 48)
    if fourcc == "GREY":
        weights = np.array([0.114, 0.587, 0.299])
        expected = np.repeat((expected @ weights)[..., None], 3, axis=2)
    else:
        assert corners(frame.bgr()) == ["red", "green", "blue", "white"]
    assert np.abs(frame.bgr().astype(int) - expected)[4:20, 4:28].max() < 30


def gpu_buffers() -> FrameBuffers:
    return FrameBuffers((PixelFormat.I420, PixelFormat.NV12, PixelFormat.YUYV, PixelFormat.BGRX, PixelFormat.BGR))


@pytest.mark.parametrize(
    ("fourcc", "expected"), [("YUYV", "YUYV"), ("YU12", "I420"), ("NV12", "NV12"), ("UYVY", "BGR"), ("MJPG", "I420")]
)
def test_what_the_owner_of_the_buffers_reads_is_not_converted(fourcc: str, expected: str):
    fake = FakeCamera({fourcc: {(64, 48): 30.0}}, padding=16 * (fourcc != "MJPG"), paint=quarters)
    with Camera("/dev/video3", gpu_buffers(), QUICK, fake.connect) as source:
        frame = next(source.frames())
    assert frame.format is PixelFormat[expected]
    assert source.info.format.endswith(f" as {expected}")
    assert corners(frame.bgr()) == ["red", "green", "blue", "white"]


RANGE = {"YUYV": {(2592, 1944): 15.0}}


@pytest.mark.parametrize(("options", "size"), [(QUICK, (1280, 720)), (CaptureOptions(800, 600), (800, 600))])
def test_of_a_range_of_sizes_the_wanted_one_is_asked_for(options: CaptureOptions, size: tuple[int, int]):
    info, _ = read(FakeCamera(RANGE, sizes_are_ranges=True), 1, options)
    assert (info.width, info.height) == size


def test_pictures_carry_the_kernels_time_and_number():
    fake = FakeCamera(clock_ns=lambda: time.perf_counter_ns() - 50_000_000)
    _, frames = read(fake, 3)
    now_ns = time.perf_counter_ns()
    assert all(50_000_000 <= now_ns - frame.captured_ns < 2_000_000_000 for frame in frames)
    assert [frame.index for frame in frames] == [0, 1, 2]


@pytest.mark.parametrize("offset_ns", [10_000_000_000, -3_600_000_000_000])
def test_a_driver_on_another_clock_is_not_believed(offset_ns: int):
    before_ns = time.perf_counter_ns()
    _, frames = read(FakeCamera(clock_ns=lambda: time.perf_counter_ns() + offset_ns), 2)
    assert all(before_ns < frame.captured_ns < time.perf_counter_ns() for frame in frames)


def test_pictures_that_lay_there_for_long_are_passed_over():
    _, frames = read(FakeCamera(waiting=4), 2)
    assert [number_of(frame.bgr()) for frame in frames] == [4, 5]


def test_of_several_pictures_the_newest_comes_and_the_others_are_counted():
    _, frames = read(FakeCamera(waiting=3), 2)
    assert number_of(frames[0].bgr()) == 2
    assert frames[1].index - frames[0].index == 1


@pytest.mark.parametrize("buffers", [1, 2])
def test_a_driver_with_few_buffers_delivers(buffers: int):
    _, frames = read(FakeCamera(buffers=buffers, waiting=buffers), 5)
    assert [frame.index for frame in frames] == list(range(5))


def test_damaged_pictures_are_passed_over():
    _, frames = read(FakeCamera(damaged=lambda number: number % 3 == 1), 4)
    assert [number_of(frame.bgr()) for frame in frames] == [0, 2, 3, 5]
    assert [frame.index for frame in frames] == [0, 2, 3, 5]


def test_unplugged_it_is_lost():
    with camera(FakeCamera(unplugged_at=3)) as source, pytest.raises(SourceLost, match="No such device"):
        assert len(list(source.frames())) == 3


def test_a_camera_that_falls_silent_is_lost_in_time():
    with camera(FakeCamera(silent_from=2)) as source:
        frames = source.frames()
        next(frames), next(frames)
        asked = time.monotonic()
        with pytest.raises(SourceLost, match=r"no picture for 0\.3 s"):
            next(frames)
        assert time.monotonic() - asked < 1.0


def test_a_camera_that_opens_and_gives_nothing_is_not_open():
    assert isinstance(refusal(FakeCamera(silent_from=0)), SourceUnreadable)


def test_one_that_gives_only_rubbish_is_not_open():
    assert isinstance(refusal(FakeCamera(damaged=lambda number: True)), SourceUnreadable)


def test_closed_it_is_given_back():
    fake = FakeCamera()
    read(fake, 2)
    gc.collect()
    assert fake.open_devices == 0


@pytest.mark.parametrize("request_", [abi.S_FMT, abi.REQBUFS, abi.STREAMON])
def test_a_busy_camera(request_: int):
    error = refusal(FakeCamera(refusals={request_: errno.EBUSY}))
    assert isinstance(error, SourceBusy)
    assert "/dev/video3 is in use" in str(error)


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.EACCES, SourceUnreadable, "usermod -aG video"),
        (errno.ENODEV, SourceNotFound, "jetsight sources"),
        (errno.EBUSY, SourceBusy, "in use"),
        (errno.EIO, SourceUnreadable, "Input/output error"),
    ],
)
def test_what_the_kernel_refuses_is_said_in_words(number: int, kind: type[SourceError], words: str):
    def refuse(path: str) -> FakeCamera:
        raise OSError(number, "Input/output error")

    with pytest.raises(kind, match=words) as caught:
        Camera("/dev/video3", FrameBuffers(), QUICK, refuse).__enter__()
    assert "\n" not in str(caught.value)


def test_no_room_on_the_bus():
    assert "smaller" in refusal(FakeCamera(refusals={abi.STREAMON: errno.ENOSPC})).remedy


@pytest.mark.parametrize("fourcc", ["RG10", "BA81", "pRAA"])
def test_a_bare_sensor_is_a_csi_camera(fourcc: str):
    error = refusal(FakeCamera({fourcc: {(64, 48): 30.0}}))
    assert fourcc in error.what
    assert "csi://3" in error.remedy


def test_a_camera_of_another_codec_names_it():
    assert "H264" in refusal(FakeCamera({"H264": {(64, 48): 30.0}})).what


def test_the_other_node_of_a_camera_is_none():
    assert "no camera" in refusal(FakeCamera(abilities=0x00800000)).what


@pytest.mark.parametrize(("path", "kind"), [("/dev/video63", SourceNotFound), ("/dev/null", SourceUnreadable)])
def test_what_is_no_camera(path: str, kind: type[SourceError]):
    with pytest.raises(kind, match=path):
        open_source(path, FrameBuffers(), QUICK).__enter__()


def test_a_file_that_poses_as_a_device(tmp_path: Path):
    path = tmp_path / "video0"
    path.write_bytes(bytes(1000))
    with pytest.raises(SourceUnreadable, match="is not a camera"):
        Camera(str(path), FrameBuffers(), QUICK).__enter__()


def test_the_cameras_of_this_machine():
    paths = device_paths()
    if not paths:
        pytest.skip("no camera is connected")
    with open_source(paths[0], FrameBuffers()) as source:
        frames = list(islice(source.frames(), 10))
    assert all((frame.width, frame.height) == (source.info.width, source.info.height) for frame in frames)
