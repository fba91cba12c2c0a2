"""Page locks on host memory, which the devices of this process share: CUDA locks memory once.

While networks are swapped, two detectors copy out of the same blocks, and the first to close must not take the lock
away from the other.
"""

from __future__ import annotations

import ctypes
import threading

from core.pixels import U8
from detector.cuda.libcuda import libcuda

DEVICE_MAP = 2  # locked memory has an address on the device

_users: dict[int, int] = {}  # by the address of a block
_mutex = threading.Lock()


def lock(block: U8) -> int:
    """Lock a block, or share the lock it has; returns the address at which the device sees it."""
    host, seen = block.ctypes.data, ctypes.c_uint64()
    with _mutex:
        if host not in _users:
            libcuda().cuMemHostRegister_v2(host, block.nbytes, DEVICE_MAP)
        _users[host] = _users.get(host, 0) + 1
    libcuda().cuMemHostGetDevicePointer_v2(ctypes.byref(seen), host, 0)
    return seen.value


def unlock(block: U8) -> None:
    """Undo one `lock`; nothing of the caller's that uses the memory may be under way."""
    host = block.ctypes.data
    with _mutex:
        _users[host] -= 1
        if not _users[host]:
            del _users[host]
            libcuda().cuMemHostUnregister(host)
