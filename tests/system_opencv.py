"""The system's Python and its OpenCV, which has GStreamer: sources run there as they would on a Jetson.

`python3 tests/system_opencv.py '[["gst:videotestsrc", 2.0, 5, ["BGR"]]]'` reads each address, with its time-out in
seconds, up to a number of frames, into buffers whose owner takes these pixel formats, and prints what came as JSON.
"""

from __future__ import annotations

import base64
import functools
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

PYTHON = "/usr/bin/python3"
ROOT = Path(__file__).resolve().parent.parent
PROBE = "import cv2, re; raise SystemExit(not re.search(r'GStreamer:\\s+YES', cv2.getBuildInformation()))"


@dataclass(frozen=True)
class Outcome:
    """`frames` are index, width, height, and where it is BGR the mean of each colour.

    `first` is the pixel format and colour matrix of the first frame, and its planes' bytes in base64; `error` is its
    class and its text.
    """

    info: dict[str, Any]
    frames: list[list[float]]
    first: tuple[str, str, str]
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


def read(asked: Sequence[tuple[str, float, int, Sequence[str]]]) -> tuple[list[Outcome], str]:
    """The outcome of each address, and what was printed on standard error."""
    child = subprocess.run(
        [PYTHON, __file__, json.dumps(asked)], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
    )
    return [Outcome(**outcome) for outcome in json.loads(child.stdout)], child.stderr


def _seen(frame: Any) -> list[float]:
    colours = frame.bgr().mean(axis=(0, 1)).tolist() if frame.format.name == "BGR" else []
    return [frame.index, frame.width, frame.height, *colours]


def _whole(frame: Any) -> tuple[str, str, str]:
    data = b"".join(plane.tobytes() for plane in frame.planes)
    return frame.format.name, frame.colour.matrix.name, base64.b64encode(data).decode()


def _outcome(uri: str, timeout_s: float, count: int, formats: list[str]) -> Outcome:
    from capture.source import CaptureOptions, open_source
    from core.buffers import FrameBuffers
    from core.errors import JetsightError
    from core.pixels import PixelFormat

    buffers = FrameBuffers(tuple(PixelFormat[name] for name in formats))
    info, frames, first, error, began, opened = {}, [], ("", "", ""), ("", ""), time.monotonic(), 0.0
    try:
        with open_source(uri, buffers, CaptureOptions(timeout_s=timeout_s)) as source:
            info, opened = asdict(source.info), time.monotonic()
            for frame in islice(source.frames(), count):
                frames.append(_seen(frame))
                first = first if first[0] else _whole(frame)
    except JetsightError as caught:
        error = (type(caught).__name__, str(caught))
    return Outcome(info, frames, first, error, opened - began, time.monotonic() - began)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print(json.dumps([asdict(_outcome(*each)) for each in json.loads(sys.argv[1])]))
