"""Which packages set-up installs, and from where: decided by a pure function of the machine.

On a Jetson the distribution brings what is made for the board (OpenCV with GStreamer, Qt, TensorRT, and perhaps PyCUDA
and jtop). The environment looks through to them, and no wheel may stand in front of one. Everywhere else, wheels: those
of ONNX Runtime for an NVIDIA GPU are made for one CUDA each, and share a folder with the one for CPUs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scripts.machine import NO_DRIVER, Machine

QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libSM.so.6": "libsm6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libXext.so.6": "libxext6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
QT6_LIBRARIES = {"libxcb-cursor.so.0": "libxcb-cursor0"}
TITLES = {"cv2": "OpenCV", "PyQt5": "PyQt5", "tensorrt": "TensorRT", "pycuda": "PyCUDA", "jtop": "jtop"}
COMPILER = ("build-essential", "python3-dev")
APT = "sudo apt-get install -y"
TOOLKIT = "nvidia-cuda-toolkit"
OLDEST_CUDA = (12, 0)  # that there are wheels for
PYTHON_OF_CUDA_13 = (3, 11)  # the oldest that has them


@dataclass(frozen=True)
class Brought:
    """The Debian package of something that a board brings, and the extra that takes its place where it is missing."""

    package: str
    extra: str


INSTEAD = {"cv2": Brought("python3-opencv", "opencv"), "PyQt5": Brought("python3-pyqt5", "pyside")}


@dataclass(frozen=True)
class Plan:
    """What set-up does on one machine.

    `extras` are those of setup.cfg. `optional` ones are built from source, with the CUDA compiler in `cuda_bin`; a
    failure is told and ends nothing. `constraints` bind pip. `packages` are the Debian packages that are missing,
    `notes` lines for the user.
    """

    extras: tuple[str, ...]
    optional: tuple[str, ...] = ()
    cuda_bin: Path | None = None
    system_site_packages: bool = False
    constraints: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan(machine: Machine) -> Plan:
    """What to install on a machine, and what to tell its user."""
    if machine.board and machine.own_python:
        return _jetson(machine)
    if machine.board or machine.cuda < OLDEST_CUDA or machine.nvcc is None:
        return _without_gpu(machine)
    return _with_gpu(machine, machine.nvcc)


def _without_gpu(machine: Machine) -> Plan:
    extras = ("cpu", *_wheels(machine))
    return Plan(extras, packages=_packages(machine, extras), notes=_unused(machine))


def _with_gpu(machine: Machine, nvcc: Path) -> Plan:
    """Any machine with NVIDIA's driver and CUDA's compiler; a Jetson is not among them."""
    extras = (_runtime(machine), *_wheels(machine))
    tools = COMPILER if machine.own_python else COMPILER[:1]
    return Plan(
        extras,
        optional=("pycuda",),
        cuda_bin=nvcc.parent,
        packages=_packages(machine, extras) + tuple(name for name in tools if name not in machine.packages),
        notes=("NVIDIA's driver for CUDA {}.{} is here: the GPU is used".format(*machine.cuda),),
    )


def _runtime(machine: Machine) -> str:
    """The extra with ONNX Runtime. A driver of CUDA 13 runs what is made for CUDA 12, not the other way round."""
    if machine.arch != "x86_64":
        return "cpu"
    return "cuda13" if machine.cuda >= (13, 0) and machine.python >= PYTHON_OF_CUDA_13 else "cuda12"


def _wheels(machine: Machine) -> tuple[str, str]:
    """The extras for what only a Jetson brings."""
    return ("opencv", "qt" if machine.arch == "x86_64" else "pyside")


def _unused(machine: Machine) -> tuple[str, ...]:
    """Why a GPU that is here stays unused."""
    if machine.board:
        why = "this Python is not the system's, so the board's own OpenCV, Qt and TensorRT stay unused"
        return (f"{machine.board}: {why}; `make setup PYTHON=/usr/bin/python3` uses them",)
    if machine.cuda == NO_DRIVER:
        return ()
    if machine.cuda < OLDEST_CUDA:
        version = "{}.{}".format(*machine.cuda)
        return (f"NVIDIA's driver is for CUDA {version}, so the GPU stays unused: update it to 525 or later",)
    return (f"CUDA's compiler nvcc is missing, so the GPU stays unused: {APT} {TOOLKIT}, then `make setup` again",)


def _jetson(machine: Machine) -> Plan:
    missing = [module for module in INSTEAD if module not in machine.modules]
    jtop = ("jtop",) if machine.jtop_command and "jtop" not in machine.modules else ()
    extras = ("cpu", *(INSTEAD[module].extra for module in missing), *jtop)
    built = machine.nvcc and "pycuda" not in machine.modules
    packages = [INSTEAD[module].package for module in missing] + [*(COMPILER if built else ())]
    return Plan(
        extras=extras,
        optional=("pycuda",) if built else (),
        cuda_bin=machine.nvcc.parent if machine.nvcc else None,
        system_site_packages=True,
        constraints=_constraints(machine),
        packages=_packages(machine, extras) + tuple(name for name in packages if name not in machine.packages),
        notes=(_found(machine), *_missing(machine), *_cuda(machine)),
    )


def _packages(machine: Machine, extras: tuple[str, ...]) -> tuple[str, ...]:
    """The Debian packages that are missing for the wheels in `extras`, and for the environment itself."""
    qt = QT_LIBRARIES if {"opencv", "qt", "pyside"} & {*extras} else {}
    qt6 = QT6_LIBRARIES if "pyside" in extras else {}
    venv = () if machine.ensurepip else ("python{}.{}-venv".format(*machine.python),)
    fonts = () if machine.fonts else ("fonts-dejavu-core",)
    libraries = tuple(package for name, package in {**qt, **qt6}.items() if name not in machine.libraries)
    return venv + tuple(name for name in fonts + libraries if name not in machine.packages)


def _constraints(machine: Machine) -> tuple[str, ...]:
    """NumPy within the major version that the system's compiled packages work with, jtop's client at its service's.

    NumPy's binary interface changed with 2.0: what was compiled for 1.x cannot be imported with 2.x.
    """
    compiled = {"cv2", "pycuda", "tensorrt"} & machine.modules.keys()
    major = int(machine.modules["numpy"].partition(".")[0]) if compiled and "numpy" in machine.modules else None
    numpy = (f"numpy<{major + 1}",) if major else ()
    return numpy + ((f"jetson-stats=={machine.jtop_command}",) if machine.jtop_command else ())


def _found(machine: Machine) -> str:
    found = [f"{title} {machine.modules[name]}" for name, title in TITLES.items() if name in machine.modules]
    return f"{machine.board}: the system's own are used: {', '.join(found) or 'none found'}"


def _missing(machine: Machine) -> list[str]:
    """What the board should bring and does not, and what that means."""
    broken = {name: why for name, why in machine.broken.items() if name in TITLES}
    has = machine.modules.keys() | broken.keys()
    lines = [f"the system's {TITLES[name]} cannot be used: {why}" for name, why in broken.items()]
    if "cv2" not in has:
        lines.append("python3-opencv is missing: a wheel takes its place, with which no CSI camera can be opened")
    if "cv2" in machine.modules and "gstreamer" not in machine.modules:
        remedy = f"pip3 uninstall opencv-python; {APT} python3-opencv"
        lines.append(f"the system's OpenCV lacks GStreamer, which CSI cameras need: {remedy}")
    if "PyQt5" not in has:
        lines.append("python3-pyqt5 is missing: PySide6 takes its place")
    if "jtop" not in has and not machine.jtop_command:
        lines.append("jtop is missing: sudo pip3 install jetson-stats")
    return lines


def _cuda(machine: Machine) -> list[str]:
    """What stands between the board and its GPU."""
    no_tensorrt = "tensorrt" not in machine.modules
    no_nvcc = "pycuda" not in machine.modules and machine.nvcc is None
    lines = []
    if machine.nvcc and not machine.nvcc_on_path:
        lines.append(f"CUDA is in {machine.nvcc.parent}, which is not on PATH: set-up uses it there")
    if (no_tensorrt or no_nvcc) and "nvidia-jetpack" not in machine.packages:
        return [*lines, f"nvidia-jetpack is not installed, which brings CUDA and TensorRT: {APT} nvidia-jetpack"]
    if no_tensorrt:
        lines.append(f"TensorRT is missing: {APT} nvidia-tensorrt")
    if no_nvcc:
        lines.append(f"CUDA's compiler nvcc, which PyCUDA is built with, is missing: {APT} nvidia-cuda-dev")
    return lines
