"""The engine that would make a network run faster here, built."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from core.status import Building
from detector.backends import buildable
from detector.build import Cancelled, build
from detector.builder.library import target
from detector.builder.options import BuildOptions
from detector.builder.progress import Progress
from detector.model import load_model

PRECISION = "fp16"


def build_faster(path: Path, head: str | None, listen: Callable[[Building], None], cancelled: threading.Event) -> str:
    """Build the fastest engine that "auto" misses for a network; what was built, in words, "" where it was cancelled.

    Takes minutes; `listen` is told the progress in this thread. Raises `NothingToBuild` where none is missing, and
    `EngineUnavailable` where the build fails.
    """
    model = load_model(path, head)
    backend = buildable(model)
    what = f"{backend} engine for {path.name}"

    def tell(progress: Progress) -> None:
        listen(Building(what, progress.phase, progress.share))

    try:
        build(model, BuildOptions(target(backend), PRECISION), tell, cancelled)
    except Cancelled:
        return ""
    return what
