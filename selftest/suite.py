"""Checks one after another, each in a process of its own: one that hangs or takes Python down is an outcome."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from selftest.check import Check, Options, Outcome, Status

ROOT = Path(__file__).resolve().parent.parent
CHILD = (sys.executable, "-m", "selftest.child")
PATIENCE_S = 5.0  # with a process that was told to end
MOST_WORDS = 2000  # characters of what a process said last


def run(name: str, check: Check, options: Options, child: Sequence[str] = CHILD) -> Outcome:
    """The outcome of a check in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="jetsight-") as folder:
        answer, said = Path(folder) / "answer.json", Path(folder) / "said.txt"
        code = _wait([*child, name, json.dumps(asdict(options), default=str), str(answer)], said, check.LIMIT_S)
        if answer.is_file():
            known = json.loads(answer.read_text())
            return Outcome(**{**known, "status": Status(known["status"])})
        words = said.read_text(errors="replace").strip()[-MOST_WORDS:]
    return Outcome(Status.FAILED, _end(code, check.LIMIT_S, words), traceback=words)


def _wait(command: list[str], said: Path, limit_s: float) -> int | None:
    """How the process ended; None where it was ended after its time."""
    with said.open("wb") as words:
        child = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True
        )
    try:
        return child.wait(limit_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end_all(child)


def _end_all(child: subprocess.Popen[bytes]) -> None:
    """End the process and what it started; one that hangs in a driver is left behind."""
    if child.poll() is None:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE_S)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        child.wait(PATIENCE_S)


def _end(code: int | None, limit_s: float, words: str) -> str:
    """In words, how a process without an answer ended."""
    last = words.splitlines()[-1] if words else "it said nothing"
    if code is None:
        return f"no answer within {limit_s:g} s, ended: {last}"
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    return f"its process {how}: {last}"
