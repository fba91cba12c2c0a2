"""Streams, events and graphs on a CPU, as late as CUDA allows; made by `device.Device`."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from core.errors import EngineUnavailable
from cuda_on_cpu.compiled import Argument, Compiled

if TYPE_CHECKING:
    from cuda_on_cpu.device import Device

Action = Callable[[], None]
KINDS = {"p": int, "i": np.int32, "f": np.float32}
MOST_THREADS = 1024
_handles = itertools.count(0x5000)


class Function:
    """A kernel of a compiled file."""

    def __init__(self, symbol: str, kernels: Compiled) -> None:
        self.symbol = symbol
        self.kinds = kernels.kinds(symbol)
        self.launch = kernels.launch


class Event:
    """A mark in a stream: the how-manieth of its actions."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._mark: tuple[Stream, int] | None = None
        self._passed_ns: int | None = None

    def mark(self, stream: Stream) -> None:
        self._passed_ns = None
        self._mark = stream, stream.queue(self.pass_by)

    def mark_in_graph(self) -> None:
        self._mark = None

    def pass_by(self) -> None:
        self._passed_ns = time.perf_counter_ns()

    def run(self) -> None:
        """Let its stream come here."""
        if self._mark:
            self._mark[0].run(self._mark[1])

    def synchronize(self) -> None:
        self._device.check_idle()
        assert self._mark, "only an event recorded outside of a graph can be waited for"
        self.run()

    def done(self) -> bool:
        self._device.check_idle()
        assert self._mark, "only an event recorded outside of a graph can be waited for"
        stream, number = self._mark
        if stream.finished >= number:
            return True
        stream.run(stream.finished + 1)
        return False

    def elapsed_ms(self, since: Event) -> float:
        self._device.check_idle()
        assert self._passed_ns, "the event has not been passed"
        assert since._passed_ns, "the first event has not been passed"
        return (self._passed_ns - since._passed_ns) / 1e6


class Graph:
    """Recorded actions."""

    def __init__(self, actions: list[Action], alive: set[Graph]) -> None:
        self.actions = actions
        self._alive = alive
        alive.add(self)

    def close(self) -> None:
        self._alive.discard(self)

    @property
    def closed(self) -> bool:
        return self not in self._alive


class Capture:
    """What `Stream.capture` gives: `graph` is there when the block has ended."""

    graph: Graph


class Stream:
    """A queue of actions, done when somebody waits."""

    def __init__(self, device: Device) -> None:
        self.handle = next(_handles)
        self._device = device
        self._actions: deque[Action] = deque()
        self._recorded: list[Action] | None = None
        self.finished = 0

    @property
    def capturing(self) -> bool:
        return self._recorded is not None

    @property
    def pending(self) -> bool:
        return bool(self._actions)

    def queue(self, action: Action) -> int:
        """Do something in its turn, or record it; returns the number of actions up to it."""
        self._device.check()
        if self._recorded is not None:
            self._recorded.append(action)
        else:
            self._actions.append(action)
        return self.finished + len(self._actions)

    def run(self, number: int | None = None) -> None:
        """Do all that is queued, or as many of all actions ever as said."""
        while self._actions and (number is None or self.finished < number):
            action = self._actions.popleft()
            action()
            self.finished += 1

    def upload(self, address: int, host: np.ndarray) -> None:
        target, source = self._memory(address, host.nbytes), self._host(host)
        self.queue(lambda: np.copyto(target, source))

    def download(self, host: np.ndarray, address: int) -> None:
        source, target = self._memory(address, host.nbytes), self._host(host)
        assert host.flags.writeable
        self.queue(lambda: np.copyto(target, source))

    def fill(self, address: int, byte: int, size: int) -> None:
        target = self._memory(address, size)
        assert 0 <= byte <= 255
        self.queue(lambda: target.fill(byte))

    def launch(
        self, function: Function, blocks: Sequence[int], threads: Sequence[int], arguments: Sequence[Argument]
    ) -> None:
        kinds = [next((kind for kind, type_ in KINDS.items() if type(a) is type_), "?") for a in arguments]
        assert "".join(kinds) == function.kinds, f"{function.symbol} takes {function.kinds}, not {''.join(kinds)}"
        for argument in arguments:
            if isinstance(argument, int):
                self._memory(argument, 1)
        assert min(*blocks, *threads) > 0
        assert np.prod(threads) <= MOST_THREADS
        given = tuple(arguments)
        self.queue(lambda: function.launch(function.symbol, blocks, threads, given))

    def record(self, event: Event) -> None:
        self._device.check()
        if self.capturing:
            event.mark_in_graph()
            self.queue(event.pass_by)
        else:
            event.mark(self)

    def wait(self, event: Event) -> None:
        assert not self.capturing, "a graph cannot wait for what is outside of it"
        self.queue(event.run)

    @contextmanager
    def capture(self) -> Iterator[Capture]:
        self._device.check_idle()
        self._recorded, capture = [], Capture()
        try:
            yield capture
            capture.graph = Graph(self._recorded, self._device.graphs)
        except RuntimeError as error:
            raise EngineUnavailable(f"no CUDA graph can be made of this: {error}") from error
        finally:
            self._recorded = None

    def replay(self, graph: Graph) -> None:
        assert not self.capturing, "CUDA forbids this while a graph is captured"
        assert not graph.closed, "the graph is closed"
        for action in graph.actions:
            self.queue(action)

    def synchronize(self) -> None:
        self._device.check_idle()
        self.run()

    def _memory(self, address: int, size: int) -> np.ndarray:
        self._device.check()
        assert type(address) is int
        found = self._device.bytes_at(address, size)
        assert found is not None, f"{size} bytes at {address:#x} are not in memory that the device can reach"
        return found

    def _host(self, array: np.ndarray) -> np.ndarray:
        assert array.flags.c_contiguous, "a copy takes contiguous arrays"
        assert not self.capturing or self._device.locked(array), "a graph copies page-locked host memory only"
        return array.reshape(-1).view(np.uint8)
