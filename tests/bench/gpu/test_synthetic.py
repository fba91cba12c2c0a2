"""Synthetic outputs hold as many candidates as they say, for the head that is the kernels' twin too."""

from __future__ import annotations

import numpy as np
import pytest

from bench.gpu.synthetic import LIKELY, OUTPUT, Workload, model_of
from core.types import Thresholds
from detector.head import Candidates
from detector.nms import suppress


def boxes_by_the_cpu(workload: Workload, class_agnostic: bool = False) -> int:
    model, usual = model_of(workload), Thresholds()
    found = model.head(model.layout.preprocessing).decode({OUTPUT: workload.table()}, usual)
    assert isinstance(found, Candidates)
    assert len(found.confidence) == workload.candidates
    group = np.zeros_like(found.class_id) if class_agnostic else found.class_id
    return len(suppress(found.xyxy, found.confidence, group, usual.iou, usual.max_detections))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_so_many_cells_hold_something(dtype: str) -> None:
    workload = Workload(dtype=dtype)
    scores = workload.table()[0, 4:]
    assert workload.cells == 8400
    assert ((scores > 0.5).sum(), (scores.max(axis=0) > 0.5).sum()) == (300, 300)
    assert scores[scores > 0.5].min() >= np.dtype(dtype).type(LIKELY)
    assert workload.table().dtype == dtype


def test_suppression_has_something_to_do() -> None:
    assert 100 < boxes_by_the_cpu(Workload(), class_agnostic=True) < 300
    assert boxes_by_the_cpu(Workload()) > 250
