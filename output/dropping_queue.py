"""The queue between a run and a writer that must not slow it down."""

from __future__ import annotations

from core.slot import FrameQueue, T


class DroppingQueue(FrameQueue[T]):
    """A bounded queue in order whose producer never waits: a value that finds no room is dropped and counted."""

    def __init__(self, depth: int) -> None:
        super().__init__(depth)
        self._room = depth

    def put(self, value: T) -> bool:
        """Append, or drop where there is no room; False once ended."""
        with self._changed:
            if len(self) < self._room or self._end:
                return super().put(value)
            self._dropped += 1
            return True
