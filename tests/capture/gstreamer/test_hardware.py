from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import software_decoder
from clips import Clip

from capture.gstreamer.hardware import MOST_AHEAD, DecoderFault, Decoding, PipelineDecoder, pipeline, unfit
from core.pixels import U8

FRAMES = 24
STEP = 8


def stepped(index: int, width: int, height: int) -> U8:
    return np.full((height, width, 3), 20 + STEP * index, np.uint8)


def step_of(picture: av.VideoFrame) -> int:
    return round((float(picture.to_ndarray(format="bgr24").mean()) - 20) / STEP)


def clip(path: Path, codec: str, **options: str) -> Path:
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    return Clip(codec=codec, frames=FRAMES, paint=stepped, options=options | quiet).write(path)


def decoded(path: Path, decoding: Decoding, ahead: int) -> Iterator[list[av.VideoFrame]]:
    with av.open(str(path)) as container:
        decoder = PipelineDecoder(container.streams.video[0], decoding, ahead)
        for packet in container.demux(video=0):
            yield decoder.decode(packet)
        decoder.close()


@pytest.mark.parametrize("ahead", [0, 8])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.ts", "clip.mkv"])
@pytest.mark.parametrize(("codec", "decoding"), [("libx264", "H264"), ("libx265", "HEVC")])
def test_every_picture_comes_in_order_with_its_own_time(
    tmp_path: Path, codec: str, decoding: str, name: str, ahead: int
):
    elements = getattr(software_decoder, decoding)
    software_decoder.need(elements)
    path = clip(tmp_path / name, codec)
    with av.open(str(path)) as container:
        expected = [(picture.pts, picture.time_base) for picture in container.decode(video=0)]
    pictures = [picture for some in decoded(path, elements, ahead) for picture in some]
    assert [step_of(picture) for picture in pictures] == list(range(FRAMES))
    assert [(picture.pts, picture.time_base) for picture in pictures] == expected


def test_live_pictures_are_not_kept_waiting_for_the_packets_that_follow(tmp_path: Path):
    software_decoder.need(software_decoder.H264)
    path = clip(tmp_path / "clip.mp4", "libx264", bf="0")
    counts = [len(some) for some in decoded(path, software_decoder.H264, 0)]
    assert counts[-1] <= 2
    assert max(counts[4:-1]) == 1


def test_after_it_was_closed_it_begins_anew(tmp_path: Path):
    software_decoder.need(software_decoder.H264)
    with av.open(str(clip(tmp_path / "clip.mp4", "libx264"))) as container:
        stream = container.streams.video[0]
        decoder = PipelineDecoder(stream, software_decoder.H264, MOST_AHEAD)
        for _ in range(2):
            container.seek(0, stream=stream)
            pictures = [picture for packet in container.demux(stream) for picture in decoder.decode(packet)]
            assert [step_of(picture) for picture in pictures] == list(range(FRAMES))
            decoder.close()


def test_elements_that_are_not_there_are_a_fault(tmp_path: Path):
    software_decoder.need(software_decoder.H264)
    with pytest.raises(DecoderFault, match="nonsense"):
        next(decoded(clip(tmp_path / "clip.mp4", "libx264"), Decoding("nonsense", "nonsense"), 0))


def test_a_picture_that_does_not_fill_its_size_is_a_fault(tmp_path: Path):
    software_decoder.need(software_decoder.H264)
    lying = f"{software_decoder.H264.elements} ! video/x-raw,format=BGRx ! capssetter caps=video/x-raw,width=8"
    with pytest.raises(DecoderFault, match="a picture of 8x"):
        list(decoded(clip(tmp_path / "clip.mp4", "libx264"), Decoding(lying, "lying"), 0))


@pytest.mark.parametrize(
    ("codec", "name", "form"),
    [
        ("libx264", "clip.mp4", "video/x-h264,stream-format=avc,codec_data=(buffer)01"),
        ("libx264", "clip.ts", "video/x-h264,stream-format=byte-stream,alignment=au"),
        ("libx265", "clip.mp4", "video/x-h265,stream-format=hvc1,codec_data=(buffer)01"),
        ("libx265", "clip.ts", "video/x-h265,stream-format=byte-stream,alignment=au"),
    ],
)
def test_the_pipeline_is_told_how_the_packets_are_made(tmp_path: Path, codec: str, name: str, form: str):
    with av.open(str(clip(tmp_path / name, codec))) as container:
        line = pipeline(container.streams.video[0].codec_context, "nvv4l2decoder ! nvvidconv")
    parts = line.split(" ! ")
    assert parts[0].startswith(f'appsrc name=source format=time caps="{form}')
    assert parts[1] == ("h264parse" if codec == "libx264" else "h265parse")
    assert parts[2:] == ["nvv4l2decoder", "nvvidconv", "video/x-raw,format=BGRx", "appsink name=sink sync=false"]


def test_why_hardware_does_not_decode():
    assert unfit("mjpeg") == "it is not used for mjpeg"
    assert unfit("h264") in (None, "GStreamer has no nvv4l2decoder", "GStreamer is not installed")
