"""What set-up sees, on folders and interpreters made for the purpose."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import fake_driver
import pytest

from scripts.machine import NO_DRIVER, driver, examine, find_nvcc, jetson

REAL = Path(sys.executable).resolve()
FAKES = {
    "cv2.py": "__version__ = '4.5.4'\ndef getBuildInformation(): return '    GStreamer:       YES (1.20.3)'",
    "PyQt5/__init__.py": "",
    "PyQt5/QtCore.py": "PYQT_VERSION_STR = '5.15.6'",
    "PyQt5/QtWidgets.py": "",
    "numpy.py": "__version__ = '1.21.5'",
    "tensorrt.py": "import no_such_library",
    "jtop.py": "print('chatter')\n__version__ = '4.3.2'",
}


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter whose only packages are the fakes."""
    for name, text in FAKES.items():
        write(tmp_path / "packages", name, text)
    script = write(tmp_path, "python3", f'#!/bin/sh\nPYTHONPATH={tmp_path}/packages exec {REAL} -S "$@"\n')
    script.chmod(0o755)
    return script


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("proc/device-tree/model", "NVIDIA Jetson AGX Orin Developer Kit\0", "NVIDIA Jetson AGX Orin Developer Kit"),
        ("proc/device-tree/compatible", "nvidia,p3768-0000\0nvidia,tegra234\0", "NVIDIA Jetson"),
        ("etc/nv_tegra_release", "# R36 (release), REVISION: 4.3", "NVIDIA Jetson"),
        ("proc/device-tree/model", "Raspberry Pi 5 Model B\0", None),
        ("etc/debian_version", "12.5", None),
    ],
)
def test_a_jetson_is_known_by_its_files(tmp_path: Path, file: str, text: str, name: str | None) -> None:
    write(tmp_path, file, text)
    assert jetson(tmp_path) == name


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that programs are looked for in."""
    monkeypatch.setenv("PATH", f"{tmp_path}/opt/bin")
    return tmp_path / "opt/bin"


@pytest.mark.usefixtures("on_path")
def test_the_newest_cuda_compiler_is_found(tmp_path: Path) -> None:
    assert find_nvcc(tmp_path) is None
    for version in ("cuda-9.2", "cuda-12.6", "cuda-12.10", "cuda-13"):
        write(tmp_path, f"usr/local/{version}/bin/nvcc", "")
    (tmp_path / "usr/local/cuda-13/bin/nvcc").unlink()
    assert find_nvcc(tmp_path) == tmp_path / "usr/local/cuda-12.10/bin/nvcc"


def test_the_cuda_compiler_on_path_is_the_users_choice(tmp_path: Path, on_path: Path) -> None:
    write(on_path, "nvcc", "").chmod(0o755)
    write(tmp_path, "usr/local/cuda-13/bin/nvcc", "")
    assert find_nvcc(tmp_path) == on_path / "nvcc"


def test_a_cuda_compiler_with_headers_comes_before_one_without(tmp_path: Path, on_path: Path) -> None:
    write(on_path, "nvcc", "").chmod(0o755)
    for version in ("cuda-12.4", "cuda-13"):
        write(tmp_path, f"usr/local/{version}/bin/nvcc", "")
    write(tmp_path, "usr/local/cuda-12.4/include/cuda.h", "")
    assert find_nvcc(tmp_path) == tmp_path / "usr/local/cuda-12.4/bin/nvcc"


@pytest.mark.parametrize(("version", "cuda"), [(11080, (11, 8)), (12040, (12, 4)), (13000, (13, 0))])
def test_a_driver_tells_its_cuda(tmp_path: Path, version: int, cuda: tuple[int, int]) -> None:
    fake_driver.install(tmp_path, version)
    assert driver(tmp_path) == cuda
    assert examine(REAL, tmp_path).cuda == cuda


def test_a_machine_without_a_driver_has_none(tmp_path: Path) -> None:
    assert driver(tmp_path) == NO_DRIVER


def test_a_jetsons_interpreter_is_asked_what_it_can_import(tmp_path: Path, python: Path) -> None:
    write(tmp_path, "etc/nv_tegra_release", "# R36")
    machine = examine(python, tmp_path)
    versions = {"cv2": "4.5.4", "gstreamer": "(1.20.3)", "PyQt5": "5.15.6", "numpy": "1.21.5", "jtop": "4.3.2"}
    assert {name: version.strip() for name, version in machine.modules.items()} == versions
    assert machine.broken == {"tensorrt": "ModuleNotFoundError: No module named 'no_such_library'"}
    assert machine.python == sys.version_info[:2]
    assert not machine.own_python
    assert not machine.fonts


def test_an_opencv_without_gstreamer_is_no_gstreamer(tmp_path: Path, python: Path) -> None:
    write(tmp_path, "etc/nv_tegra_release", "# R36")
    write(tmp_path, "packages/cv2.py", "__version__ = '5.0'\ndef getBuildInformation(): return 'GStreamer:   NO'")
    machine = examine(python, tmp_path)
    assert machine.modules["cv2"] == "5.0"
    assert "gstreamer" not in machine.modules


def test_another_machines_interpreter_is_not_asked(tmp_path: Path, python: Path) -> None:
    write(tmp_path, "usr/share/fonts/truetype/a.ttf", "")
    machine = examine(python, tmp_path)
    assert (machine.board, machine.modules, machine.broken, machine.fonts) == (None, {}, {}, True)


def test_the_projects_own_environment_does_not_hide_the_truth(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "etc/nv_tegra_release", "# R36")
    write(tmp_path, "elsewhere/pycuda/__init__.py", "VERSION_TEXT = '2024.1'")
    write(tmp_path, "elsewhere/pycuda/driver.py", "")
    plain = python.parent / "plain"
    plain.write_text(f'#!/bin/sh\nexec {REAL} -S "$@"\n')
    plain.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path / "elsewhere"))
    assert "pycuda" not in examine(plain, tmp_path).modules


def test_a_jtop_outside_the_interpreter_tells_its_version(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "etc/nv_tegra_release", "# R36")
    write(tmp_path, "packages/jtop.py", "raise ImportError('another Python')")
    write(tmp_path, "bin/jtop", "#!/bin/sh\necho jtop 4.3.2\n").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=os.pathsep)
    machine = examine(python, tmp_path)
    assert (machine.jtop_command, "jtop" in machine.modules) == ("4.3.2", False)
