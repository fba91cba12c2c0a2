from __future__ import annotations

import os
from pathlib import Path

import fake_driver
import pytest

from scripts.stamp import Stamp, fingerprint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "scripts").mkdir(parents=True)
    for name in ("setup.cfg", "pyproject.toml", "scripts/plan.py"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def status(tmp_path: Path) -> Path:
    """Debian's list of installed packages, of a machine whose files lie below tmp_path."""
    path = tmp_path / "var/lib/dpkg/status"
    path.parent.mkdir(parents=True)
    path.write_text("")
    return path


def test_a_stamp_is_read_as_it_was_written(tmp_path: Path) -> None:
    Stamp("inputs", ["dev"], ["qt"]).write(tmp_path / "stamp")
    assert Stamp.read(tmp_path / "stamp") == Stamp("inputs", ["dev"], ["qt"])
    assert Stamp.read(tmp_path / "none") is None


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml", "scripts/plan.py"])
def test_what_set_up_reads_changes_the_fingerprint(tmp_path: Path, project: Path, name: str) -> None:
    before = fingerprint(project, Path("/usr/bin/python3"), tmp_path)
    assert fingerprint(project, Path("/usr/bin/python3"), tmp_path) == before
    assert fingerprint(project, Path("/opt/python3"), tmp_path) != before
    (project / name).write_text("changed")
    assert fingerprint(project, Path("/usr/bin/python3"), tmp_path) != before


def test_a_package_installed_on_a_jetson_changes_the_fingerprint(tmp_path: Path, project: Path, status: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/nv_tegra_release").write_text("# R36")
    before = fingerprint(project, Path("/usr/bin/python3"), tmp_path)
    os.utime(status, (1, 1))
    assert fingerprint(project, Path("/usr/bin/python3"), tmp_path) != before


def test_a_package_installed_on_a_laptop_does_not(tmp_path: Path, project: Path, status: Path) -> None:
    before = fingerprint(project, Path("/usr/bin/python3"), tmp_path)
    os.utime(status, (1, 1))
    assert fingerprint(project, Path("/usr/bin/python3"), tmp_path) == before


def test_a_driver_and_a_compiler_change_the_fingerprint(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    found = [fingerprint(project, Path("/usr/bin/python3"), tmp_path)]
    fake_driver.install(tmp_path, 12040)
    found.append(fingerprint(project, Path("/usr/bin/python3"), tmp_path))
    for name in ("bin/nvcc", "usr/local/cuda-12.4/include/cuda.h", "usr/include/python3.11/Python.h"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch(mode=0o755)
        found.append(fingerprint(project, Path("/usr/bin/python3"), tmp_path))
    assert len({*found}) == 5
    assert fingerprint(project, Path("/usr/bin/python3"), tmp_path) == found[-1]
