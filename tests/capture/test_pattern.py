from __future__ import annotations

import time
from itertools import islice

import numpy as np
import pytest
from contracts.source_contract import SourceContract

from capture.source import CaptureOptions, open_source
from core.buffers import FrameBuffers
from core.errors import SourceLost, UsageError


class TestRecordedPattern(SourceContract):
    @pytest.fixture
    def uri(self) -> str:
        return "pattern:?width=64&height=48&fps=29.97&frames=20"


class TestLivePattern(SourceContract):
    @pytest.fixture
    def uri(self) -> str:
        return "pattern:?width=64&height=48&fps=500&live=1"


def frames_of(uri: str, count: int, options: CaptureOptions | None = None):
    with open_source(uri, FrameBuffers(), options) as source:
        return list(islice(source.frames(), count))


def test_without_parameters_it_never_ends():
    with open_source("pattern:", FrameBuffers()) as source:
        assert (source.info.width, source.info.height, source.info.fps) == (640, 360, 30.0)
        assert source.info.duration_ns is None
        assert next(iter(source.frames(3600 * 10**9))).index == 3600 * 30


def test_it_ends_after_the_frames_asked_for():
    assert [frame.index for frame in frames_of("pattern:?frames=3", 10)] == [0, 1, 2]


def test_the_same_index_gives_the_same_picture_and_another_one_another():
    first, second = frames_of("pattern:?frames=12", 12), frames_of("pattern:?frames=12", 12)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.bgr(), other.bgr())
    assert len({frame.bgr().tobytes() for frame in first}) == 12


def test_the_counter_alone_tells_frames_apart_where_vehicles_are_too_small():
    pictures = [frame.bgr() for frame in frames_of("pattern:?width=40&height=7&frames=11", 11)]
    assert len({picture[:7, :12].tobytes() for picture in pictures}) == 11


def test_media_times_are_those_of_the_rate():
    assert [frame.media_ns for frame in frames_of("pattern:?fps=30", 4)] == [0, 33333333, 66666667, 100000000]


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4097, 3), (3, 301)])
def test_odd_sizes(width: int, height: int):
    frame = frames_of(f"pattern:?width={width}&height={height}", 100)[-1]
    assert frame.bgr().shape == (height, width, 3)


def test_options_stand_in_for_parameters_left_out():
    frame = frames_of("pattern:?width=50", 1, CaptureOptions(width=70, height=30, fps=10))[0]
    assert (frame.width, frame.height) == (50, 30)


def test_it_fails_where_it_is_told_to():
    with open_source("pattern:?fail_at=3", FrameBuffers()) as source:
        frames = source.frames()
        assert [next(frames).index for _ in range(3)] == [0, 1, 2]
        with pytest.raises(SourceLost, match="frame 3"):
            next(frames)


def test_live_it_takes_its_time_and_its_end_is_a_loss():
    begun = time.perf_counter()
    with open_source("pattern:?frames=5&fps=50&live=1&width=8&height=8", FrameBuffers()) as source:
        assert source.info.live
        assert not source.info.seekable
        frames = source.frames()
        for index in range(5):
            assert next(frames).index == index
            assert time.perf_counter() - begun >= index / 50
        with pytest.raises(SourceLost):
            next(frames)


@pytest.mark.parametrize(
    "uri",
    [
        "pattern:?widht=3",
        "pattern:?width=wide",
        "pattern:?width=",
        "pattern:?width=0",
        "pattern:?height=9000",
        "pattern:?fps=0",
        "pattern:?fps=nan",
        "pattern:?live=yes",
    ],
)
def test_nonsense_is_refused(uri: str):
    with pytest.raises(UsageError) as caught:
        open_source(uri, FrameBuffers())
    assert len(str(caught.value).splitlines()) == 1


def test_an_unknown_parameter_is_answered_with_those_that_exist():
    with pytest.raises(UsageError, match="width, height, fps, frames, fail_at, live"):
        open_source("pattern:?colour=red", FrameBuffers())
