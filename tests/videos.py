"""Reading back what was recorded."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np


def times_ms(path: Path) -> list[float]:
    """When each frame is shown."""
    with av.open(str(path)) as video:
        return [float(frame.pts * frame.time_base) * 1000 for frame in video.decode(video=0)]


def pictures(path: Path) -> list[np.ndarray]:
    """The frames as BGR [H, W, 3]."""
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]


def duration_ms(path: Path) -> float:
    """How long the file says that it is."""
    with av.open(str(path)) as video:
        return video.duration / 1000
