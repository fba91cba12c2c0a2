from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, corners, cut, number_of, numbered, quarters, write_tone
from contracts.source_contract import SourceContract

from capture.source import CaptureOptions, open_source
from core.buffers import FrameBuffers
from core.errors import SourceError, SourceLost, SourceNotFound, SourceUnreadable
from core.pixels import PixelFormat
from core.types import Frame, SourceInfo


class TestFile(SourceContract):
    @pytest.fixture
    def uri(self, tmp_path: Path) -> str:
        return str(Clip().write(tmp_path / "clip.mp4"))


class TestStreamOfPackets(SourceContract):
    """A transport stream, which starts at an arbitrary time and cannot seek to its start."""

    @pytest.fixture
    def uri(self, tmp_path: Path) -> str:
        return str(Clip(options={"g": "5"}).write(tmp_path / "clip.ts"))


class TestFlippedFile(SourceContract):
    @pytest.fixture
    def uri(self, tmp_path: Path) -> str:
        return str(Clip().write(tmp_path / "clip.mkv"))

    @pytest.fixture
    def options(self) -> CaptureOptions:
        return CaptureOptions(flip="both")


def planar_buffers() -> FrameBuffers:
    return FrameBuffers((PixelFormat.NV12, PixelFormat.I420, PixelFormat.BGR))


def read(path: Path, start_ns: int = 0, buffers: FrameBuffers | None = None) -> tuple[SourceInfo, list[Frame]]:
    with open_source(str(path), buffers or FrameBuffers()) as source:
        return source.info, list(source.frames(start_ns))


def read_until_lost(path: Path) -> tuple[list[Frame], SourceLost]:
    frames: list[Frame] = []
    with open_source(str(path), FrameBuffers()) as source, pytest.raises(SourceLost) as caught:
        frames.extend(source.frames())
    return frames, caught.value


def refusal(path: Path) -> SourceError:
    with pytest.raises(SourceError) as caught, open_source(str(path), FrameBuffers()):
        pass
    line = str(caught.value)
    assert path.name in line
    assert len(line.splitlines()) == 1
    return caught.value


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts", "clip.flv", "clip", "a: 100%03d [1]?.mp4"])
def test_every_frame_comes_in_order_whatever_the_container(tmp_path: Path, name: str):
    written = Clip().write(tmp_path / f"clip{Path(name).suffix or '.mp4'}")
    info, frames = read(written.rename(tmp_path / name))
    assert [number_of(frame.bgr()) for frame in frames] == list(range(30))
    assert [frame.index for frame in frames] == list(range(30))
    assert [frame.media_ns for frame in frames] == [index * 40_000_000 for index in range(30)]
    assert (info.kind, info.fps, info.format, info.live, info.seekable) == ("file", 25.0, "h264 as BGR", False, True)


