"""The contract of a detector, and its opener."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from core.pixels import PixelFormat
from core.types import EngineInfo, Frame, Result, Thresholds

if TYPE_CHECKING:
    from detector.backends import Choice
    from detector.model import Model

ONE_AT_A_TIME = "works on one frame at a time: throughput mode needs a GPU"


class Detector(Protocol):
    """Open from `__enter__` to `__exit__`, used by one thread.

    `collect` answers the oldest frame that is not collected; at most `depth` frames may be submitted before one is.
    """

    depth: int  # 1: lowest latency; 2: a frame goes up while the one before it is computed
    info: EngineInfo  # another one where a frame changed what there is to note
    formats: tuple[PixelFormat, ...]  # that it reads, the dearest to it first; BGR is always among them

    def __enter__(self) -> Detector: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def submit(self, frame: Frame) -> None:
        """Begin with a frame."""
        ...

    def collect(self) -> Result:
        """The result of the oldest frame submitted; raises `OutputInvalid` where the network answered nonsense."""
        ...

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Acts from the next frame on; may be called from any thread."""
        ...


def open_detector(
    model: Path, backend: str = "auto", head: str | None = None, depth: int = 1
) -> AbstractContextManager[Detector]:
    """What opens a detector for an ONNX file when it is entered.

    `backend` is a file name in `detector/engines` or `detector/cuda/engines`, or "auto": the fastest that opens here,
    with a note why faster ones were passed over. `head` overrides what the graph and its description say; `depth` is
    what a GPU may work on at a time. Raises `ModelError` where the file cannot be understood or the backend cannot run
    it, and `UsageError` where there is no such backend.
    """
    from detector.backends import choices
    from detector.fallback import FirstThatOpens
    from detector.model import load_model

    loaded = load_model(model, head)
    return FirstThatOpens([_made(loaded, choice, depth) for choice in choices(backend, loaded)])


def _made(model: Model, choice: Choice, depth: int) -> Detector:
    noted = replace(model, notes=(*model.notes, *choice.notes))
    if choice.on_device:
        from detector.cuda.detector import CudaDetector

        return CudaDetector(noted, choice.backend, depth)
    from detector.cpu import CpuDetector

    told = (*noted.notes, ONE_AT_A_TIME) if depth > CpuDetector.depth else noted.notes
    return CpuDetector(replace(noted, notes=told), choice.backend)
