"""What was found, as text: a JSON object a line, a line a frame."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

from core.overlay import TOP, areas, class_name
from core.types import Classification, ClassMap, EngineInfo, Prediction, Result, SourceInfo
from output.files import cannot_write, claim


class Log:
    """An observer that writes JSON lines, each at once and whole: a kill loses at most the line being written.

    Every line has `index` (of the frame in its source, dropped frames counted), `media_ms` (position in a recording,
    else null), `captured` (when it came, UTC, ISO 8601), `age_ms` (from its arrival to its prediction), `stages_ms`
    (`wait`, `preprocess`, `inference`, `postprocess`) and `overlooked` (candidates, the least sure, that suppression
    did not look at). Then, by the kind of network, one of

    - `boxes`: the surest first, each with `xyxy` in pixels of the source, `score`, `class` and `label`;
    - `classes`: the likeliest five, each with `score`, `class` and `label`;
    - `areas`: the largest first, each with `percent` of the picture, `class` and `label`; no class, no area.
    """

    notice = ""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._epoch_ns = time.time_ns() - time.perf_counter_ns()

    def __enter__(self) -> Log:
        claim(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    def begin(self, source: SourceInfo, engine: EngineInfo) -> None:
        """Every line stands for itself."""

    def write(self, result: Result) -> None:
        """Append a line."""
        line = json.dumps(self._entry(result), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        try:
            self._file = self._file or self._path.open("wb", buffering=0)
            self._append(self._file, line.encode() + b"\n")
        except OSError as error:
            raise cannot_write(self._path, error.strerror) from error

    def _append(self, file: FileIO, line: bytes) -> None:
        """A disk that is full takes a part of the line first, which is taken back."""
        end = file.tell()
        if file.write(line) < len(line):
            file.truncate(end)
            raise cannot_write(self._path, "No space left on device")

    def _entry(self, result: Result) -> dict[str, Any]:
        frame, stages = result.frame, result.stages
        captured = datetime.fromtimestamp((self._epoch_ns + frame.captured_ns) / 1e9, timezone.utc)
        return {
            "index": frame.index,
            "media_ms": None if frame.media_ns is None else round(frame.media_ns / 1e6, 3),
            "captured": captured.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "age_ms": round(result.age_ms, 2),
            "stages_ms": {
                "wait": round(stages.wait_ms, 2),
                "preprocess": round(stages.preprocess_ms, 2),
                "inference": round(stages.inference_ms, 2),
                "postprocess": round(stages.postprocess_ms, 2),
            },
            "overlooked": result.overlooked,
            **_found(result.prediction, result.labels),
        }


def _found(prediction: Prediction, labels: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    def named(class_id: int) -> dict[str, Any]:
        return {"class": class_id, "label": class_name(labels, class_id)}

    if isinstance(prediction, ClassMap):
        return {"areas": [{"percent": round(percent, 2), **named(c)} for c, percent in areas(prediction).items()]}
    scored = [
        {"score": round(score, 4), **named(c)}
        for score, c in zip(prediction.confidence.tolist(), prediction.class_id.tolist(), strict=True)
    ]
    if isinstance(prediction, Classification):
        return {"classes": scored[:TOP]}
    corners = prediction.xyxy.round(1).astype(float).round(1).tolist()
    return {"boxes": [{"xyxy": xyxy, **rest} for xyxy, rest in zip(corners, scored, strict=True)]}
