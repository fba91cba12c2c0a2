"""What set-up must know about a machine: read from files below a root folder and asked of an interpreter."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM_PYTHON = Path("/usr/bin/python3")
DRIVER = "libcuda.so.1"
NO_DRIVER = (0, 0)

# What a board's own packages may bring, and how each tells its version once it really works ("gstreamer": in OpenCV).
PROBES = {
    "cv2": "import cv2; print(cv2.__version__)",
    "gstreamer": "import cv2, re; print(re.search('GStreamer: +YES(.*)', cv2.getBuildInformation()).group(1))",
    "PyQt5": "from PyQt5 import QtCore, QtWidgets; print(QtCore.PYQT_VERSION_STR)",
    "tensorrt": "import tensorrt; print(tensorrt.__version__)",
    "pycuda": "import pycuda, pycuda.driver; print(pycuda.VERSION_TEXT)",
    "jtop": "import jtop; print(jtop.__version__)",
    "numpy": "import numpy; print(numpy.__version__)",
}
ABOUT = """
import importlib.util, json, sys
print(json.dumps([list(sys.version_info[:2]), importlib.util.find_spec("ensurepip") is not None]))
"""


@dataclass(frozen=True)
class Machine:
    """What the plan depends on.

    `board` names a Jetson (None: any other machine). `own_python` says whether the interpreter is the one that the
    distribution's packages are made for; `modules` are those of `PROBES` that it can import, with their versions, and
    `broken` those that are there and cannot be imported, with the reason (both only asked on a Jetson).
    `cuda` is the newest CUDA that NVIDIA's driver can run.
    `jtop_command` is the version of a jtop command outside that interpreter. `libraries` are the shared libraries
    that the loader finds, `packages` the installed Debian packages.
    """

    arch: str
    python: tuple[int, int]
    ensurepip: bool = True
    own_python: bool = True
    board: str | None = None
    modules: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    cuda: tuple[int, int] = NO_DRIVER
    jtop_command: str | None = None
    nvcc: Path | None = None
    nvcc_on_path: bool = False
    libraries: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    fonts: bool = True


def examine(python: Path, root: Path) -> Machine:
    """The machine whose files lie below `root`, seen by the interpreter `python`."""
    version, ensurepip = json.loads(_ask([python, "-c", ABOUT]).stdout)
    board = jetson(root)
    modules, broken = _modules(python) if board else ({}, {})
    return Machine(
        arch=platform.machine(),
        python=(version[0], version[1]),
        ensurepip=ensurepip,
        own_python=python.resolve() == SYSTEM_PYTHON.resolve(),
        board=board,
        modules=modules,
        broken=broken,
        cuda=driver(root),
        jtop_command=_jtop_command() if board and "jtop" not in modules else None,
        nvcc=find_nvcc(root),
        nvcc_on_path=shutil.which("nvcc") is not None,
        libraries=_libraries(),
        packages=_packages(),
        fonts=any((root / "usr/share/fonts").rglob("*.[to]tf")),
    )


def jetson(root: Path) -> str | None:
    """The name of the Jetson whose files lie below `root`; None for any other machine."""
    model = _text(root / "proc/device-tree/model")
    if "Jetson" in model:
        return model
    tegra = "nvidia,tegra" in _text(root / "proc/device-tree/compatible")
    return "NVIDIA Jetson" if tegra or (root / "etc/nv_tegra_release").is_file() else None


def driver(root: Path) -> tuple[int, int]:
    """The newest CUDA that NVIDIA's driver can run, e.g. (13, 0); `NO_DRIVER` where there is none.

    Any root but "/" keeps it where Debian does: in usr/lib/x86_64-linux-gnu.
    """
    library = DRIVER if root == Path("/") else str(root / "usr/lib/x86_64-linux-gnu" / DRIVER)
    version = ctypes.c_int()
    try:
        ctypes.CDLL(library).cuDriverGetVersion(ctypes.byref(version))
    except OSError:
        return NO_DRIVER
    return version.value // 1000, version.value % 1000 // 10


def find_nvcc(root: Path) -> Path | None:
    """CUDA's compiler: on PATH, or the newest below `root`/usr/local, for JetPack leaves it out of PATH.

    One with CUDA's headers beside it, which PyCUDA needs, comes before one without.
    """
    on_path = shutil.which("nvcc")
    below = sorted((root / "usr/local").glob("cuda*/bin/nvcc"), key=_version, reverse=True)
    found = [*([Path(on_path)] if on_path else []), *below]
    return min(found, key=lambda nvcc: not (nvcc.parent.parent / "include/cuda.h").is_file(), default=None)


def _version(nvcc: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", nvcc.parts[-3])]


def _text(path: Path) -> str:
    return path.read_text(errors="replace").replace("\0", " ").strip() if path.is_file() else ""


def _modules(python: Path) -> tuple[dict[str, str], dict[str, str]]:
    answers = {name: _ask([python, "-c", probe]) for name, probe in PROBES.items()}
    modules = {name: answer.stdout.split("\n")[-2] for name, answer in answers.items() if answer.returncode == 0}
    reasons = {name: _reason(answer) for name, answer in answers.items() if answer.returncode != 0}
    missing = {name for name, reason in reasons.items() if reason.endswith(f"No module named '{name}'")}
    return modules, {name: reason for name, reason in reasons.items() if name not in missing}


def _reason(answer: subprocess.CompletedProcess[str]) -> str:
    lines = answer.stderr.strip().splitlines()
    return lines[-1] if lines else f"it ended with status {answer.returncode}"


def _jtop_command() -> str | None:
    command = shutil.which("jtop")
    found = re.search(r"\d+(\.\d+)+", _ask([command, "--version"]).stdout) if command else None
    return found.group() if found else None


def _libraries() -> frozenset[str]:
    return frozenset(re.findall(r"^\s+(\S+) \(", _ask(["/sbin/ldconfig", "-p"]).stdout, re.MULTILINE))


def _packages() -> frozenset[str]:
    if not shutil.which("dpkg-query"):
        return frozenset()
    lines = _ask(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"]).stdout.splitlines()
    return frozenset(line.split()[1] for line in lines if line.startswith("installed "))


def _ask(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    """A program's answer, undisturbed by the project's folders and by an environment made for another interpreter."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
