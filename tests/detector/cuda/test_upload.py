"""How frames come before a GPU: what is copied, what is locked, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from cuda_on_cpu.device import Device, view
from cuda_on_cpu.streams import Stream

from core.buffers import FrameBuffers
from core.errors import EngineUnavailable
from core.pixels import PixelFormat, plane_shapes
from core.types import Frame
from detector.cuda.letterbox import PICTURE
from detector.cuda.memory import Memory
from detector.cuda.upload import MOST_BLOCKS, Copied, Mapped, PageLocks, Upload

SIZE = 33, 21
FORMATS = list(PixelFormat)
WAYS = (Copied, Mapped)


@pytest.fixture
def device() -> Iterator[Device]:
    with Device() as opened:
        yield opened


@pytest.fixture
def stream(device: Device) -> Stream:
    return device.stream()


@pytest.fixture
def locks(device: Device, stream: Stream) -> Iterator[PageLocks]:
    with PageLocks(device, stream.synchronize) as opened:
        yield opened


def fill(planes: tuple[np.ndarray, ...], seed: int, format: PixelFormat) -> Frame:
    random = np.random.default_rng(seed)
    for plane in planes:
        plane[...] = random.integers(0, 256, plane.shape)
    return Frame(planes, *SIZE, 0, 0, format=format)


def pooled(buffers: FrameBuffers, format: PixelFormat, seed: int = 0) -> Frame:
    return fill(buffers.take(format, *SIZE), seed, format)


def foreign(_: FrameBuffers, format: PixelFormat, seed: int = 0) -> Frame:
    """Planes of nobody's pool, some of them not contiguous."""
    return fill(tuple(np.empty(shape, np.uint8)[:, ::-1] for shape in plane_shapes(format, *SIZE)), seed, format)


def seen(upload: Upload, format: PixelFormat) -> list[np.ndarray]:
    """The planes to which the record points."""
    record = view(upload.picture, (1,), PICTURE)[0]
    shapes = plane_shapes(format, *SIZE)
    return [view(int(address), shape, np.uint8) for address, shape in zip(record["planes"], shapes, strict=False)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("make", [pooled, foreign])
def test_the_record_points_at_the_frame(
    device: Device, locks: PageLocks, way: type[Upload], format: PixelFormat, make: Callable[..., Frame]
) -> None:
    buffers, stream = FrameBuffers(), device.stream()
    frames = [make(buffers, format, seed) for seed in range(3)]
    with Memory(device) as memory:
        upload = way(frames[0], memory, locks, stream)
        for frame in (*frames, frames[0]):
            upload.send(frame)
            stream.synchronize()
            for plane, expected in zip(seen(upload, format), frame.planes, strict=True):
                np.testing.assert_array_equal(plane, expected)
    assert device.allocated_bytes == 0


def test_a_mapped_frame_is_read_where_it_lies(device: Device, locks: PageLocks, stream: Stream) -> None:
    frame = pooled(FrameBuffers(), PixelFormat.BGR)
    with Memory(device) as memory:
        upload = Mapped(frame, memory, locks, stream)
        upload.send(frame)
        stream.synchronize()
        assert np.shares_memory(seen(upload, PixelFormat.BGR)[0], frame.planes[0])


def test_the_pool_gets_its_buffers_back(device: Device, locks: PageLocks, stream: Stream) -> None:
    """A lock holds the block and not the frame in it."""
    buffers = FrameBuffers()
    with Memory(device) as memory:
        uploads = [way(pooled(buffers, PixelFormat.BGR), memory, locks, stream) for way in WAYS]
        for upload in uploads * 5:
            upload.send(pooled(buffers, PixelFormat.BGR))
            stream.synchronize()
        assert device.registered <= len(WAYS) + 2


def test_a_block_is_locked_once(device: Device, locks: PageLocks) -> None:
    block = FrameBuffers().allocate(5000)
    assert locks.address(block) == locks.address(block) == block.ctypes.data
    assert device.registered == 1
    locks.release()
    assert device.registered == 0


def test_the_least_recently_used_block_is_given_up(device: Device, locks: PageLocks) -> None:
    buffers = FrameBuffers()
    blocks = [buffers.allocate(5000) for _ in range(MOST_BLOCKS + 1)]
    for block in blocks[:-1]:
        locks.address(block)
    locks.address(blocks[0])
    locks.address(blocks[-1])
    assert device.registered == MOST_BLOCKS
    assert device.locked(blocks[0])
    assert not device.locked(blocks[1])


def test_what_uses_a_block_is_done_before_it_is_given_up(device: Device, locks: PageLocks, stream: Stream) -> None:
    buffers = FrameBuffers()
    place = device.allocate(5000)
    for _ in range(MOST_BLOCKS + 5):
        block = buffers.allocate(5000)
        locks.address(block)
        stream.upload(place, block)
    assert device.registered == MOST_BLOCKS


class Unlocking(Device):
    """CUDA refuses to lock memory."""

    def register(self, block: np.ndarray) -> int:
        raise EngineUnavailable("too much memory is locked", "Raise the limit.")


def test_frames_come_up_without_locks_too() -> None:
    buffers = FrameBuffers()
    with Unlocking() as device, Memory(device) as memory:
        stream = device.stream()
        with PageLocks(device, stream.synchronize) as locks:
            frame = pooled(buffers, PixelFormat.I420)
            upload = Copied(frame, memory, locks, stream)
            upload.send(frame)
            stream.synchronize()
            np.testing.assert_array_equal(seen(upload, PixelFormat.I420)[1], frame.planes[1])
            assert locks.notes == ("frames are not page-locked: too much memory is locked",)
