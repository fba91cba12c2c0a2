"""What every source must do, as one suite.

A kind's test module subclasses `SourceContract` and overrides the fixture `uri` (and `options`, or `opener` where the
source is made in another way). What only recordings can do is skipped for live sources.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import pytest

from capture.source import KINDS, CaptureOptions, Source, open_source
from core import plugins
from core.buffers import FrameBuffers
from core.pixels import U8
from core.types import Frame

Opener = Callable[[FrameBuffers], Source]
SOME = 5


class WatchedBuffers(FrameBuffers):
    """Counts blocks, and knows whether an array lies in one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[U8] = []

    def allocate(self, size: int) -> U8:
        self.blocks.append(super().allocate(size))
        return self.blocks[-1]

    def hold(self, plane: U8) -> bool:
        return any(np.shares_memory(plane, block) for block in self.blocks)


def some(source: Source, start_ns: int = 0) -> list[Frame]:
    """The next few frames, and no more asked for."""
    return list(islice(source.frames(start_ns), SOME))


def recorded(source: Source) -> Source:
    if source.info.live or not source.info.seekable:
        pytest.skip("not a recording")
    return source


class SourceContract:
    @pytest.fixture
    def uri(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def options(self) -> CaptureOptions:
        return CaptureOptions(timeout_s=5.0)

    @pytest.fixture
    def opener(self, uri: str, options: CaptureOptions) -> Opener:
        return lambda buffers: open_source(uri, buffers, options)

    @pytest.fixture
    def source(self, opener: Opener) -> Iterator[Source]:
        with opener(FrameBuffers()) as source:
            yield source

    def test_exactly_one_kind_claims_the_address(self, uri: str, source: Source) -> None:
        claims = [name for name in plugins.names(KINDS) if plugins.load(KINDS, name).claims(uri)]
        assert claims == [source.info.kind]

    def test_info_describes_what_comes(self, source: Source) -> None:
        frame = some(source)[0]
        assert (source.info.width, source.info.height) == (frame.width, frame.height)
        assert source.info.format
        assert source.info.decoder

    def test_frames_are_counted_from_zero(self, source: Source) -> None:
        indices = [frame.index for frame in some(source)]
        assert indices[0] == 0
        assert indices == sorted(set(indices))

    def test_frames_are_stamped_when_they_come(self, source: Source) -> None:
        before_ns = time.perf_counter_ns()
        stamps = [frame.captured_ns for frame in some(source)]
        assert stamps == sorted(set(stamps))
        assert source.info.live or before_ns <= stamps[0]
        assert stamps[-1] <= time.perf_counter_ns()

    def test_recordings_have_media_times_that_grow_and_streams_may(self, source: Source) -> None:
        times = [frame.media_ns for frame in some(source)]
        if source.info.live and None in times:
            assert set(times) == {None}
        else:
            assert times == sorted({time_ns for time_ns in times if time_ns is not None})

    def test_planes_are_lent(self, opener: Opener) -> None:
        buffers = WatchedBuffers()
        with opener(buffers) as source:
            assert all(buffers.hold(plane) for frame in some(source) for plane in frame.planes)

    def test_buffers_come_back(self, opener: Opener) -> None:
        buffers = WatchedBuffers()
        with opener(buffers) as source:
            for _ in islice(source.frames(), 2 * SOME):
                pass
        assert len(buffers.blocks) <= SOME

    def test_a_frame_that_is_held_keeps_its_picture(self, source: Source) -> None:
        frames = source.frames()
        held = next(frames)
        before = held.bgr().copy()
        for _ in islice(frames, SOME):
            pass
        np.testing.assert_array_equal(held.bgr(), before)

    def test_it_can_be_opened_again(self, opener: Opener) -> None:
        for _ in range(2):
            with opener(FrameBuffers()) as source:
                assert some(source)

    def test_nothing_stays_open(self, opener: Opener) -> None:
        with opener(FrameBuffers()) as source:
            some(source)
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        with opener(FrameBuffers()) as source:
            some(source)
        del source
        gc.collect()
        assert len(os.listdir("/proc/self/fd")) == before

    def test_a_recording_plays_again(self, source: Source) -> None:
        first, second = some(recorded(source)), some(source)
        for once, again in zip(first, second, strict=True):
            assert (once.index, once.media_ns) == (again.index, again.media_ns)
            np.testing.assert_array_equal(once.bgr(), again.bgr())

    def test_a_seek_finds_the_first_frame_not_before(self, source: Source) -> None:
        for wanted in reversed(some(recorded(source))):
            assert wanted.media_ns is not None
            for start_ns in (wanted.media_ns, wanted.media_ns - 1):
                found = next(iter(source.frames(start_ns)))
                assert found.media_ns == wanted.media_ns
                np.testing.assert_array_equal(found.bgr(), wanted.bgr())

    def test_nothing_comes_after_the_end(self, source: Source) -> None:
        duration_ns = recorded(source).info.duration_ns
        if duration_ns is None:
            pytest.skip("its length is not known")
        assert some(source, duration_ns) == []
