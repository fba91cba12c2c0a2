"""The records that kernels and host share: as the kernels' own structures lie in memory, and what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.testing as npt
import pytest
from cuda_on_cpu.compiled import KERNELS, address, compiled_file

from core.types import Thresholds
from detector.cuda import found
from detector.head import logit
from detector.letterbox import geometry
from detector.preprocessing import Fit, Preprocessing

STRUCTURES = {
    "Settings": (found.SETTINGS, "offsetof(Settings, wanted)"),
    "Candidates": (found.CANDIDATES, "sizeof(Candidates)"),
    "Placement": (found.PLACEMENT, "sizeof(Placement)"),
    "Found": (found.FOUND, "sizeof(Found)"),
}
MEASURE = """// kernels: measure
#include "{folder}/found.cuh"
#include <cstddef>
__global__ void measure(int *out) {{
    for (size_t place : {{{places}}}) *out++ = place;
}}
"""


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_kernels_have_the_same_structure(tmp_path: Path, structure: str) -> None:
    dtype, end = STRUCTURES[structure]
    places = [*(f"offsetof({structure}, {name})" for name in dtype.names), end]
    file = tmp_path / f"{structure}.cu"
    file.write_text(MEASURE.format(folder=KERNELS, places=", ".join(places)))
    measured = np.zeros(len(places), np.int32)
    compiled_file(file).launch("measure", (1,), (1,), (address(measured),))
    assert measured.tolist() == [*(dtype.fields[name][1] for name in dtype.names), dtype.itemsize]


def test_settings() -> None:
    thresholds = Thresholds(0.2, 0.6, frozenset({0, 33, 79, 80, 200}), 17, multi_label=True, class_agnostic=True)
    block = found.settings_record(thresholds, 80)
    numbers, words = block[: found.SETTINGS.itemsize].view(found.SETTINGS)[0], block[found.SETTINGS.itemsize :]
    assert numbers.tolist() == (np.float32(0.2), np.float32(logit(0.2)), np.float32(0.6), 17, 1, 1)
    assert words.view(np.uint32).tolist() == [1, 1 << 1, 1 << 15]


def test_no_filter_keeps_every_class() -> None:
    words = found.settings_record(Thresholds(), 33)[found.SETTINGS.itemsize :].view(np.uint32)
    assert words.tolist() == [0xFFFFFFFF, 1]
    assert len(found.settings_record(Thresholds(classes=frozenset()), 33)) == found.SETTINGS.itemsize + 8


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_logits_at_the_ends_are_infinite(confidence: float) -> None:
    block = found.settings_record(Thresholds(confidence), 1)
    least = block[: found.SETTINGS.itemsize].view(found.SETTINGS)["least_logit"][0]
    assert least == (np.inf if confidence else -np.inf)


@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("size", [(1280, 720), (333, 1001), (1, 1)])
def test_a_placement_takes_boxes_to_the_frame(fit: Fit, size: tuple[int, int]) -> None:
    transform = geometry(*size, Preprocessing(640, 416, fit))
    boxes = np.random.default_rng(0).uniform(-100, 800, (500, 4)).astype(np.float32)
    shift_x, shift_y, scale_x, scale_y, width, height = (
        found.placement_record(transform)[name] for name in found.PLACEMENT.names
    )
    shift, scale, limits = (np.hstack(pair * 2) for pair in ((shift_x, shift_y), (scale_x, scale_y), (width, height)))
    npt.assert_array_equal(np.clip((boxes - shift) / scale, 0, limits), transform.to_frame(boxes))


def test_what_was_found_is_copied_out() -> None:
    record = np.zeros(1, found.FOUND)
    record["count"], record["candidates"] = 2, 5000
    record["rows"][0, :3] = [[1, 2, 3, 4, 0.9, 7], [0, 0, 5, 5, 0.5, 0], [9, 9, 9, 9, 9, 9]]
    boxes, classes = found.detections(record), found.classification(record)
    record["rows"] = 0
    assert boxes.xyxy.tolist() == [[1, 2, 3, 4], [0, 0, 5, 5]]
    npt.assert_array_equal(boxes.confidence, np.float32([0.9, 0.5]))
    assert boxes.class_id.tolist() == classes.class_id.tolist() == [7, 0]
    npt.assert_array_equal(classes.confidence, boxes.confidence)
    assert found.overlooked(record) == 5000 - 4096
