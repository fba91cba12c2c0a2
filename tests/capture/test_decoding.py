from __future__ import annotations

from pathlib import Path

import av
import pytest
import software_decoder
from clips import Clip, number_of

from capture.decoding import FFMPEG, Decoder, live_decoder, recording_decoder
from capture.gstreamer.hardware import Decoding, PipelineDecoder
from capture.gstreamer.native import lacks
from capture.videofile import VideoFile

FRAMES = 30
SILENT = Decoding(f"{software_decoder.H264.elements} ! valve drop=true", "a silent decoder")
ABSENT = Decoding("nonsense", "an absent decoder")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Clip(frames=FRAMES, options={"g": "10"}).write(tmp_path / "clip.mp4")


@pytest.fixture(autouse=True)
def elements() -> None:
    software_decoder.need(software_decoder.H264)


@pytest.mark.parametrize("decoding", [SILENT, ABSENT])
def test_where_hardware_fails_no_picture_is_lost_and_it_is_said(path: Path, decoding: Decoding):
    with av.open(str(path)) as container:
        decoder = Decoder(PipelineDecoder(container.streams.video[0], decoding, 0))
        pictures = [picture for packet in container.demux(video=0) for picture in decoder.decode(packet)]
    assert [number_of(picture.to_ndarray(format="bgr24")) for picture in pictures] == list(range(FRAMES))
    assert decoder.words.startswith(f"{FFMPEG}: {decoding.words} failed: ")


def test_without_hardware_ffmpeg_decodes(path: Path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert Decoder().words == FFMPEG
        for decoder in (live_decoder(stream), recording_decoder(stream, turned=False)):
            assert decoder.words.startswith((FFMPEG, "nvv4l2decoder"))


def test_a_file_that_hardware_decodes_has_the_same_times_and_seeks(path: Path):
    file = VideoFile(path)
    expected = [media_ns for _, media_ns in file.pictures()]
    file.decode_with(lambda stream: Decoder(PipelineDecoder(stream, software_decoder.H264, 8)))
    assert [media_ns for _, media_ns in file.pictures()] == expected
    for start_ns in (expected[17], expected[3], expected[25]):
        picture, media_ns = next(file.pictures(start_ns))
        assert media_ns == start_ns
        assert picture.format.name == "bgr0"
        assert abs(picture.to_ndarray(format="bgr24").mean() - (16 + 4 * expected.index(start_ns))) <= 3
    assert file.decoder == software_decoder.H264.words
    file.close()


@pytest.mark.parametrize(
    ("turned", "reason"), [(False, "GStreamer has no nvv4l2decoder"), (True, "it is not used for turned pictures")]
)
def test_a_jetson_says_why_its_hardware_does_not_decode(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turned: bool, reason: str
):
    board = tmp_path / "model"
    board.write_text("NVIDIA Jetson Orin Nano Developer Kit")
    monkeypatch.setattr("capture.listing.BOARD", board)
    if not turned and lacks("nvv4l2decoder") is None:
        pytest.skip("this machine has the decoder")
    with av.open(str(path)) as container:
        decoder = recording_decoder(container.streams.video[0], turned)
        assert decoder.words == f"{FFMPEG}: no hardware, {reason}"
        assert len([picture for packet in container.demux(video=0) for picture in decoder.decode(packet)]) == FRAMES
