from __future__ import annotations

import gc
import mmap
import threading

import numpy as np
import pytest

from core.buffers import FrameBuffers, block_of
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


@pytest.mark.parametrize("format", PixelFormat)
def test_a_block_begins_on_a_page_and_is_filled_by_its_planes(format: PixelFormat):
    planes = FrameBuffers().take(format, 33, 21)
    block = block_of(planes)
    assert block is not None
    assert block.ctypes.data % mmap.PAGESIZE == 0
    block[:] = np.arange(block.size, dtype=np.uint8)
    np.testing.assert_array_equal(np.concatenate([plane.ravel() for plane in planes]), block)


def test_two_blocks_share_no_page():
    buffers = FrameBuffers()
    held = [buffers.take(PixelFormat.BGR, 3, 3) for _ in range(8)]
    starts = [block.ctypes.data for planes in held if (block := block_of(planes)) is not None]
    assert len({start // mmap.PAGESIZE for start in starts}) == 8


def test_a_block_is_the_same_object_each_time_it_is_lent():
    buffers = FrameBuffers()
    first = block_of(buffers.take(PixelFormat.I420, 32, 32))
    assert first is not None
    assert block_of(buffers.take(PixelFormat.I420, 32, 32)) is first


def test_a_block_outlives_its_pool_and_its_planes():
    planes = FrameBuffers().take(PixelFormat.BGR, 8, 8)
    planes[0][:] = 7
    block = block_of(planes)
    del planes
    gc.collect()
    assert block is not None
    assert set(np.unique(block)) == {7}


def test_whoever_holds_a_block_keeps_it_from_no_other_frame():
    buffers = CountedBuffers()
    held = block_of(buffers.take(PixelFormat.BGR, 8, 8))
    buffers.take(PixelFormat.BGR, 8, 8)
    assert (len(buffers.allocated), held is not None) == (1, True)


@pytest.mark.parametrize(
    "other",
    [
        lambda planes: planes[:2],
        lambda planes: (planes[0], planes[2], planes[1]),
        lambda planes: (planes[0][::-1], *planes[1:]),
        lambda planes: (planes[0][1:], *planes[1:]),
        lambda planes: (planes[0][:, ::2], *planes[1:]),
        lambda planes: tuple(plane.copy() for plane in planes),
        lambda planes: (planes[0].copy(), *planes[1:]),
        lambda planes: (np.frombuffer(bytes(1536), np.uint8).reshape(48, 32),),
        lambda planes: (np.frombuffer(mmap.mmap(-1, 64), np.uint8),),
    ],
)
def test_planes_that_do_not_fill_a_block_in_order_have_none(other):
    assert block_of(other(FrameBuffers().take(PixelFormat.I420, 32, 32))) is None


def test_the_whole_block_as_one_plane_is_its_block():
    block = block_of(FrameBuffers().take(PixelFormat.I420, 32, 32))
    assert block is not None
    assert block_of([np.frombuffer(block.data, np.uint8)]) is block
