"""The two ways between threads: a slot with room for one, and a bounded queue in order.

Both end once, with a reason or without, and the end sticks: after `fail` or `close` no newer value hides it. What
was already inside is still handed out by the queue; the slot drops it on `fail`, because only the newest counts there.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(Exception):
    """Nothing more will come, and nothing went wrong."""


class _Bounded(Generic[T]):
    """A deque under a condition, with a sticky end."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._changed = threading.Condition(threading.RLock())
        self._end: BaseException | None = None
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many values were put and never taken because a newer one replaced them."""
        return self._dropped

    def __len__(self) -> int:
        return len(self._items)

    def fail(self, error: BaseException) -> None:
        """End with a reason: every later `take` raises it. The first end counts."""
        with self._changed:
            self._end = self._end or error
            self._changed.notify_all()

    def close(self) -> None:
        """End without a reason: `take` raises `Closed` once nothing is left."""
        self.fail(Closed())

    def take(self, timeout_s: float | None = None) -> T | None:
        """The next value; None after `timeout_s` seconds without one. Raises what `fail` was given, or `Closed`."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._end, timeout_s)
            if self._items:
                value = self._items.popleft()
                self._changed.notify_all()
                return value
            if self._end:
                raise self._end
            return None

    def __iter__(self) -> Iterator[T]:
        """The values until `close`; raises what `fail` was given."""
        try:
            while True:
                value = self.take()
                if value is not None:
                    yield value
        except Closed:
            return


class LatestSlot(_Bounded[T]):
    """Room for one: a newer value replaces an older one, which is counted as dropped."""

    def put(self, value: T) -> bool:
        """Replace what is there; False once ended."""
        with self._changed:
            if self._end:
                return False
            self._dropped += len(self._items)
            self._items.clear()
            self._items.append(value)
            self._changed.notify_all()
            return True

    def clear(self) -> None:
        """Forget what waits, without counting it as dropped."""
        with self._changed:
            self._items.clear()
            self._changed.notify_all()

    def offer(self, value: T, timeout_s: float | None = None) -> bool:
        """Put without replacing: waits until the slot is empty; False after `timeout_s` seconds or once ended."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._items or self._end, timeout_s):
                return False
            return self.put(value)

    def fail(self, error: BaseException) -> None:
        """End with a reason that the consumer meets next, before any value left inside."""
        with self._changed:
            if self._end is None and not isinstance(error, Closed):
                self._items.clear()
            super().fail(error)


class FrameQueue(_Bounded[T]):
    """Values in order; a producer that is `depth` ahead waits (back-pressure), so none is dropped."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self._depth = depth

    def put(self, value: T) -> bool:
        """Append, waiting for room; False once ended."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._depth or self._end)
            if self._end:
                return False
            self._items.append(value)
            self._changed.notify_all()
            return True
