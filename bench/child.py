"""The program itself as a child process, watched from outside."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import JetsightError

ROOT = Path(__file__).resolve().parent.parent
POLL_S = 0.005
PATIENCE_S = 60.0
ERRORS = "stderr.txt"


@dataclass(frozen=True)
class Observation:
    """What was seen of one run: seconds to the first detection, the largest resident memory in MB, its own figures."""

    first_boxes_s: float
    rss_mb: float
    figures: dict[str, Any]


def observe(options: Sequence[str], seconds: float, environment: dict[str, str] | None = None) -> Observation:
    """Run `jetsight run OPTIONS` for some seconds after its first result, then end it.

    By SIGTERM: a shell lets its background jobs ignore Ctrl-C.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, figures = folder / "run.jsonl", folder / "run.json"
        began = time.perf_counter()
        with _running([*options, "--log", str(log), "--json", str(figures)], environment or {}, folder) as child:
            _wait(child, log)
            first_boxes_s = time.perf_counter() - began
            rss = _peak(child.pid, seconds)
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(PATIENCE_S)
        if not figures.is_file():
            raise JetsightError(f"the measured run ended without figures: {_last_words(folder)}")
        return Observation(first_boxes_s, rss / 1e6, json.loads(figures.read_text()))


@contextmanager
def _running(options: Sequence[str], environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program as a child whose standard error goes into the folder; killed where it is still there at the end."""
    command = [sys.executable, "app.py", "run", *options]
    with (
        (folder / ERRORS).open("wb") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=errors
        ) as child,
    ):
        try:
            yield child
        finally:
            child.kill()


def _wait(child: subprocess.Popen[bytes], log: Path) -> None:
    """Until the first result is in the log."""
    deadline = time.perf_counter() + PATIENCE_S
    while not (log.is_file() and log.stat().st_size):
        if child.poll() is not None or time.perf_counter() > deadline:
            raise JetsightError(f"the measured run gave nothing: {_last_words(log.parent)}")
        time.sleep(POLL_S)


def _last_words(folder: Path) -> str:
    return (folder / ERRORS).read_text(errors="replace").strip()[-500:]


def _peak(pid: int, seconds: float) -> int:
    """The largest resident memory in bytes, for some seconds or until the process ends."""
    import psutil

    peak, deadline = 0, time.perf_counter() + seconds
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while time.perf_counter() < deadline:
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.05)
    return peak


@contextmanager
def virtual_display() -> Iterator[str]:
    """The name of an X display of its own, e.g. ":99"; `JetsightError` where Xvfb is missing or does not start.

    Without `-noreset` it starts anew when the last window closes, and refuses who comes meanwhile.
    """
    if not shutil.which("Xvfb"):
        raise JetsightError("Xvfb is missing", "Install it: apt install xvfb.")
    read, write = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(write)
        try:
            with os.fdopen(read) as answer:
                number = answer.readline().strip()
            if not number:
                raise JetsightError("Xvfb did not start", "Run it by hand to see why.")
            yield f":{number}"
        finally:
            server.terminate()
