"""Times of work on the GPU, by the host's clock and by its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

import numpy as np

from core.errors import EngineUnavailable
from detector.cuda.gpu import Gpu

Work = Callable[[], object]  # queues something on the computing stream
Arm = Callable[[], float]  # one measurement, in ms
Taken = dict[str, list[list[float]]]  # of each arm: its measurements round by round

WARM_UP = 5  # measurements that do not count, whenever another arm begins, or as many as count where those are fewer


class Stopwatch(ExitStack):
    """Makes arms of work. `not_capturable` is why the network cannot be in a CUDA graph; None where it can.

    What is too short to be timed alone runs `repeats` times in a row.
    """

    def __init__(self, gpu: Gpu, repeats: int, not_capturable: str | None = None) -> None:
        super().__init__()
        self._repeats = repeats
        self._device = gpu.device
        self._stream = gpu.computing
        self._not_capturable = not_capturable
        self._end = gpu.device.event()

    def by_host(self, work: Work) -> Arm:
        """From the first call to the end on the GPU. The host waits awake, which is as short as a wait can be."""

        def measure() -> float:
            began = time.perf_counter()
            work()
            self.wait()
            return (time.perf_counter() - began) * 1e3

        return measure

    def by_gpu(self, work: Work) -> Arm:
        """Between two events in the graph itself, so without its launch."""
        return self._between_events(self.recorded, work, 1)

    def kernel(self, work: Work) -> Arm:
        """The same for our kernels, which are short and can always be in a graph: the mean of some in a row."""
        return self._between_events(self._graph, work, self._repeats)

    def recorded(self, work: Work) -> Work:
        """The work as a graph, or as it is where the network cannot be in one."""
        return work if self._not_capturable else self._graph(work)

    def wait(self) -> None:
        """Until all that is queued is done."""
        self._stream.record(self._end)
        while not self._end.done():
            pass

    def _graph(self, work: Work) -> Work:
        """Recorded once it has run, so that all is loaded; as it is where the driver refuses."""
        work()
        self.wait()
        try:
            with self._stream.capture() as capture:
                work()
        except EngineUnavailable:
            return work
        self.callback(capture.graph.close)
        return partial(self._stream.replay, capture.graph)

    def _between_events(self, record: Callable[[Work], Work], work: Work, repeats: int) -> Arm:
        begun, ended = self._device.event(), self._device.event()

        def marked() -> None:
            self._stream.record(begun)
            for _ in range(repeats):
                work()
            self._stream.record(ended)

        play = record(marked)

        def measure() -> float:
            play()
            self.wait()
            return ended.elapsed_ms(begun) / repeats

        return measure


def interleaved(arms: Mapping[str, Arm], rounds: int, samples: int) -> Taken:
    """All arms one after another in each round, so that a machine that slows down slows all."""
    taken: Taken = {name: [] for name in arms}
    for _ in range(rounds):
        for name, arm in arms.items():
            for _ in range(min(WARM_UP, samples)):
                arm()
            taken[name].append([arm() for _ in range(samples)])
    return taken


def summary(taken: Taken) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of each arm, over all rounds."""
    return {name: _percentiles(rounds) for name, rounds in taken.items()}


def _percentiles(rounds: list[list[float]]) -> dict[str, float]:
    p50, p95 = np.percentile(np.concatenate(rounds), (50, 95))
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4)}
