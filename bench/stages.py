"""Preprocessing and postprocessing of one network on the first frame of a video: medians in ms, nothing beside them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.arms import Job, first_frame, prepared
from core.types import Frame
from detector.detector import Detector, open_detector
from detector.engine import open_engine

FRAMES = 100


def alone(job: Job) -> tuple[float, float]:
    """With the network's recorded answer in the place of inference."""
    frame = first_frame(job.source)
    with _recorded(job, frame) as model, open_detector(model, "replay") as detector:
        return _medians(detector, frame)


def between_inferences(job: Job) -> tuple[float, float]:
    """As they are in a run, where each inference empties the caches."""
    with open_detector(job.model, job.backend) as detector:
        return _medians(detector, first_frame(job.source))


def _medians(detector: Detector, frame: Frame) -> tuple[float, float]:
    stages = []
    for _ in range(FRAMES):
        detector.submit(frame)
        stages.append(detector.collect().stages)
    return median(s.preprocess_ms for s in stages), median(s.postprocess_ms for s in stages)


@contextmanager
def _recorded(job: Job, frame: Frame) -> Iterator[Path]:
    """A copy of the network with its answer to a frame beside it, for the engine `replay`."""
    with tempfile.TemporaryDirectory() as folder, open_engine(job.backend, job.model) as engine:
        for file in (job.model, job.model.with_suffix(".toml")):
            if file.is_file():
                shutil.copy(file, folder)
        copy = Path(folder) / job.model.name
        answer: dict[str, Any] = engine.run(prepared(job.model, frame))
        np.savez(copy.with_suffix(".npz"), **answer)
        yield copy
