"""The CPU that stands in for a GPU in tests keeps to the contract, and is stricter than a GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from contracts.device_contract import SAMPLE, Adder, DeviceContract
from cuda_on_cpu.device import FRESH, Device, stream_of, view


class TestContract(DeviceContract):
    @pytest.fixture
    def opener(self) -> Callable[[], Device]:
        return Device


@pytest.fixture
def device() -> Iterator[Device]:
    with Device() as device:
        yield device


def test_nothing_is_done_before_somebody_waits(device: Device) -> None:
    adder = Adder(device)
    adder.queue()
    assert not adder.sums.any()
    done = device.event()
    adder.stream.record(done)
    assert not adder.sums.any()
    done.synchronize()
    assert adder.sums.all()


def test_done_comes_true_in_the_end(device: Device) -> None:
    adder, done = Adder(device), device.event()
    adder.queue()
    adder.stream.record(done)
    assert [done.done() for _ in range(5)] == [False, False, False, False, True]


def test_fresh_memory_is_poisoned_and_in_view(device: Device) -> None:
    address = device.allocate(12)
    assert view(address, (3,), np.uint32).tolist() == [FRESH * 0x01010101] * 3
    view(address + 4, (2, 2), np.int16)[1] = 5
    assert view(address, (12,), np.uint8).tolist()[8:] == [5, 0, 5, 0]


def test_memory_that_is_no_devices(device: Device) -> None:
    address = device.allocate(8)
    for wrong in (address - 1, address + 1, address + 8):
        with pytest.raises(AssertionError, match="no memory of a device"):
            view(wrong, (8,), np.uint8)


def test_what_an_engine_queues_is_recorded(device: Device) -> None:
    stream, done = device.stream(), []
    with stream.capture() as capture:
        stream_of(stream.handle).queue(lambda: done.append(1))
    for _ in range(3):
        stream.replay(capture.graph)
    stream.synchronize()
    assert done == [1, 1, 1]


@pytest.mark.parametrize("arguments", [(1.0,), (np.int64(1),), (True,), (), (np.int32(1), np.int32(2))])
def test_arguments_that_a_kernel_does_not_take(device: Device, arguments: tuple[object, ...]) -> None:
    adder = Adder(device)
    with pytest.raises(AssertionError, match="takes ppif"):
        adder.stream.launch(adder._add, (1,), (32,), (adder._in, adder._out, *arguments))


def test_addresses_that_are_none(device: Device) -> None:
    adder, stream = Adder(device), device.stream()
    freed = device.allocate(64)
    device.free(freed)
    for address in (0, freed):
        with pytest.raises(AssertionError, match="not in memory"):
            stream.launch(adder._add, (1,), (32,), (address, adder._out, np.int32(1), np.float32(1)))
        with pytest.raises(AssertionError, match="not in memory"):
            stream.upload(address, np.zeros(1, np.uint8))
    with pytest.raises(AssertionError, match="not in memory"):
        stream.fill(adder._in, 0, adder.terms.nbytes + 1)
    with pytest.raises(AssertionError, match="not allocated"):
        device.free(freed)


def test_writing_beside_an_allocation() -> None:
    device = Device().__enter__()
    adder, short = Adder(device), device.allocate(16)
    adder.stream.launch(adder._add, (1,), (32,), (adder._in, short, np.int32(5), np.float32(1)))
    with pytest.raises(AssertionError, match="beside an allocation"):
        device.__exit__()


def test_a_graph_that_works_on_freed_memory() -> None:
    device = Device().__enter__()
    stream, address = device.stream(), device.allocate(16)
    with stream.capture() as capture:
        stream.fill(address, 1, 16)
    device.free(address)
    stream.replay(capture.graph)
    with pytest.raises(AssertionError, match="after it was freed"):
        device.__exit__()


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda device: device.allocate(1),
        lambda device: device.pinned(1),
        lambda device: device.load(SAMPLE),
        lambda device: device.stream().synchronize(),
        lambda device: device.stream().capture().__enter__(),
    ],
)
def test_what_cuda_forbids_during_a_capture(device: Device, forbidden: Callable[[Device], object]) -> None:
    with device.stream().capture(), pytest.raises(AssertionError, match="forbids"):
        forbidden(device)


def test_a_graph_copies_page_locked_memory_only(device: Device) -> None:
    stream, address = device.stream(), device.allocate(8)
    with stream.capture(), pytest.raises(AssertionError, match="page-locked"):
        stream.upload(address, np.zeros(8, np.uint8))


def test_an_event_of_a_graph_cannot_be_waited_for(device: Device) -> None:
    stream, event = device.stream(), device.event()
    with stream.capture() as capture:
        stream.record(event)
    stream.replay(capture.graph)
    with pytest.raises(AssertionError, match="outside of a graph"):
        event.synchronize()


def test_a_graph_that_is_closed(device: Device) -> None:
    stream = device.stream()
    with stream.capture() as capture:
        pass
    assert len(device.graphs) == 1
    capture.graph.close()
    assert not device.graphs
    with pytest.raises(AssertionError, match="closed"):
        stream.replay(capture.graph)


def test_nothing_of_it_can_be_used_afterwards() -> None:
    with Device() as device:
        stream = device.stream()
    for use in (device.event, device.memory, stream.synchronize, lambda: stream.queue(print)):
        with pytest.raises(AssertionError, match="not open"):
            use()


def test_counters(device: Device) -> None:
    address = device.allocate(100)
    block = device.pinned(50)
    assert (device.allocated_bytes, device.registered) == (100, 1)
    device.free(address)
    device.unregister(block)
    assert (device.allocated_bytes, device.registered) == (0, 0)
