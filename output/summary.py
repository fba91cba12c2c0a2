"""The figures of a run, counted while it lasts and written when it is over."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from core.overlay import areas, class_name
from core.status import Percentiles, State, Status
from core.types import Classification, ClassMap, EngineInfo, Result, SourceInfo
from output.environment import environment
from output.files import claim, write_whole
from output.recorder import Video

OVER = (State.ENDED, State.FAILED)
INTERRUPTED = "interrupted"


class Summary:
    """An observer that counts what is found; `figures` gives all of them, `save` writes them where there is a path.

    To be asked also when the run failed. Its memory does not grow with the run.
    """

    notice = ""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._frames = 0
        self._overlooked = 0
        self._objects: Counter[str] = Counter()
        self._percents: defaultdict[str, float] = defaultdict(float)
        self._first_ns = 0
        self._last_ns = 0

    def __enter__(self) -> Summary:
        if self._path:
            claim(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""

    def begin(self, source: SourceInfo, engine: EngineInfo) -> None:
        """What ran last stands in the status given to `figures`."""

    def write(self, result: Result) -> None:
        """Count a result."""
        if not self._frames:
            self._first_ns = result.frame.captured_ns
        self._frames += 1
        self._last_ns = result.finished_ns
        self._overlooked += result.overlooked
        self._count(result)

    def save(self, figures: dict[str, Any]) -> None:
        """Write figures to the path, whole or not at all. Raises `OutputError`."""
        if self._path:
            write_whole(self._path, json.dumps(figures, indent=2, ensure_ascii=False).encode() + b"\n")

    def figures(self, status: Status, recording: Video | None = None) -> dict[str, Any]:
        """The figures as plain values, ready for JSON.

        `state`: ended, failed, or interrupted before its end. `frames`: results. `duration_s`: from the first frame's
        arrival to the last result. `counts`, and `rates_hz`: the same per second of that duration. `stages_ms`:
        percentiles as in `status`. `objects`: boxes of each class, or for a classification the frames in which it came
        first. `overlooked`: candidates, the least sure of their frames, that suppression did not look at.
        `areas_percent`: the mean share of the picture of each class of a class map. `recording`: of the video.
        """
        duration_s = (self._last_ns - self._first_ns) / 1e9
        counts = {name: getattr(status, name) for name in ("captured", "detected", "shown", "dropped")}
        return {
            "state": status.state.value if status.state in OVER else INTERRUPTED,
            "message": status.message,
            "source": asdict(status.source) if status.source else None,
            "network": _network(status.engine) if status.engine else None,
            "frames": self._frames,
            "duration_s": round(duration_s, 3),
            "counts": {**counts, "reconnects": status.reconnects},
            "rates_hz": {name: round(n / duration_s, 2) if duration_s else 0.0 for name, n in counts.items()},
            "stages_ms": {name: _percentiles(value) for name, value in status.stages.items()},
            "objects": dict(self._objects.most_common()),
            "overlooked": self._overlooked,
            "areas_percent": self._mean_percents(),
            "recording": _rounded(asdict(recording) | {"path": str(recording.path)}) if recording else None,
            "environment": environment(),
        }

    def _mean_percents(self) -> dict[str, float]:
        largest_first = sorted(self._percents.items(), key=lambda entry: -entry[1])
        return {name: round(total / self._frames, 2) for name, total in largest_first}

    def _count(self, result: Result) -> None:
        if isinstance(result.prediction, ClassMap):
            for class_id, percent in areas(result.prediction).items():
                self._percents[class_name(result.labels, class_id)] += percent
            return
        counted = result.prediction.class_id
        first = counted[:1] if isinstance(result.prediction, Classification) else counted
        self._objects.update(class_name(result.labels, class_id) for class_id in first.tolist())


def _network(engine: EngineInfo) -> dict[str, Any]:
    return {
        "model": engine.model,
        "head": engine.head,
        "backend": engine.backend,
        "device": engine.device,
        "precision": engine.precision,
        "depth": engine.depth,
        "input": [engine.input_width, engine.input_height],
        "confidence": engine.thresholds.confidence,
        "iou": engine.thresholds.iou,
        "notes": list(engine.notes),
    }


def _percentiles(value: Percentiles) -> dict[str, float]:
    return _rounded({"p50": value.p50_ms, "p95": value.p95_ms, "p99": value.p99_ms})


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in values.items()}
