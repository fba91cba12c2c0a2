"""What a measurement was made on."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "cv2", "onnxruntime", "av")
ROOT = Path(__file__).resolve().parent.parent
BOARD = Path("/proc/device-tree/model")
PROCESSORS = Path("/proc/cpuinfo")


def environment() -> dict[str, Any]:
    """Board, processor, system, versions and the commit that runs; None for what cannot be told."""
    return {
        "board": _board(),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "system": _system(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "commit": _commit(),
    }


def _board() -> str | None:
    return BOARD.read_text().rstrip("\0\n") if BOARD.is_file() else None


def _cpu() -> str | None:
    """The processor's name; the kernel of an ARM board gives none."""
    lines = PROCESSORS.read_text().splitlines() if PROCESSORS.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or None)


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = platform.system()
    return f"{name}, Linux {platform.release()}, {platform.machine()}"


def _version(name: str) -> str | None:
    try:
        return str(importlib.import_module(name).__version__)
    except ImportError:
        return None


def _commit() -> str | None:
    try:
        git = subprocess.run(
            ["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, timeout=2, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return git.stdout.strip()
