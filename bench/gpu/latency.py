"""From a frame on the host to boxes on the host, and what of that is the network and what the copy."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle
from statistics import median

from bench.gpu.parts import Parts
from bench.gpu.stopwatch import Arm, Stopwatch, Taken
from core.buffers import block_of
from core.pixels import U8
from core.types import Frame
from detector.cuda.detector import CudaDetector
from detector.cuda.gpu import Gpu
from detector.cuda.memory import Memory


def arms(detector: CudaDetector, frames: Sequence[Frame], memory: Memory, watch: Stopwatch) -> Mapping[str, Arm]:
    """For frames of one form, the first of which the detector has seen."""
    parts = Parts(detector.gpu, detector.network, frames[0], memory)
    parts.launch_all(frames[0])
    engine = detector.network.engine.enqueue
    copies = Copies(detector.gpu, [_block(frame) for frame in frames], memory)
    return {
        "engine": watch.by_host(watch.recorded(engine)),
        "copy": watch.by_host(copies.next),
        "whole": partial(_whole, detector, cycle(frames)),
        "eager": _eager(parts, watch, cycle(frames)),
        "engine_by_gpu": watch.by_gpu(engine),
        "copy_by_gpu": watch.by_gpu(copies.first),
        "letterbox": watch.kernel(parts.letterbox),
        "decode_suppress": watch.kernel(parts.decode),
    }


def overhead_ms(taken: Taken, clock: str = "") -> float:
    """Whole path – engine – copy: the median over rounds of the differences of medians.

    The whole path is timed by the host. So are engine and copy, unless `clock` is "_by_gpu": then the host's launches
    of them and its waits for them count as the path's.
    """
    rounds = zip(taken["whole"], taken[f"engine{clock}"], taken[f"copy{clock}"], strict=True)
    return round(median(median(whole) - median(engine) - median(copy) for whole, engine, copy in rounds), 4)


class Copies:
    """Page-locked blocks of one size, copied to one place on the GPU."""

    def __init__(self, gpu: Gpu, blocks: Sequence[U8], memory: Memory) -> None:
        for block in blocks:
            gpu.locks.address(block)
        self._stream = gpu.computing
        self._place = memory.allocate(blocks[0].nbytes)
        self._first = blocks[0]
        self._blocks = cycle(blocks)

    def first(self) -> None:
        """Always the same one, as a graph copies it."""
        self._stream.upload(self._place, self._first)

    def next(self) -> None:
        """One after another."""
        self._stream.upload(self._place, next(self._blocks))


def _whole(detector: CudaDetector, frames: cycle[Frame]) -> float:
    frame = next(frames)
    began = time.perf_counter()
    detector.submit(frame)
    detector.collect()
    return (time.perf_counter() - began) * 1e3


def _eager(parts: Parts, watch: Stopwatch, frames: cycle[Frame]) -> Arm:
    def measure() -> float:
        frame = next(frames)
        began = time.perf_counter()
        parts.launch_all(frame)
        watch.wait()
        parts.read()
        return (time.perf_counter() - began) * 1e3

    return measure


def _block(frame: Frame) -> U8:
    block = block_of(frame.planes)
    if block is None:
        raise ValueError("expected a frame in a buffer of a pool")
    return block
