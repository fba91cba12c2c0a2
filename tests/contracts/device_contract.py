"""What every device must do, as one suite: the GPU, and the CPU that stands in for it in tests.

A test module subclasses `DeviceContract` and overrides the fixture `opener`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import EngineUnavailable

SAMPLE = Path(__file__).resolve().parent.parent / "cuda_on_cpu" / "sample.cu"
MANY = 1000


def numbers(device: Any, values: np.ndarray) -> np.ndarray:
    """The same in page-locked memory."""
    block = device.pinned(values.nbytes)
    block[:] = values.view(np.uint8)
    return block.view(values.dtype)


class Adder:
    """sums = terms + 1 on a device, queued by `queue`."""

    def __init__(self, device: Any) -> None:
        self.stream = device.stream()
        self.terms = numbers(device, np.arange(MANY, dtype=np.float32))
        self.sums = numbers(device, np.zeros(MANY, np.float32))
        self._in, self._out = device.allocate(self.terms.nbytes), device.allocate(self.sums.nbytes)
        self._add = device.load(SAMPLE).function("add_f32")

    def queue(self) -> None:
        self.stream.upload(self._in, self.terms)
        arguments = (self._in, self._out, np.int32(MANY), np.float32(1))
        self.stream.launch(self._add, (-(-MANY // 256),), (256,), arguments)
        self.stream.download(self.sums, self._out)


class DeviceContract:
    @pytest.fixture
    def opener(self) -> Callable[[], Any]:
        raise NotImplementedError

    @pytest.fixture
    def device(self, opener: Callable[[], Any]) -> Iterator[Any]:
        with opener() as device:
            yield device

    def test_it_says_what_it_is(self, device: Any) -> None:
        assert device.name
        assert device.architecture.isdecimal()
        assert device.integrated in (True, False)
        free, total = device.memory()
        assert 0 < free <= total

    def test_what_goes_up_comes_back(self, device: Any) -> None:
        stream = device.stream()
        sent, back = numbers(device, np.arange(MANY)), numbers(device, np.zeros(MANY, np.int64))
        address = device.allocate(sent.nbytes)
        stream.upload(address, sent)
        stream.download(back, address)
        stream.synchronize()
        np.testing.assert_array_equal(back, sent)

    def test_fills_bytes_of_the_device(self, device: Any) -> None:
        stream, back, place = device.stream(), device.pinned(8), device.allocate(8)
        stream.fill(place, 7, 8)
        stream.fill(place + 2, 9, 4)
        stream.download(back, place)
        stream.synchronize()
        assert back.tolist() == [7, 7, 9, 9, 9, 9, 7, 7]

    def test_a_kernel(self, device: Any) -> None:
        adder = Adder(device)
        adder.queue()
        adder.stream.synchronize()
        np.testing.assert_array_equal(adder.sums, adder.terms + 1)

    def test_a_kernel_that_is_not_there(self, device: Any) -> None:
        with pytest.raises(Exception, match=r"add_f64|not found|named symbol"):
            device.load(SAMPLE).function("add_f64")

    def test_recorded_work_is_done_at_each_replay_only(self, device: Any) -> None:
        adder = Adder(device)
        with adder.stream.capture() as capture:
            adder.queue()
        adder.stream.synchronize()
        assert not adder.sums.any()
        for start in (5, 50):
            adder.terms[:] = np.arange(start, start + MANY)
            adder.stream.replay(capture.graph)
            adder.stream.synchronize()
            np.testing.assert_array_equal(adder.sums, adder.terms + 1)
        capture.graph.close()
        capture.graph.close()

    def test_an_error_ends_the_capture(self, device: Any) -> None:
        adder = Adder(device)
        with pytest.raises(EngineUnavailable, match="graph can be made of this: no way"), adder.stream.capture():
            self._refuse(adder)
        adder.queue()
        adder.stream.synchronize()
        np.testing.assert_array_equal(adder.sums, adder.terms + 1)
        with adder.stream.capture() as capture:
            adder.queue()
        adder.stream.replay(capture.graph)
        adder.stream.synchronize()

    def _refuse(self, adder: Adder) -> None:
        adder.queue()
        raise RuntimeError("no way")

    def test_an_engine_that_refuses_keeps_its_words(self, device: Any) -> None:
        stream = device.stream()
        with pytest.raises(EngineUnavailable, match="as I said"), stream.capture():
            raise EngineUnavailable("as I said")

    def test_events_in_a_graph_take_the_time_of_each_replay(self, device: Any) -> None:
        adder = Adder(device)
        begin, middle, end, last = (device.event() for _ in range(4))
        with adder.stream.capture() as capture:
            adder.stream.record(begin)
            adder.queue()
            adder.stream.record(middle)
            adder.stream.record(end)
        for _ in range(2):
            adder.stream.replay(capture.graph)
            adder.stream.record(last)
            last.synchronize()
            assert last.done()
            assert 0 < middle.elapsed_ms(begin) <= end.elapsed_ms(begin)

    def test_one_stream_waits_for_another(self, device: Any) -> None:
        adder, other = Adder(device), device.stream()
        back, done = numbers(device, np.zeros(MANY, np.float32)), device.event()
        adder.queue()
        adder.stream.record(done)
        other.wait(done)
        other.download(back, adder._out)
        other.synchronize()
        np.testing.assert_array_equal(back, adder.terms + 1)

    def test_memory_of_the_host_as_the_device_sees_it(self, device: Any) -> None:
        stream, adder = device.stream(), Adder(device)
        seen = device.seen_at(adder.terms.view(np.uint8))
        arguments = (seen, adder._out, np.int32(MANY), np.float32(2))
        stream.launch(adder._add, (4,), (256,), arguments)
        stream.download(adder.sums, adder._out)
        stream.synchronize()
        np.testing.assert_array_equal(adder.sums, adder.terms + 2)

    def test_host_memory_outlives_its_page_lock_and_the_device(self, opener: Callable[[], Any]) -> None:
        block = np.ones(1 << 16, np.uint8)
        with opener() as device:
            assert device.register(block) == device.seen_at(block)
            device.unregister(block)
            device.register(block)
            lent = device.pinned(100)
            lent[:] = 3
        assert block.all()
        assert lent.tolist() == [3] * 100

    def test_two_devices_lock_the_same_memory(self, opener: Callable[[], Any]) -> None:
        block, back = np.arange(1 << 16).astype(np.uint8), np.zeros(1 << 16, np.uint8)
        with opener() as second:
            with opener() as first:
                first.register(block)
                second.register(block)
            stream, place = second.stream(), second.allocate(block.nbytes)
            stream.upload(place, block)
            stream.download(back, place)
            stream.synchronize()
            second.unregister(block)
        np.testing.assert_array_equal(back, block)

    def test_it_is_closed_by_the_thread_that_opened_it(self, opener: Callable[[], Any]) -> None:
        faults: list[BaseException] = []
        with opener() as device:

            def close() -> None:
                try:
                    device.__exit__(None, None, None)
                except (AssertionError, RuntimeError) as fault:
                    faults.append(fault)

            thread = threading.Thread(target=close)
            thread.start()
            thread.join()
            device.event()
        assert len(faults) == 1

    def test_devices_in_any_order(self, opener: Callable[[], Any]) -> None:
        with ExitStack() as later:
            with opener():
                adder = Adder(later.enter_context(opener()))
            adder.queue()
            adder.stream.synchronize()
        np.testing.assert_array_equal(adder.sums, adder.terms + 1)

    def test_devices_one_after_another(self, opener: Callable[[], Any]) -> None:
        for _ in range(10):
            with opener() as device:
                adder = Adder(device)
                with adder.stream.capture() as capture:
                    adder.queue()
                adder.stream.replay(capture.graph)
