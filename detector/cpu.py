"""The detector whose every stage runs on the CPU, around any host engine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from core.pixels import PixelFormat
from core.types import (
    Classification,
    ClassMap,
    Detections,
    EngineInfo,
    Frame,
    Prediction,
    Result,
    StageTimes,
    Thresholds,
)
from detector import faults
from detector.engine import HostEngine, fits, open_engine
from detector.head import Candidates, Head, Outputs
from detector.letterbox import Letterbox, sized
from detector.model import Model
from detector.nms import overlooked, suppress
from detector.segments import Segments


@dataclass(frozen=True, eq=False)
class _Fitted:
    """What depends on the frame's size in pixels."""

    size: tuple[int, int]
    letterbox: Letterbox
    head: Head


class CpuDetector:
    """`collect` does the work of the frame submitted last."""

    depth = 1
    formats: tuple[PixelFormat, ...] = (PixelFormat.BGR,)

    def __init__(self, model: Model, backend: str) -> None:
        self._model = model
        self._engine: HostEngine = open_engine(backend, model.path)
        self._thresholds = model.thresholds
        self._fitted: _Fitted | None = None
        preprocessing = model.layout.preprocessing
        self.info = EngineInfo(
            model=model.path.name,
            head=model.layout.head,
            backend=backend,
            device=self._engine.device,
            precision=model.precision,
            input_width=preprocessing.width,
            input_height=preprocessing.height,
            labels=model.labels,
            thresholds=model.thresholds,
            notes=model.notes,
        )

    def __enter__(self) -> CpuDetector:
        import cv2

        self._engine.__enter__()
        cv2.setNumThreads(self._engine.opencv_threads)
        self._constants, self._picture = self._model.constants, self._model.picture.name
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.__exit__(kind, error, trace)

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Acts from the next frame on; may be called from any thread."""
        self._thresholds = thresholds

    def submit(self, frame: Frame) -> None:
        """Take a frame."""
        self._submitted = frame, time.perf_counter_ns()

    def collect(self) -> Result:
        """Find what is in the frame; `OutputInvalid` where the network answered nonsense."""
        frame, started_ns = self._submitted
        fitted = self._fit(frame)
        tensor = fitted.letterbox.prepare(frame.bgr())
        prepared_ns = time.perf_counter_ns()
        outputs = self._engine.run({**self._constants, self._picture: tensor})
        inferred_ns = time.perf_counter_ns()
        prediction, missed = self._predict(fitted, outputs)
        finished_ns = time.perf_counter_ns()
        stages = StageTimes(
            wait_ms=(started_ns - frame.captured_ns) / 1e6,
            preprocess_ms=(prepared_ns - started_ns) / 1e6,
            inference_ms=(inferred_ns - prepared_ns) / 1e6,
            postprocess_ms=(finished_ns - inferred_ns) / 1e6,
        )
        return Result(frame, prediction, stages, self._model.labels, finished_ns, missed)

    def _fit(self, frame: Frame) -> _Fitted:
        """Input buffer and head for frames of this size, kept until another size comes."""
        size = frame.width, frame.height
        if self._fitted is None or self._fitted.size != size:
            preprocessing = sized(self._model.layout.preprocessing, *size)
            self._fitted = _Fitted(size, Letterbox(*size, preprocessing), self._model.head(preprocessing))
        return self._fitted

    def _predict(self, fitted: _Fitted, outputs: Outputs) -> tuple[Prediction, int]:
        """What is in the frame, and how many candidates were overlooked."""
        thresholds = self._thresholds
        self._check_outputs(outputs)
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is refused below
            decoded = fitted.head.decode(outputs, thresholds)
        transform = fitted.letterbox.transform
        found = decoded.in_frame(transform) if isinstance(decoded, Segments) else decoded
        self._check_classes(found)
        if not isinstance(found, Candidates):
            return found, 0
        kept = self._kept(fitted.head, found, thresholds)
        detections = Detections(transform.to_frame(found.xyxy[kept]), found.confidence[kept], found.class_id[kept])
        return detections, overlooked(len(found.xyxy)) if fitted.head.needs_nms else 0

    def _kept(self, head: Head, found: Candidates, thresholds: Thresholds) -> NDArray[np.intp]:
        """Indices of the candidates that stay, best first."""
        if not np.isfinite(found.xyxy).all():
            raise faults.not_finite(self.info.model)
        most = thresholds.max_detections
        if head.needs_nms:
            group = np.zeros_like(found.class_id) if thresholds.class_agnostic else found.class_id
            return suppress(found.xyxy, found.confidence, group, thresholds.iou, most)
        return np.argsort(-found.confidence, kind="stable")[:most]

    def _check_outputs(self, outputs: Outputs) -> None:
        """Shapes are those that the file promises; the largest value is NaN where any is."""
        for spec in self._model.graph.outputs:
            values = outputs[spec.name]
            if not fits(values.shape, spec.shape):
                raise faults.wrong_shape(self.info.model, spec.name, values.shape, spec.shape)
            if values.dtype.kind == "f" and values.size and np.isnan(values.max()):
                raise faults.not_a_number(self.info.model, [spec.name])

    def _check_classes(self, found: Candidates | Classification | ClassMap) -> None:
        if isinstance(found, ClassMap):
            above = found.class_id + np.uint8(1)  # 0 where there is no class
            highest = int(above.max()) - 1
        else:
            highest = int(np.max(found.class_id, initial=0))
        if highest >= len(self._model.labels):
            raise faults.unknown_class(self.info.model, highest, self._model.labels)
