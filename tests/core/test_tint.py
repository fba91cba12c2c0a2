from __future__ import annotations

import numpy as np
import pytest

from core import tint
from core.overlay import Tint, overlay
from core.palette import colour
from core.types import NO_CLASS, ClassMap

GREY = 100


def lain(class_id: np.ndarray, labels: tuple[str, ...], size: tuple[int, int]) -> np.ndarray:
    """On a grey picture of that height and width."""
    made = overlay(ClassMap(class_id), labels).tint
    assert isinstance(made, Tint)
    picture = np.full((*size, 3), GREY, np.uint8)
    tint.lay(made, picture)
    return picture


def halves(left: int, right: int) -> np.ndarray:
    class_id = np.full((20, 40), left, np.uint8)
    class_id[:, 20:] = right
    return class_id


def blended(class_id: int) -> np.ndarray:
    return 0.55 * GREY + 0.45 * np.array(colour(class_id)[::-1])


@pytest.mark.parametrize("size", [(20, 40), (60, 120), (10, 20)])
def test_classes_are_translucent_and_outlined_at_every_size(size: tuple[int, int]) -> None:
    shown = lain(halves(0, 2), ("background", "person", "car"), size)
    middle = size[1] // 2
    assert (shown[:, :middle] == GREY).all(), "the background stays clear"
    assert (shown[:, middle] == colour(2)[::-1]).all(), "the outline"
    assert np.abs(shown[:, middle + 2 :] - blended(2)).max() <= 1


def test_a_class_0_that_is_no_background_is_drawn_like_any() -> None:
    shown = lain(halves(0, 1), ("road", "car"), (20, 40))
    assert np.abs(shown[:, :18] - blended(0)).max() <= 1
    assert (shown[:, 19] == colour(0)[::-1]).all()


def test_no_class_stays_clear() -> None:
    shown = lain(halves(NO_CLASS, 0), ("road", "car"), (20, 40))
    assert (shown[:, :20] == GREY).all()
    assert np.abs(shown[:, 22:] - blended(0)).max() <= 1
