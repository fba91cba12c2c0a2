from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

from core.buffers import FrameBuffers
from core.pixels import U8, PixelFormat, plane_shapes
from core.types import Frame


class CountedBuffers(FrameBuffers):
    def __init__(self) -> None:
        super().__init__()
        self.allocated: list[int] = []

    def allocate(self, size: int) -> U8:
        self.allocated.append(size)
        return super().allocate(size)


@pytest.mark.parametrize("format", PixelFormat)
def test_planes_have_the_shapes_of_their_format_and_do_not_overlap(format: PixelFormat):
    planes = FrameBuffers().take(format, 33, 21)
    assert tuple(plane.shape for plane in planes) == plane_shapes(format, 33, 21)
    for value, plane in enumerate(planes):
        plane[:] = value
    assert [set(np.unique(plane)) for plane in planes] == [{value} for value in range(len(planes))]


def test_a_block_is_used_again_once_nobody_looks_into_it():
    buffers = CountedBuffers()
    for _ in range(10):
        buffers.take(PixelFormat.I420, 32, 32)
    assert buffers.allocated == [32 * 32 * 3 // 2]


@pytest.mark.parametrize(
    "keep", [lambda planes: planes[1], lambda planes: planes[0][3:5, 2:9], lambda planes: planes[2].T]
)
def test_one_view_of_one_plane_holds_the_whole_block(keep):
    buffers = FrameBuffers()
    planes = buffers.take(PixelFormat.I420, 32, 32)
    for plane in planes:
        plane[:] = 7
    view = keep(planes)
    del planes, plane
    gc.collect()
    for other in buffers.take(PixelFormat.I420, 32, 32):
        other[:] = 9
    assert set(np.unique(view)) == {7}


def test_a_frame_and_its_converted_picture_hold_their_block():
    buffers = FrameBuffers()
    planes = buffers.take(PixelFormat.BGR, 8, 8)
    planes[0][:] = 7
    picture = Frame(planes, 8, 8, 0, 0).bgr()
    del planes
    gc.collect()
    buffers.take(PixelFormat.BGR, 8, 8)[0][:] = 9
    assert set(np.unique(picture)) == {7}


def test_as_many_blocks_as_frames_in_use():
    buffers = CountedBuffers()
    held = [buffers.take(PixelFormat.BGR, 8, 8) for _ in range(3)]
    assert len(buffers.allocated) == 3
    held.clear()
    held = [buffers.take(PixelFormat.BGR, 8, 8) for _ in range(3)]
    assert len(buffers.allocated) == 3


def test_blocks_of_an_earlier_size_are_let_go():
    buffers = CountedBuffers()
    small = buffers.take(PixelFormat.BGR, 8, 8)
    buffers.take(PixelFormat.BGR, 16, 8)
    del small
    gc.collect()
    assert buffers.take(PixelFormat.BGR, 16, 8)[0].shape == (8, 16, 3)
    assert buffers.allocated == [192, 384]


def test_a_block_may_come_back_from_another_thread():
    buffers = CountedBuffers()
    for _ in range(20):
        frames = [buffers.take(PixelFormat.BGR, 8, 8)]
        thread = threading.Thread(target=frames.clear)
        thread.start()
        thread.join()
    assert len(buffers.allocated) == 1