def test_a_colon_in_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    Clip(frames=2).write(tmp_path / "clip.mp4").rename(tmp_path / "front1:left.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(read(Path("front1:left.mp4"))[1]) == 2


def test_a_raw_stream_without_times_counts_them(tmp_path: Path):
    info, frames = read(Clip(codec="libx264").write(tmp_path / "clip.h264"))
    assert [number_of(frame.bgr()) for frame in frames] == list(range(30))
    assert [frame.media_ns for frame in frames] == [index * 40_000_000 for index in range(30)]
    assert info.duration_ns is None
    assert [frame.index for frame in read(tmp_path / "clip.h264", 1_000_000_000)[1]] == [25, 26, 27, 28, 29]


@pytest.mark.parametrize(
    ("codec", "pixels", "suffix"),
    [
        ("mjpeg", "yuvj420p", ".avi"),
        ("rawvideo", "bgr24", ".avi"),
        ("rawvideo", "yuyv422", ".avi"),
        ("ffv1", "gray", ".mkv"),
        ("ffv1", "gray16le", ".mkv"),
        ("ffv1", "bgra", ".mkv"),
        ("ffv1", "yuv444p", ".mkv"),
        ("ffv1", "yuv420p10le", ".mkv"),
        ("libvpx-vp9", "yuv420p", ".webm"),
        ("gif", "gray", ".gif"),
    ],
)
@pytest.mark.parametrize("buffers", [FrameBuffers, planar_buffers])
def test_every_pixel_format_is_understood(
    tmp_path: Path, codec: str, pixels: str, suffix: str, buffers: type[FrameBuffers]
):
    clip = Clip(codec=codec, pixels=pixels, frames=12)
    _, frames = read(clip.write(tmp_path / f"clip{suffix}"), buffers=buffers())
    for index, frame in enumerate(frames):
        assert np.abs(frame.bgr().astype(int) - numbered(index, 64, 48)).max() <= 3
    assert len(frames) == 12


@pytest.mark.parametrize("pixels", ["bgr24", "yuv444p"])
def test_colours_keep_their_places(tmp_path: Path, pixels: str):
    codec = "rawvideo" if pixels == "bgr24" else "ffv1"
    clip = Clip(codec=codec, pixels=pixels, frames=2, paint=quarters)
    for buffers in (FrameBuffers(), planar_buffers()):
        _, frames = read(clip.write(tmp_path / ("clip.avi" if pixels == "bgr24" else "clip.mkv")), buffers=buffers)
        assert corners(frames[0].bgr()) == ["red", "green", "blue", "white"]


def test_planes_come_in_the_format_that_the_buffers_prefer(tmp_path: Path):
    clip = Clip(frames=3).write(tmp_path / "clip.mp4")
    assert {frame.format for frame in read(clip)[1]} == {PixelFormat.BGR}
    _, planar = read(clip, buffers=planar_buffers())
    assert {frame.format for frame in planar} == {PixelFormat.I420}
    for one, other in zip(read(clip)[1], planar, strict=True):
        np.testing.assert_array_equal(one.bgr(), other.bgr())


@pytest.mark.parametrize(("width", "height"), [(66, 46), (65, 47), (1, 1), (4097, 3)])
@pytest.mark.parametrize("buffers", [FrameBuffers, planar_buffers])
def test_odd_sizes(tmp_path: Path, width: int, height: int, buffers: type[FrameBuffers]):
    clip = Clip(codec="mjpeg", pixels="yuvj420p", width=width, height=height, frames=3)
    info, frames = read(clip.write(tmp_path / "clip.avi"), buffers=buffers())
    assert (info.width, info.height) == (width, height)
    assert [number_of(frame.bgr()) for frame in frames] == [0, 1, 2]


@pytest.mark.parametrize(
    ("rotation", "upright"),
    [
        (90, ["green", "white", "red", "blue"]),
        (180, ["white", "blue", "green", "red"]),
        (270, ["blue", "red", "white", "green"]),
    ],
)
@pytest.mark.parametrize("buffers", [FrameBuffers, planar_buffers])
def test_rotation_is_applied(tmp_path: Path, rotation: int, upright: list[str], buffers: type[FrameBuffers]):
    clip = Clip(frames=2, rotation=rotation, width=64, height=32, paint=quarters)
    info, frames = read(clip.write(tmp_path / "clip.mp4"), buffers=buffers())
    assert (info.width, info.height) == ((64, 32) if rotation == 180 else (32, 64))
    assert corners(frames[0].bgr()) == upright


def test_variable_frame_rate_keeps_its_times(tmp_path: Path):
    times_ms = [0, 40, 50, 200, 210, 1000, 1040]
    _, frames = read(Clip(times_ms=times_ms).write(tmp_path / "clip.mkv"))
    assert [frame.media_ns for frame in frames] == [time_ms * 1_000_000 for time_ms in times_ms]


def test_times_count_from_the_start_of_the_video(tmp_path: Path):
    clip = Clip(times_ms=[5000 + 40 * index for index in range(10)])
    for suffix in (".mkv", ".mp4", ".ts"):
        _, frames = read(clip.write(tmp_path / f"clip{suffix}"))
        assert [frame.media_ns for frame in frames] == [40_000_000 * index for index in range(10)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize(
    "options",
    [
        {"x264-params": "bframes=3:open-gop=1:keyint=10:min-keyint=10:scenecut=0"},
        {"x264-params": "bframes=3:keyint=1000"},
        {"g": "1"},
    ],
)
def test_seeks_are_exact_whatever_the_key_frames(tmp_path: Path, suffix: str, options: dict[str, str]):
    clip = Clip(frames=50, options=options).write(tmp_path / f"clip{suffix}")
    with open_source(str(clip), FrameBuffers()) as source:
        for wanted in (31, 9, 10, 11, 49, 0, 25):
            for start_ns in (wanted * 40_000_000, wanted * 40_000_000 - 1):
                frame = next(iter(source.frames(start_ns)))
                assert (number_of(frame.bgr()), frame.index) == (wanted, wanted)


def test_a_seek_between_frames_of_unknown_rate_says_the_mean_index(tmp_path: Path):
    clip = Clip(times_ms=[0, 100, 200, 300, 1000]).write(tmp_path / "clip.mkv")
    _, frames = read(clip, 250_000_000)
    assert [number_of(frame.bgr()) for frame in frames] == [3, 4]
    assert frames[1].index == frames[0].index + 1


def test_the_size_may_change(tmp_path: Path):
    small, large = Clip(frames=3).write(tmp_path / "a.h264"), Clip(frames=3, width=96).write(tmp_path / "b.h264")
    (tmp_path / "both.h264").write_bytes(small.read_bytes() + large.read_bytes())
    _, frames = read(tmp_path / "both.h264")
    assert [(frame.width, frame.height) for frame in frames] == [(64, 48)] * 3 + [(96, 48)] * 3
    assert [number_of(frame.bgr()) for frame in frames] == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("suffix", [".mkv", ".flv"])
def test_a_recording_that_was_cut_off_gives_what_it_has_and_says_so(tmp_path: Path, suffix: str):
    clip = Clip(frames=58, paint=noisy).write(tmp_path / f"clip{suffix}")
    frames, error = read_until_lost(cut(clip, 0.6))
    assert 20 < len(frames) < 45
    assert clip.name in str(error)


def test_damage_ends_a_recording_after_what_was_read(tmp_path: Path):
    clip = Clip(frames=58, paint=noisy, options={"bf": "0"}).write(tmp_path / "clip.mkv")
    damaged = bytearray(clip.read_bytes())
    middle = len(damaged) // 2
    damaged[middle:] = bytes(len(damaged) - middle)
    clip.write_bytes(damaged)
    frames, error = read_until_lost(clip)
    assert 15 < len(frames) < 45
    assert clip.name in str(error)


def noisy(index: int, width: int, height: int):
    return np.random.default_rng(index).integers(0, 256, (height, width, 3), np.uint8)


def test_a_missing_file_is_not_found(tmp_path: Path):
    assert isinstance(refusal(tmp_path / "clip.mp4"), SourceNotFound)
    assert isinstance(refusal(tmp_path / "no folder" / "clip"), SourceNotFound)


def test_what_is_no_video_is_unreadable(tmp_path: Path):
    cases = {
        "empty.mp4": b"",
        "text.mp4": b"not a video\n" * 500,
        "text.txt": b"not a video\n" * 500,
        "noise.bin": np.random.default_rng(1).bytes(100_000),
        "noise.mp4": np.random.default_rng(1).bytes(100_000),
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        assert isinstance(refusal(tmp_path / name), SourceUnreadable)


def test_an_mp4_without_its_index_is_unreadable(tmp_path: Path):
    assert isinstance(refusal(cut(Clip().write(tmp_path / "clip.mp4"), 0.5)), SourceUnreadable)


@pytest.mark.parametrize("cover", [False, True])
def test_sound_alone_is_unreadable(tmp_path: Path, cover: bool):
    assert isinstance(refusal(write_tone(tmp_path / "sound.mp4", cover)), SourceUnreadable)


def test_a_video_without_frames_is_unreadable(tmp_path: Path):
    with av.open(str(tmp_path / "none.avi"), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        container.start_encoding()
    assert isinstance(refusal(tmp_path / "none.avi"), SourceUnreadable)


def test_a_file_that_may_not_be_read_is_unreadable(tmp_path: Path):
    clip = Clip(frames=2).write(tmp_path / "clip.mp4")
    clip.chmod(0)
    try:
        clip.open("rb").close()
    except PermissionError:
        assert isinstance(refusal(clip), SourceUnreadable)
    else:
        pytest.skip("this user may read everything")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path):
    import os

    os.mkfifo(tmp_path / "pipe.mp4")
    assert isinstance(refusal(tmp_path / "pipe.mp4"), SourceUnreadable)


REAL = {
    "highway_day_1280x720.mp4": (132, 1280, 720),
    "highway_busy_1024x512_10fps.mp4": (199, 1024, 512),
    "urban_pedestrians_1280x720.mp4": (90, 1280, 720),
    "awkward_phone_rotated180_vfr.mp4": (25, 1280, 720),
    "awkward_vp9_no_duration.webm": (74, 1280, 720),
    "awkward_rotated90.mov": (3, 320, 568),
    "awkward_rotated270.mov": (3, 320, 568),
    "awkward_people.gif": (23, 480, 270),
}


@pytest.mark.parametrize("name", REAL)
def test_real_recordings(shared: Path, name: str):
    info, frames = read(shared / "data" / "videos" / name)
    assert (len(frames), info.width, info.height) == REAL[name]
    assert all(frame.bgr().shape == (info.height, info.width, 3) for frame in frames)
    assert (info.duration_ns is None) == name.endswith(".webm")


@pytest.mark.parametrize("name", ["awkward_rotated90.mov", "highway_busy_1024x512_10fps.mp4", "awkward_people.gif"])
def test_colours_and_rotation_are_those_of_opencv(shared: Path, name: str):
    import cv2

    path = shared / "data" / "videos" / name
    with open_source(str(path), FrameBuffers()) as source:
        ours = next(iter(source.frames())).bgr()
    found, theirs = cv2.VideoCapture(str(path)).read()
    assert found
    assert np.abs(ours.astype(int) - theirs).max() <= 2


def test_a_real_damaged_recording_gives_its_28_frames(shared: Path):
    frames, error = read_until_lost(shared / "data" / "videos" / "awkward_corrupted_after_28_frames.mp4")
    assert [frame.index for frame in frames] == list(range(28))
    assert "damaged" in str(error)
