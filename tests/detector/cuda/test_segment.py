"""The kernels that give a frame's pixels their classes, against interpolation by OpenCV."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from cuda_on_cpu.launcher import OnHost

from core.types import Thresholds
from detector.cuda.found import NAN_MET
from detector.heads.segmentation import Head
from detector.letterbox import Transform, geometry
from detector.preprocessing import Fit, Preprocessing
from selftest.twins.segmentation import INPUT, Drawing, head_of

ALL = Thresholds()


def check(head: Head, outputs: Mapping[str, np.ndarray], transform: Transform, thresholds: Thresholds) -> np.ndarray:
    return Drawing(head, outputs, transform, thresholds).check(OnHost())


def random(*shape: int, dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(3).normal(0, 2, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("frame", [(64, 48), (101, 75), (33, 17), (1, 1), (200, 3)])
@pytest.mark.parametrize("size", [(48, 64), (6, 8), (12, 16)])
def test_the_best_class(size: tuple[int, int], frame: tuple[int, int], dtype: str) -> None:
    outputs = {"o0": random(1, 7, *size, dtype=dtype)}
    check(head_of(7, 1), outputs, geometry(*frame, INPUT), ALL)


@pytest.mark.parametrize("fit", list(Fit))
@pytest.mark.parametrize("frame", [(90, 50), (31, 77)])
def test_every_way_to_fill_the_input(frame: tuple[int, int], fit: Fit) -> None:
    picture = Preprocessing(64, 48, fit)
    check(head_of(5, 1), {"o0": random(1, 5, 6, 8)}, geometry(*frame, picture), ALL)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_channels_last(dtype: str) -> None:
    scores = random(1, 12, 16, 21, dtype=dtype)
    found = check(head_of(21, 3), {"o0": scores}, geometry(70, 40, INPUT), ALL)
    first = check(head_of(21, 1), {"o0": np.moveaxis(scores, 3, 1)}, geometry(70, 40, INPUT), ALL)
    np.testing.assert_array_equal(found, first)


def test_the_lower_class_on_ties() -> None:
    """Shares of quarters of whole numbers are exact."""
    outputs = {"o0": np.random.default_rng(4).integers(0, 3, (1, 6, 24, 32)).astype(np.float32)}
    transform = geometry(64, 48, INPUT)
    found = check(head_of(6, 1), outputs, transform, ALL)
    np.testing.assert_array_equal(found, head_of(6, 1).decode(outputs, ALL).in_frame(transform).class_id)


@pytest.mark.parametrize("kept", [{1, 3}, set(), {0, 254, 900}])
def test_only_the_classes_kept(kept: set[int]) -> None:
    check(head_of(5, 1), {"o0": random(1, 5, 6, 8)}, geometry(70, 40, INPUT), Thresholds(classes=frozenset(kept)))


@pytest.mark.parametrize("kept", [None, {0, 1}, {2}, {0, 3}, set()])
@pytest.mark.parametrize("axis", [1, 3])
def test_maps_laid_over_each_other(kept: set[int] | None, axis: int) -> None:
    rng = np.random.default_rng(5)
    shape = (1, 2, 12, 16) if axis == 1 else (1, 12, 16, 2)
    outputs = {f"o{i}": rng.normal(size=shape).astype(np.float32) for i in range(3)}
    thresholds = Thresholds(classes=None if kept is None else frozenset(kept))
    check(head_of(4, *[axis] * 3), outputs, geometry(70, 40, Preprocessing(64, 48, Fit.CROP_CENTRE)), thresholds)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
@pytest.mark.parametrize("kept", [None, {7, 200}])
def test_classes_chosen_in_the_network(dtype: str, kept: set[int] | None) -> None:
    chosen = np.random.default_rng(6).choice([0, 7, 200, 254], (1, 12, 16)).astype(dtype)
    thresholds = Thresholds(classes=None if kept is None else frozenset(kept))
    transform = geometry(70, 40, Preprocessing(64, 48, Fit.LETTERBOX_CENTRE))
    found = check(head_of(0, 0), {"o0": chosen}, transform, thresholds)
    np.testing.assert_array_equal(found, head_of(0, 0).decode({"o0": chosen}, thresholds).in_frame(transform).class_id)


@pytest.mark.parametrize(
    ("axes", "kernels"),
    [((1,), ["segment"]), ((3,), ["segment"]), ((0,), ["place_classes"]), ((1, 1, 1), ["lay_over"] * 3)],
)
def test_launches(axes: tuple[int, ...], kernels: list[str]) -> None:
    assert [call.kernel for call in head_of(4, *axes).kernel_calls()] == kernels


def test_a_score_that_is_no_number_is_noticed() -> None:
    scores = random(1, 5, 6, 8)
    scores[0, 3, 2, 2] = np.nan
    _, record = Drawing(head_of(5, 1), {"o0": scores}, geometry(70, 40, INPUT)).run(OnHost())
    assert record["flags"] == NAN_MET
