"""What the user asked for, parsed once at the edge and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "models"
BUILT_IN = MODELS / "jetsight-n.onnx"
MOST_DETECTIONS = 1000  # in a frame


class Policy(Enum):
    """What happens to a frame that comes while the detector is busy."""

    NEWEST = "newest"  # it replaces the one that waits, which is counted as dropped
    EVERY = "every"  # the source waits


@dataclass(frozen=True)
class Settings:
    """One run. None stands for "as the source, the network or the display suggests".

    `depth` is how many frames a GPU may have under way; `confidence` and `iou` lie in 0..1; `frames` ends the run after
    that many; `timeout_s` bounds each open and read of something live.
    """

    source: str
    model: Path = BUILT_IN
    head: str | None = None
    backend: str = "auto"
    depth: int = 1
    confidence: float | None = None
    iou: float | None = None
    classes: tuple[str, ...] = ()
    class_agnostic: bool = False
    max_detections: int | None = None
    loop: bool = False
    frames: int | None = None
    reconnect: bool = True
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    flip: str | None = None
    latency_ms: int = 200
    timeout_s: float = 10.0
