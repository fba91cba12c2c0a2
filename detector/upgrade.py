"""The engine that would make a network run faster here, built."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.status import Building
from core.types import EngineInfo
from detector.backends import buildable
from detector.build import Cancelled, build
from detector.builder.library import target
from detector.builder.options import BuildOptions
from detector.builder.progress import Progress
from detector.model import load_model

PRECISION = "fp16"


@dataclass(frozen=True)
class Built:
    """An engine that was built for a network (its file name)."""

    backend: str
    model: str

    def __str__(self) -> str:
        return f"{self.backend} engine for {self.model}"

    def outcome(self, opened: EngineInfo) -> str:
        """In words: what came of it when the network was opened again."""
        if opened.backend == self.backend:
            return f"The {self} is ready and takes over."
        reasons = [note for note in opened.notes if note.startswith(f"{self.backend} ")]
        return f"The {self} was built and is not used: {'; '.join(reasons) or f'{opened.backend} runs'}"


def build_faster(
    path: Path, head: str | None, listen: Callable[[Building], None], cancelled: threading.Event
) -> Built | None:
    """Build the fastest engine that "auto" misses for a network; None where it was cancelled.

    Takes minutes; `listen` is told the progress in this thread. Raises `NothingToBuild` where none is missing, and
    `EngineUnavailable` where the build fails.
    """
    model = load_model(path, head)
    backend = buildable(model)
    built = Built(backend, path.name)

    def tell(progress: Progress) -> None:
        listen(Building(str(built), progress.phase, progress.share))

    try:
        build(model, BuildOptions(target(backend), PRECISION), tell, cancelled)
    except Cancelled:
        return None
    return built
