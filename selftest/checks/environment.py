"""What machine this is, and which versions of everything that matters are on it."""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from capture.gstreamer import library as gstreamer
from core.errors import JetsightError
from detector.builder import library as tensorrt
from detector.cuda import nvcc, nvrtc
from detector.cuda.identity import gpu
from output.environment import environment
from selftest.check import Context, Outcome, Status

LIMIT_S = 120.0
COMMAND_S = 10.0
L4T = Path("/etc/nv_tegra_release")
DRIVER = Path("/proc/driver/nvidia/version")


def run(_: Context) -> Outcome:
    """Everything that can be told; what cannot has its reason in brackets."""
    figures = {**environment(), **{name: _told(ask) for name, ask in QUESTIONS.items()}}
    machine = figures["board"] or figures["cpu"] or "a machine without a name"
    card = "no GPU" if figures["gpu"].startswith("(") else figures["gpu"]
    words = f"{machine}, {card}, {figures['system']}, Python {figures['python']}"
    return Outcome(Status.OK, words, figures)


def _told(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except JetsightError as error:
        return f"({error.what})"
    except (ImportError, OSError, subprocess.SubprocessError, AttributeError) as error:
        return f"({type(error).__name__}: {error})"


def _gpu() -> str:
    found = gpu()
    return f"{found.name}, compute capability {found.architecture[:-1]}.{found.architecture[-1:]}"


def _first_line(path: Path) -> str | None:
    return path.read_text().splitlines()[0].strip() if path.is_file() else None


def _says(*command: str) -> str:
    """What a program answers; in brackets where it fails or is not here."""
    if not shutil.which(command[0]):
        return "(not installed)"
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    words = "; ".join(line.strip() for line in (done.stdout or done.stderr).splitlines() if line.strip())
    return f"({words})" if done.returncode else words


def _nvcc() -> str:
    found = nvcc.find()
    return _release(_says(str(found), "--version")) if found else "(not installed)"


def _release(words: str) -> str:
    """The part of nvcc's words with its version; all of them where none has it."""
    return next((part for part in words.split("; ") if "release" in part), words)


def _nvrtc() -> str:
    return "there" if nvrtc.find() else "(not installed)"


def _tensorrt() -> Mapping[str, Any]:
    return {name: _told(partial(_version, name)) for name in tensorrt.MODULES}


def _version(name: str) -> str:
    return str(tensorrt.load(name).__version__)


def _onnxruntime() -> Any:
    return import_module("onnxruntime").get_available_providers()


def _pycuda() -> str:
    try:
        return version("pycuda")
    except PackageNotFoundError:
        return "(not installed)"


def _gstreamer() -> str:
    cv2 = gstreamer.opencv()
    found = re.search(r"GStreamer:\s+(.*)", cv2.getBuildInformation())
    return found.group(1) if found else "(unknown)"


def _memory_mb() -> int:
    import psutil

    return int(psutil.virtual_memory().total >> 20)


def _locked_memory() -> str:
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    return "unlimited" if soft == resource.RLIM_INFINITY else f"{soft >> 10} KiB"


QUESTIONS: Mapping[str, Callable[[], Any]] = {
    "gpu": _gpu,
    "l4t": lambda: _first_line(L4T),
    "jetpack": lambda: _says("dpkg-query", "--showformat=${Version}", "--show", "nvidia-jetpack"),
    "driver": lambda: _first_line(DRIVER),
    "nvcc": _nvcc,
    "nvrtc": _nvrtc,
    "tensorrt": _tensorrt,
    "onnxruntime_providers": _onnxruntime,
    "pycuda": _pycuda,
    "opencv_gstreamer": _gstreamer,
    "power_mode": lambda: _says("nvpmodel", "-q"),
    "memory_mb": _memory_mb,
    "locked_memory": _locked_memory,
}
