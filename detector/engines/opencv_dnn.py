"""OpenCV's own network module on the CPU: for machines without ONNX Runtime. It lacks some operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from numpy.typing import NDArray

from core.errors import EngineUnavailable
from detector.engine import check_feeds
from onnxgraph.inspection import inspect

REMEDY = "Use --backend onnxruntime."
SILENT = 0


def open(model: Path) -> OpenCvEngine:
    """An unopened engine."""
    return OpenCvEngine(model)


class OpenCvEngine:
    """A `cv2.dnn` network; OpenCV chooses the threads."""

    device = "CPU, OpenCV"
    opencv_threads = -1

    def __init__(self, model: Path) -> None:
        graph = inspect(model)
        self.inputs = graph.inputs
        self.outputs = graph.outputs
        self._model = model
        self._network: Any = None

    def __enter__(self) -> OpenCvEngine:
        import cv2

        try:
            with _quiet():
                self._network = cv2.dnn.readNetFromONNX(str(self._model))
        except cv2.error as error:
            raise EngineUnavailable(f"OpenCV cannot open {self._model.name}: {_reason(error)}", REMEDY) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._network = None

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """All outputs by name."""
        import cv2

        check_feeds(self.inputs, feeds)
        names = [spec.name for spec in self.outputs]
        try:
            for name, values in feeds.items():
                self._network.setInput(values, name)
            return dict(zip(names, self._network.forward(names), strict=True))
        except cv2.error as error:
            raise EngineUnavailable(f"OpenCV cannot run {self._model.name}: {_reason(error)}", REMEDY) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV prints what it also raises; its log level is found in two places, by version."""
    import cv2

    logging: Any = getattr(cv2.utils, "logging", cv2)
    before = logging.getLogLevel()
    logging.setLogLevel(SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(before)


def _reason(error: Any) -> str:
    """The innermost sentence: what follows the last error code, in one line."""
    return str(error.err).rpartition("error)")[2].strip(" >\n").replace("\n", " ")
