from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.steps import Log, Venv, install_packages

REAL = Path(sys.executable).resolve()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "out/setup.log")


def shell(log: Log, script: str) -> bool:
    return log.run(["/bin/sh", "-c", script])


def test_a_failure_shows_the_end_of_what_the_last_program_printed(log: Log) -> None:
    assert shell(log, "echo fine")
    assert not shell(log, "seq 100; echo bad >&2; exit 1")
    text = str(log.failure("it went wrong"))
    assert text.startswith(f"it went wrong. All that was printed is in {log.path}")
    assert text.endswith("99\n100\nbad")
    assert "\n50\n" not in text
    assert "fine" not in text


def test_an_index_that_cannot_be_reached_is_one_line(log: Log) -> None:
    shell(log, "echo 'after connection broken by X'; echo 'ERROR: no version (from versions: none)'; exit 1")
    text = str(log.failure("pip failed"))
    assert "cannot be reached" in text
    assert "\n" not in text


def test_programs_get_no_input_and_no_foreign_packages(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    shell(log, 'cat; echo "[$PYTHONPATH]"')
    assert log.path.read_text().endswith("\n[]\n")


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The journal of an apt-get that knows no package before its lists are updated."""
    journal = tmp_path / "journal"
    program = tmp_path / "bin/apt-get"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {journal}\n[ "$3" = update ] && touch {tmp_path}/lists\n[ -e {tmp_path}/lists ]\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=os.pathsep)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return journal


def verbs(journal: Path) -> list[str]:
    return [line.split()[2] for line in journal.read_text().splitlines()]


def test_package_lists_are_updated_only_when_they_must_be(apt: Path, log: Log) -> None:
    assert install_packages(["libgl1"], log)
    assert verbs(apt) == ["install", "update", "install"]
    assert install_packages(["libegl1"], log)
    assert verbs(apt)[3:] == ["install"]


def test_only_root_installs_packages(apt: Path, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not install_packages(["libgl1"], log)
    assert not apt.exists()


@pytest.fixture
def venv(tmp_path: Path) -> Venv:
    made = Venv(tmp_path / "here/.venv")
    subprocess.run([REAL, "-m", "venv", "--without-pip", made.path], check=True)
    (made.path / "bin/pip").write_text(f"#!{made.python}\n")
    return made


def test_an_environment_knows_the_interpreter_it_was_made_from(venv: Venv) -> None:
    assert venv.base() == REAL
    assert not venv.sees_system()


def test_an_environment_that_is_not_there_has_no_interpreter(tmp_path: Path) -> None:
    assert Venv(tmp_path / "none").base() is None


def test_a_moved_environment_is_of_no_use(tmp_path: Path, venv: Venv) -> None:
    venv.path.parent.rename(tmp_path / "there")
    assert Venv(tmp_path / "there/.venv").base() is None


def test_an_environment_whose_interpreter_is_gone_is_of_no_use(venv: Venv) -> None:
    venv.python.unlink()
    venv.python.symlink_to("/nowhere/python3")
    assert venv.base() is None
