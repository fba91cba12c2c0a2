"""The plan on machines that are not here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.machine import Machine
from scripts.plan import QT6_LIBRARIES, QT_LIBRARIES, Plan, plan

EVERY_LIBRARY = frozenset({*QT_LIBRARIES, *QT6_LIBRARIES})
LAPTOP = Machine("x86_64", (3, 12), libraries=EVERY_LIBRARY)
ORIN = Machine(
    "aarch64",
    (3, 10),
    board="NVIDIA Jetson Orin Nano Developer Kit",
    modules={
        "cv2": "4.5.4",
        "gstreamer": "(1.20.3)",
        "PyQt5": "5.15.6",
        "tensorrt": "10.3.0",
        "pycuda": "2022.1",
        "jtop": "4.3.2",
        "numpy": "1.21.5",
    },
    nvcc=Path("/usr/local/cuda-12.6/bin/nvcc"),
    libraries=EVERY_LIBRARY,
    packages=frozenset({"nvidia-jetpack"}),
)
DESKTOP = replace(
    LAPTOP, cuda=(13, 0), nvcc=Path("/usr/bin/nvcc"), packages=frozenset({"build-essential", "python3-dev"})
)
WHEELS = {
    "cv2": {"opencv"},
    "PyQt5": {"qt", "pyside"},
    "tensorrt": {"tensorrt"},
    "pycuda": {"pycuda"},
    "jtop": {"jtop"},
}


def without(*modules: str) -> Machine:
    return replace(ORIN, modules={name: version for name, version in ORIN.modules.items() if name not in modules})


def line_about(word: str, machine: Machine) -> str:
    (line,) = [note for note in plan(machine).notes if word in note]
    return line


def test_a_laptop_gets_wheels_and_no_words() -> None:
    assert plan(LAPTOP) == Plan(("cpu", "opencv", "qt"))


def test_an_arm_machine_gets_pyside_because_pyqt5_has_no_wheel_there() -> None:
    made = plan(replace(LAPTOP, arch="aarch64", libraries=frozenset()))
    assert made.extras == ("cpu", "opencv", "pyside")
    assert "libxcb-cursor0" in made.packages


def test_only_the_system_libraries_that_are_missing_are_asked_for() -> None:
    machine = replace(LAPTOP, libraries=EVERY_LIBRARY - {"libxcb-icccm.so.4", "libGL.so.1"})
    assert set(plan(machine).packages) == {"libxcb-icccm4", "libgl1"}


def test_a_machine_without_fonts_gets_one() -> None:
    assert plan(replace(LAPTOP, fonts=False)).packages == ("fonts-dejavu-core",)


def test_debian_without_its_venv_package_is_given_that_of_the_python_used() -> None:
    assert plan(replace(LAPTOP, ensurepip=False)).packages == ("python3.12-venv",)


def test_a_complete_jetson_brings_everything() -> None:
    made = plan(ORIN)
    assert made.system_site_packages
    assert (made.extras, made.optional, made.packages) == (("cpu",), (), ())
    assert "OpenCV 4.5.4" in made.notes[0]
    assert "TensorRT 10.3.0" in made.notes[0]


@given(st.sets(st.sampled_from(sorted(WHEELS))), st.booleans())
def test_no_wheel_stands_before_what_a_jetson_brings(missing: set[str], jtop_elsewhere: bool) -> None:
    made = plan(replace(without(*missing), jtop_command="4.3.2" if jtop_elsewhere else None))
    brought = WHEELS.keys() - missing
    assert {*made.extras, *made.optional}.isdisjoint(set().union(*(WHEELS[name] for name in brought)))


@pytest.mark.parametrize(("numpy", "bound"), [("1.21.5", "numpy<2"), ("1.26.4", "numpy<2"), ("2.2.6", "numpy<3")])
def test_numpy_stays_in_the_major_version_of_the_system(numpy: str, bound: str) -> None:
    assert plan(replace(ORIN, modules={**ORIN.modules, "numpy": numpy})).constraints == (bound,)


def test_numpy_is_free_where_nothing_of_the_system_needs_it() -> None:
    assert plan(without("cv2", "pycuda", "tensorrt")).constraints == ()


def test_a_jetson_without_opencv_and_qt_asks_for_debians_and_has_a_way_out() -> None:
    made = plan(without("cv2", "gstreamer", "PyQt5"))
    assert made.extras == ("cpu", "opencv", "pyside")
    assert {"python3-opencv", "python3-pyqt5"} <= {*made.packages}
    assert "CSI" in line_about("python3-opencv", without("cv2", "gstreamer"))
    assert "PySide6" in line_about("python3-pyqt5", without("PyQt5"))


def test_what_is_installed_and_cannot_be_used_is_not_asked_for_again() -> None:
    broken = replace(without("cv2"), packages=frozenset({"nvidia-jetpack", "python3-opencv"}))
    assert plan(broken).packages == ()


def test_an_opencv_that_breaks_at_import_is_told_with_the_reason() -> None:
    machine = replace(without("cv2", "gstreamer"), broken={"cv2": "numpy.core.multiarray failed", "gstreamer": "same"})
    assert "numpy.core.multiarray failed" in line_about("OpenCV cannot be used", machine)
    assert not any("python3-opencv is missing" in note for note in plan(machine).notes)


def test_an_opencv_without_gstreamer_is_told() -> None:
    assert "pip3 uninstall opencv-python" in line_about("GStreamer", without("gstreamer"))


def test_missing_jetpack_is_one_line() -> None:
    machine = replace(without("tensorrt", "pycuda"), nvcc=None, packages=frozenset())
    assert line_about("nvidia-jetpack", machine).endswith("sudo apt-get install -y nvidia-jetpack")
    assert sum("sudo apt-get" in note for note in plan(machine).notes) == 1


def test_parts_of_jetpack_are_named_where_only_they_are_missing() -> None:
    assert line_about("TensorRT is", without("tensorrt")).endswith("sudo apt-get install -y nvidia-tensorrt")
    no_compiler = replace(without("pycuda"), nvcc=None)
    assert line_about("nvcc", no_compiler).endswith("sudo apt-get install -y nvidia-cuda-dev")
    assert plan(no_compiler).optional == ()


def test_pycuda_is_built_with_a_compiler_that_is_not_on_path() -> None:
    made = plan(without("pycuda"))
    assert (made.optional, made.packages) == (("pycuda",), ("build-essential", "python3-dev"))
    assert made.cuda_bin == Path("/usr/local/cuda-12.6/bin")
    assert "not on PATH" in line_about("/usr/local/cuda-12.6/bin", without("pycuda"))
    assert "not on PATH" in line_about("/usr/local/cuda-12.6/bin", replace(without("tensorrt"), packages=frozenset()))


def test_nothing_is_said_about_cuda_that_is_on_path() -> None:
    assert not any("PATH" in note for note in plan(replace(ORIN, nvcc_on_path=True)).notes)


def test_jtops_client_matches_a_service_that_lives_elsewhere() -> None:
    made = plan(replace(without("jtop"), jtop_command="7.2.2"))
    assert made.extras == ("cpu", "jtop")
    assert "jetson-stats==7.2.2" in made.constraints


def test_a_jetson_without_jtop_gets_no_client() -> None:
    assert "jtop" not in plan(without("jtop")).extras
    assert "jetson-stats" in line_about("jtop is missing", without("jtop"))


def test_a_foreign_python_on_a_jetson_cannot_use_what_the_board_brings() -> None:
    foreign = replace(ORIN, own_python=False, python=(3, 12), cuda=(12, 6))
    made = plan(foreign)
    assert (made.extras, made.optional, made.system_site_packages) == (("cpu", "opencv", "pyside"), (), False)
    assert "PYTHON=/usr/bin/python3" in line_about("not the system's", foreign)


@pytest.mark.parametrize(
    ("cuda", "python", "runtime"),
    [
        ((13, 0), (3, 11), "cuda13"),
        ((13, 2), (3, 13), "cuda13"),
        ((12, 9), (3, 12), "cuda12"),
        ((12, 0), (3, 10), "cuda12"),
        ((13, 0), (3, 10), "cuda12"),
    ],
)
def test_a_desktop_with_a_gpu_gets_the_onnx_runtime_of_its_driver(
    cuda: tuple[int, int], python: tuple[int, int], runtime: str
) -> None:
    made = plan(replace(DESKTOP, cuda=cuda, python=python))
    assert made == Plan(
        (runtime, "opencv", "qt"),
        optional=("pycuda",),
        cuda_bin=Path("/usr/bin"),
        notes=("NVIDIA's driver for CUDA {}.{} is here: the GPU is used".format(*cuda),),
    )


def test_an_arm_machine_with_a_gpu_has_no_wheel_of_onnx_runtime_for_it() -> None:
    made = plan(replace(DESKTOP, arch="aarch64"))
    assert (made.extras, made.optional) == (("cpu", "opencv", "pyside"), ("pycuda",))


def test_what_pycuda_is_built_with_is_asked_for() -> None:
    bare = replace(DESKTOP, packages=frozenset())
    assert plan(bare).packages == ("build-essential", "python3-dev")
    assert plan(replace(bare, own_python=False)).packages == ("build-essential",)


def test_a_gpu_without_a_compiler_costs_no_large_download_and_is_told() -> None:
    machine = replace(DESKTOP, nvcc=None)
    assert (plan(machine).extras, plan(machine).optional) == (("cpu", "opencv", "qt"), ())
    assert "sudo apt-get install -y nvidia-cuda-toolkit" in line_about("nvcc", machine)


def test_an_old_driver_is_told() -> None:
    machine = replace(DESKTOP, cuda=(11, 8))
    assert (plan(machine).extras, plan(machine).optional) == (("cpu", "opencv", "qt"), ())
    assert "update it" in line_about("CUDA 11.8", machine)


def test_no_two_extras_with_onnx_runtime_are_ever_chosen() -> None:
    for machine in (LAPTOP, ORIN, DESKTOP, replace(DESKTOP, cuda=(12, 4)), replace(DESKTOP, own_python=False)):
        assert len({"cpu", "cuda12", "cuda13"} & {*plan(machine).extras}) == 1
