from __future__ import annotations

import pytest

from capture.source import CaptureOptions, open_source
from capture.sources.csi import Parameters, pipeline
from core.buffers import FrameBuffers
from core.errors import UsageError
from core.pixels import PixelFormat


def gpu_buffers() -> FrameBuffers:
    return FrameBuffers((PixelFormat.I420, PixelFormat.NV12, PixelFormat.YUYV, PixelFormat.BGRX, PixelFormat.BGR))


def elements(line: str) -> list[str]:
    return line.split(" ! ")


def test_the_pipeline_of_a_sensor():
    parts = elements(pipeline(1, Parameters(1920, 1080, 29.97, 6), PixelFormat.BGR))
    assert parts[0] == "nvarguscamerasrc sensor-id=1"
    caps = "video/x-raw(memory:NVMM),width=1920,height=1080,framerate=2997/100,format=NV12"
    assert parts[1].replace("30000/1001", "2997/100") == caps
    assert parts[2] == "nvvidconv flip-method=6"
    assert parts[-3:-1] == ["videoconvert", "video/x-raw,format=BGR"]
    assert parts[-1].split() == ["appsink", "drop=true", "max-buffers=1", "sync=false"]


def test_an_owner_that_takes_it_gets_what_nvvidconv_makes_without_the_cpu():
    launch = open_source("csi://0", gpu_buffers()).launch
    assert launch.formats == (PixelFormat.BGRX,)
    assert elements(launch.description)[-3:-1] == ["nvvidconv flip-method=0", "video/x-raw,format=BGRx"]


@pytest.mark.parametrize(
    ("uri", "options", "words"),
    [
        ("csi://0", CaptureOptions(), ["sensor-id=0", "width=1280,height=720,framerate=30/1", "flip-method=0"]),
        ("csi://1", CaptureOptions(640, 480, 60.0), ["sensor-id=1", "width=640,height=480,framerate=60/1"]),
        ("csi://0?width=1920&height=1080", CaptureOptions(640, 480, 15.0), ["width=1920,height=1080,framerate=15/1"]),
        ("csi://0?flip=2", CaptureOptions(), ["flip-method=2"]),
    ],
)
def test_the_address_comes_before_the_options(uri: str, options: CaptureOptions, words: list[str]):
    line = open_source(uri, FrameBuffers(), options).launch.description
    assert all(word in line for word in words)


@pytest.mark.parametrize(
    "uri", ["csi://0?flip=8", "csi://0?flip=-1", "csi://left", "csi://0?width=0", "csi://0?size=9"]
)
def test_what_no_sensor_has(uri: str):
    with pytest.raises(UsageError):
        open_source(uri, FrameBuffers())
