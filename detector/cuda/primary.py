"""The device's primary context, current in a thread while that thread has a device open.

pycuda keeps a stack of contexts for each thread and aborts the process where one is left at the end, and it leaves a
released primary context current. Devices of one thread may be closed in any order, so they share one entry.
"""

from __future__ import annotations

import ctypes
import threading
from typing import Any

from detector.cuda.libcuda import libcuda

FIRST = 0


class _Current(threading.local):
    context: Any = None
    users = 0


_current = _Current()


def first(cuda: Any) -> Any:
    """pycuda's device of this context."""
    cuda.init()
    return cuda.Device(FIRST)


def enter(device: Any) -> None:
    """Make its context current."""
    if not _current.users:
        _current.context = device.retain_primary_context()
        _current.context.push()
    _current.users += 1


def leave(cuda: Any) -> None:
    """Undo one `enter`."""
    _current.users -= 1
    if not _current.users:
        _release(cuda)


def _release(cuda: Any) -> None:
    """pycuda makes a context current to release it and leaves it so; hence a second hold on it for that time."""
    held = ctypes.c_void_p()
    libcuda().cuDevicePrimaryCtxRetain(ctypes.byref(held), FIRST)
    cuda.Context.pop()
    _current.context.detach()
    _current.context = None
    libcuda().cuCtxPopCurrent_v2(ctypes.byref(held))
    libcuda().cuDevicePrimaryCtxRelease_v2(FIRST)
