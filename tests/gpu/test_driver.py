"""The GPU keeps to the contract of devices."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from contracts.device_contract import Adder, DeviceContract

from detector.cuda.driver import Device, why_no_device

pytestmark = pytest.mark.skipif(why_no_device() is not None, reason=why_no_device() or "")


class TestContract(DeviceContract):
    @pytest.fixture
    def opener(self) -> Callable[[], Device]:
        return Device


def test_nothing_is_left_after_many_graphs() -> None:
    with Device() as device:
        adder = Adder(device)
        free = [0, 0]
        for i in range(200):
            with adder.stream.capture() as capture:
                adder.queue()
            adder.stream.replay(capture.graph)
            adder.stream.synchronize()
            capture.graph.close()
            if i in (20, 199):
                free[i > 20] = device.memory()[0]
        assert free[1] >= free[0] - (1 << 20)
