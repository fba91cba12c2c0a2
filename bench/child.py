"""The program itself as a child process, watched from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import JetsightError

ROOT = Path(__file__).resolve().parent.parent
POLL_S = 0.005
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Observation:
    """What was seen of one run: seconds to the first detection, the largest resident memory in MB, its own figures."""

    first_boxes_s: float
    rss_mb: float
    figures: dict[str, Any]


def observe(options: Sequence[str], seconds: float, environment: dict[str, str] | None = None) -> Observation:
    """Run `jetsight run OPTIONS` for some seconds after its first result, then end it as Ctrl-C would."""
    import psutil

    with tempfile.TemporaryDirectory() as folder:
        log, figures = Path(folder) / "run.jsonl", Path(folder) / "run.json"
        command = [sys.executable, "app.py", "run", *options, "--log", str(log), "--json", str(figures)]
        began = time.perf_counter()
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            _wait(child, lambda: log.is_file() and log.stat().st_size > 0)
            first_boxes_s = time.perf_counter() - began
            rss = _peak(psutil.Process(child.pid), seconds)
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=PATIENCE_S)
        return Observation(first_boxes_s, rss / 1e6, json.loads(figures.read_text()))


@contextmanager
def virtual_display() -> Iterator[str]:
    """The name of an X display of its own, e.g. ":99"; `JetsightError` where Xvfb is missing."""
    if not shutil.which("Xvfb"):
        raise JetsightError("Xvfb is missing", "Install it: apt install xvfb.")
    read, write = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(write)
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        try:
            yield f":{number}"
        finally:
            server.terminate()


def _wait(child: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + PATIENCE_S
    while not condition():
        if child.poll() is not None or time.perf_counter() > deadline:
            child.kill()
            raise JetsightError(f"the measured run gave nothing: {(child.communicate()[1] or '').strip()[-500:]}")
        time.sleep(POLL_S)


def _peak(process: Any, seconds: float) -> int:
    peak, deadline = 0, time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        peak = max(peak, process.memory_info().rss)
        time.sleep(0.05)
    return peak
