"""The system's Python and its OpenCV, which has GStreamer: sources run there as they would on a Jetson.

`python3 tests/system_opencv.py '[["gst:videotestsrc", 2.0, 5]]'` reads each address, with its time-out in seconds, up
to a number of frames, and prints what came as JSON.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

PYTHON = "/usr/bin/python3"
ROOT = Path(__file__).resolve().parent.parent
PROBE = "import cv2, re; raise SystemExit(not re.search(r'GStreamer:\\s+YES', cv2.getBuildInformation()))"


@dataclass(frozen=True)
class Outcome:
    """`frames` are index, width, height and the mean of each colour; `error` is its class and its text."""

    info: dict[str, Any]
    frames: list[list[float]]
    error: tuple[str, str]
    open_s: float
    took_s: float


@functools.cache
def missing() -> str | None:
    """Why sources cannot run there; None where they can."""
    try:
        probe = subprocess.run([PYTHON, "-c", PROBE], capture_output=True, timeout=30, check=False)
    except OSError as error:
        return f"no system Python: {error}"
    return "the system's OpenCV (python3-opencv) is missing or has no GStreamer" if probe.returncode else None


def read(asked: list[tuple[str, float, int]]) -> tuple[list[Outcome], str]:
    """The outcome of each address, and what was printed on standard error."""
    child = subprocess.run(
        [PYTHON, __file__, json.dumps(asked)], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
    )
    return [Outcome(**outcome) for outcome in json.loads(child.stdout)], child.stderr


def _seen(frame: Any) -> list[float]:
    return [frame.index, frame.width, frame.height, *frame.bgr().mean(axis=(0, 1)).tolist()]


def _outcome(uri: str, timeout_s: float, count: int) -> Outcome:
    from capture.source import CaptureOptions, open_source
    from core.buffers import FrameBuffers
    from core.errors import JetsightError

    info, frames, error, began, opened = {}, [], ("", ""), time.monotonic(), 0.0
    try:
        with open_source(uri, FrameBuffers(), CaptureOptions(timeout_s=timeout_s)) as source:
            info, opened = asdict(source.info), time.monotonic()
            frames.extend(map(_seen, islice(source.frames(), count)))
    except JetsightError as caught:
        error = (type(caught).__name__, str(caught))
    return Outcome(info, frames, error, opened - began, time.monotonic() - began)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print(json.dumps([asdict(_outcome(*each)) for each in json.loads(sys.argv[1])]))
