"""What the whole path on the GPU cannot be faster than: the engine with its data there already, and the copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

from core.errors import EngineUnavailable
from core.types import Frame
from detector.cuda.driver import Stream
from detector.cuda.gpu import Gpu
from detector.cuda.memory import Memory
from detector.cuda.network import Network
from detector.letterbox import sized
from detector.model import Model
from selftest.check import Context

Step = Callable[[], object]


@contextmanager
def steps(context: Context, model: Model, backend: str, frame: Frame) -> Iterator[Mapping[str, Step]]:
    """One inference, as a graph where that can be, and one copy of the frame's bytes from page-locked memory."""
    preprocessing = sized(model.layout.preprocessing, frame.width, frame.height)
    with context.makers.device() as device, Gpu(device, 1, 1) as gpu, Memory(device) as memory:
        network = Network(model, preprocessing, gpu, partial(context.makers.engine, backend))
        memory.callback(network.close)
        inference = _inference(network, gpu.computing, memory)
        size = sum(plane.nbytes for plane in frame.planes)
        host, _ = memory.pinned(size)
        upload = partial(gpu.computing.upload, memory.allocate(size), host)
        memory.callback(gpu.idle)
        yield {"engine_ms": _awaited(gpu, inference), "copy_ms": _awaited(gpu, upload)}


def _awaited(gpu: Gpu, work: Step) -> Step:
    """Queued, and looked for until it is done, which is known soonest so."""
    event = gpu.device.event()

    def step() -> None:
        work()
        gpu.computing.record(event)
        while not event.done():
            pass

    return step


def _inference(network: Network, stream: Stream, closing: ExitStack) -> Step:
    if network.engine.not_capturable is None:
        with suppress(EngineUnavailable):
            stream.synchronize()
            with stream.capture() as capture:
                network.engine.enqueue()
            closing.callback(capture.graph.close)
            return partial(stream.replay, capture.graph)
    return network.engine.enqueue
