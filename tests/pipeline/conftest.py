"""Waiting for what other threads do."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest


def wait_until(condition: Callable[[], bool], timeout_s: float = 5.0) -> bool:
    """Whether the condition came true in time."""
    deadline = time.perf_counter() + timeout_s
    while time.perf_counter() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return condition()


@pytest.fixture
def until() -> Callable[..., bool]:
    return wait_until
