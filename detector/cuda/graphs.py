"""CUDA graphs and the events in them, for which pycuda has no binding."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from types import TracebackType

from core.errors import EngineUnavailable
from detector.cuda.libcuda import NOT_READY, libcuda, refusal

BLOCKING_SYNC = 1  # who waits sleeps
EXTERNAL = 1  # CU_EVENT_RECORD_EXTERNAL: an ordinary record leaves no node in a graph
THREAD_LOCAL = 1  # other threads may do what they like meanwhile


class Event:
    """A point in a stream's work. The thread that waits for it sleeps."""

    def __init__(self) -> None:
        self._calls = libcuda()
        self.handle = ctypes.c_void_p()
        self._calls.cuEventCreate(ctypes.byref(self.handle), BLOCKING_SYNC)

    def synchronize(self) -> None:
        """Wait until the stream has come here."""
        self._calls.cuEventSynchronize(self.handle)

    def done(self) -> bool:
        """Has the stream come here?"""
        code = self._calls.cuEventQuery(self.handle)
        if code not in (0, NOT_READY):
            raise refusal(f"cuEventQuery failed: error {code}")
        return bool(code == 0)

    def elapsed_ms(self, since: Event) -> float:
        """Time on the device between two events that it has passed."""
        elapsed = ctypes.c_float()
        self._calls.cuEventElapsedTime(ctypes.byref(elapsed), since.handle, self.handle)
        return elapsed.value

    def close(self) -> None:
        """Ends it."""
        handle, self.handle = self.handle, ctypes.c_void_p()
        with suppress(EngineUnavailable):
            self._calls.cuEventDestroy_v2(handle)


class Graph:
    """Recorded work, ready to be launched in one call; `alive` are the graphs that are not closed."""

    def __init__(self, recorded: ctypes.c_void_p, alive: set[Graph]) -> None:
        self.handle = ctypes.c_void_p()
        libcuda().cuGraphInstantiateWithFlags(ctypes.byref(self.handle), recorded, 0)
        self._alive = alive
        alive.add(self)

    def close(self) -> None:
        """Frees it; the memory that it works on stays."""
        if self not in self._alive:
            return
        self._alive.remove(self)
        handle, self.handle = self.handle, ctypes.c_void_p()
        with suppress(EngineUnavailable):
            libcuda().cuGraphExecDestroy(handle)


class Capture:
    """Between enter and exit the work queued on a stream is recorded and not done; `graph` is there afterwards.

    Raises `EngineUnavailable` where something queued cannot be recorded; the stream can be used all the same.
    """

    graph: Graph

    def __init__(self, stream: int, alive: set[Graph]) -> None:
        self._stream = stream
        self._alive = alive

    def __enter__(self) -> Capture:
        libcuda().cuStreamBeginCapture_v2(self._stream, THREAD_LOCAL)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        recorded = ctypes.c_void_p()
        try:
            libcuda().cuStreamEndCapture(self._stream, ctypes.byref(recorded))
            if error is None:
                self.graph = Graph(recorded, self._alive)
        except EngineUnavailable as reason:
            if error is None:
                raise EngineUnavailable(f"no CUDA graph can be made of this: {reason.what}") from reason
        finally:
            if recorded:
                libcuda().cuGraphDestroy(recorded)
        if isinstance(error, RuntimeError):  # what NVIDIA's libraries raise
            raise EngineUnavailable(f"no CUDA graph can be made of this: {error}") from error
