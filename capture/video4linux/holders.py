"""Which programs have a device open, as far as this user may see."""

from __future__ import annotations

import os
from pathlib import Path

PROCESSES = Path("/proc")


def holders(path: str) -> list[str]:
    """Each as "name (process number)"; this one counts from its second opening on."""
    target = os.path.realpath(path)
    own = str(os.getpid())
    return [
        f"{_name(process)} ({process.name})"
        for process in PROCESSES.glob("[0-9]*")
        if _openings(process, target) > (process.name == own)
    ]


def _openings(process: Path, target: str) -> int:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:  # another user's, or gone meanwhile
        return 0
    return sum(_target(descriptor) == target for descriptor in descriptors)


def _target(descriptor: Path) -> str:
    try:
        return os.readlink(descriptor)
    except OSError:  # closed meanwhile
        return ""


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a program"
