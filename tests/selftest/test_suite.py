"""A check's process: its answer, its end in time, its crash."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from selftest import check, suite
from selftest.check import Options, Status


def limited(seconds: float) -> Any:
    return SimpleNamespace(LIMIT_S=seconds)


def running(script: str) -> tuple[str, ...]:
    return sys.executable, "-c", script


def test_the_answer_of_a_real_check() -> None:
    outcome = suite.run("camera", check.load("camera"), Options())
    assert outcome.status in Status
    assert outcome.words
    assert "Traceback" not in outcome.traceback


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    late = tmp_path / "late"
    grandchild = f"import time; time.sleep(2); open({str(late)!r}, 'w')"
    script = (
        f"import subprocess, sys; print('I wait', flush=True); subprocess.run([sys.executable, '-c', {grandchild!r}])"
    )
    outcome = suite.run("x", limited(0.5), Options(), running(script))
    assert outcome.status is Status.FAILED
    assert outcome.words == "no answer within 0.5 s, ended: I wait"
    time.sleep(2)
    assert not late.exists()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import os; print('bad', flush=True); os.kill(os.getpid(), 11)", "its process was ended by SIGSEGV: bad"),
        ("raise SystemExit(3)", "its process ended with 3: it said nothing"),
    ],
)
def test_one_that_takes_python_down(script: str, words: str) -> None:
    outcome = suite.run("x", limited(20), Options(), running(script))
    assert (outcome.status, outcome.words) == (Status.FAILED, words)
