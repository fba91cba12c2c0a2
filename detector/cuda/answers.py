"""What comes back from the GPU: boxes, classes or a map of classes, as the head's kernels answer.

Each kind queues the kernels behind the engine, and tells where their answer lies and how it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.pixels import U8
from core.types import ClassMap, Prediction, Thresholds
from detector import faults
from detector.cuda import found
from detector.cuda.driver import Stream
from detector.cuda.found import FOUND, Record
from detector.cuda.kernels import KERNELS, Answer
from detector.cuda.launches import Launch, Workbench
from detector.cuda.network import shape
from detector.cuda.raster import raster_block
from detector.raster import Raster
from detector.segments import Segments

SUPPRESS_THREADS = 1024
KEY_BYTES, BOX_BYTES = 8, 16
HEAD = np.dtype(FOUND.descr[:-1])


@dataclass(frozen=True)
class Reading:
    """What was found, and how many candidates suppression did not look at."""

    prediction: Prediction
    overlooked: int = 0


class Decoding(Protocol):
    """`size` bytes of answer lie at `result` when the work is done."""

    result: int
    size: int

    def enqueue(self, stream: Stream) -> None:
        """Queue the kernels."""
        ...

    def reader(self, answer: U8) -> Callable[[], Reading]:
        """What reads an answer that was copied there; it raises `OutputInvalid` where that is nonsense."""
        ...


def decoding(bench: Workbench) -> Decoding:
    """By what the head's kernels find."""
    kinds: dict[Answer | None, Callable[[Workbench], Decoding]] = {
        Answer.BOXES: Boxes,
        Answer.CLASSES: Classes,
        Answer.MAP: Map,
    }
    return kinds[KERNELS[bench.calls[0].kernel].answer](bench)


class Boxes:
    """Candidates of all rows, suppressed, in frame pixels."""

    size = FOUND.itemsize

    def __init__(self, bench: Workbench) -> None:
        rows, classes = sum(call.items for call in bench.calls), bench.network.model.layout.classes
        keys = bench.memory.allocate(rows * classes * KEY_BYTES)
        boxes = bench.memory.allocate(rows * BOX_BYTES)
        candidates = bench.store(found.candidates_record(keys, boxes, rows, classes))
        placement = bench.store(found.placement_record(bench.transform))
        needs_nms = np.int32(bench.network.head.needs_nms)
        self.result = bench.memory.allocate(self.size)
        self._check = Check(bench)
        suppress = Launch(
            bench.gpu.kernels.function("suppress"),
            1,
            SUPPRESS_THREADS,
            (bench.gpu.settings, candidates, placement, needs_nms, self.result),
        )
        self._launches = (*bench.launches(bench.gpu.settings, candidates), suppress)

    def enqueue(self, stream: Stream) -> None:
        """One kernel for each of the head's calls, and suppression, which leaves the list of candidates empty."""
        for launch in self._launches:
            launch.enqueue(stream)

    def reader(self, answer: U8) -> Callable[[], Reading]:
        """Detections in memory of their own."""
        record = answer.view(FOUND)

        def read() -> Reading:
            self._check(record)
            return Reading(found.detections(record), found.overlooked(record))

        return read


class Classes:
    """The likeliest classes of the whole frame."""

    size = FOUND.itemsize

    def __init__(self, bench: Workbench) -> None:
        self.result = bench.memory.allocate(self.size)
        self._check = Check(bench)
        (self._launch,) = bench.launches(bench.gpu.settings, self.result)

    def enqueue(self, stream: Stream) -> None:
        """One kernel."""
        self._launch.enqueue(stream)

    def reader(self, answer: U8) -> Callable[[], Reading]:
        """Classes in memory of their own."""
        record = answer.view(FOUND)

        def read() -> Reading:
            self._check(record)
            return Reading(found.classification(record))

        return read


class Map:
    """A class for each pixel of the frame, behind the head of a `Found`, of which nothing else is written."""

    def __init__(self, bench: Workbench) -> None:
        self._shape = bench.transform.frame_height, bench.transform.frame_width
        self.size = HEAD.itemsize + self._shape[0] * self._shape[1]
        self.result = bench.memory.allocate(self.size)
        size = _map_size(bench)
        raster = bench.store(raster_block(Raster.of(bench.transform, *size), *size))
        self._check = Check(bench)
        self._launches = bench.launches(bench.gpu.settings, raster, self.result + HEAD.itemsize, self.result)

    def enqueue(self, stream: Stream) -> None:
        """The head begins empty; one kernel for each of the network's maps."""
        stream.fill(self.result, 0, HEAD.itemsize)
        for launch in self._launches:
            launch.enqueue(stream)

    def reader(self, answer: U8) -> Callable[[], Reading]:
        """A map in memory of its own."""
        head = answer[: HEAD.itemsize].view(HEAD)
        pixels = answer[HEAD.itemsize :].reshape(self._shape)

        def read() -> Reading:
            self._check(head)
            return Reading(ClassMap(pixels.copy()))

        return read


class Check:
    """Raises `OutputInvalid` where an answer tells of nonsense, in the order of the CPU's checks."""

    def __init__(self, bench: Workbench) -> None:
        model = bench.network.model
        self._name = model.path.name
        self._labels = model.labels
        self._outputs = tuple(dict.fromkeys(name for call in bench.calls for name in call.tensors))

    def __call__(self, answer: Record) -> None:
        """Look at the head of a record of `FOUND`."""
        flags, highest = int(answer["flags"][0]), int(answer["highest_class"][0])
        if flags & found.NAN_MET:
            raise faults.not_a_number(self._name, self._outputs)
        if flags & found.CLASS_UNKNOWN:
            raise faults.unlabelled(self._name, self._labels)
        if highest >= len(self._labels):
            raise faults.unknown_class(self._name, highest, self._labels)
        if flags & found.BOX_NOT_FINITE:
            raise faults.not_finite(self._name)


def _map_size(bench: Workbench) -> tuple[int, int]:
    """Height and width of the network's maps, as its head sees them."""
    outputs = {
        name: np.broadcast_to(np.zeros((), spec.dtype), shape(spec)) for name, spec in bench.network.outputs.items()
    }
    segments = bench.network.head.decode(outputs, Thresholds())
    if not isinstance(segments, Segments):
        raise TypeError("a head whose kernels draw a map decodes one")
    height, width = segments.maps[0].shape[-2:]
    return height, width
