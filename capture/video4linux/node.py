"""An open device node: the few calls of the kernel that everything about a camera is made of."""

from __future__ import annotations

import fcntl
import mmap
import os
import select
from ctypes import Structure
from typing import Protocol


class Device(Protocol):
    """What an opened camera can be asked; every call raises the kernel's `OSError`, and none but `wait` waits."""

    def ioctl(self, request: int, argument: Structure) -> None:
        """One request; the kernel's answer is written into `argument`."""
        ...

    def map(self, length: int, offset: int) -> mmap.mmap:
        """A piece of the device's memory."""
        ...

    def wait(self, timeout_s: float) -> bool:
        """Whether the device has something to tell, a fault included, before the time is up."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


class Node:
    """A `Device` that is a file under /dev."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def ioctl(self, request: int, argument: Structure) -> None:
        """By `ioctl`."""
        fcntl.ioctl(self._descriptor, request, argument)

    def map(self, length: int, offset: int) -> mmap.mmap:
        """By `mmap`."""
        return mmap.mmap(self._descriptor, length, offset=offset)

    def wait(self, timeout_s: float) -> bool:
        """By `poll`."""
        poller = select.poll()
        poller.register(self._descriptor, select.POLLIN)
        return bool(poller.poll(timeout_s * 1000))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
