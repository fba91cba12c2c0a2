"""An open device, and what every path on it shares."""

from __future__ import annotations

from contextlib import ExitStack

from detector.cuda.driver import Device, Stream
from detector.cuda.kernels import Kernels
from detector.cuda.marks import Marks, OverlappingMarks
from detector.cuda.memory import Memory
from detector.cuda.upload import PageLocks


class Gpu:
    """Streams, kernels, page locks, and the marks of as many frames as may be under way at a time.

    With one frame at a time both streams are the same. `settings` is where the thresholds lie.
    """

    copying: Stream
    computing: Stream

    def __init__(self, device: Device, depth: int, settings_size: int) -> None:
        self.device = device
        self._depth = depth
        self._settings_size = settings_size

    def __enter__(self) -> Gpu:
        overlapping = self._depth > 1
        self.computing = self.device.stream()
        self.copying = self.device.stream() if overlapping else self.computing
        self.kernels = Kernels(self.device)
        kind = OverlappingMarks if overlapping else Marks
        self.marks: tuple[Marks, ...] = tuple(kind(self.device) for _ in range(self._depth))
        with ExitStack() as opening:
            self.settings = opening.enter_context(Memory(self.device)).allocate(self._settings_size)
            self.locks = opening.enter_context(PageLocks(self.device, self.idle))
            self._closing = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.idle()
        self._closing.close()

    def idle(self) -> None:
        """Wait until all is done."""
        self.copying.synchronize()
        self.computing.synchronize()
