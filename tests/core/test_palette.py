from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.palette import BLACK, HUES, RGB, WHITE, colour, contrast, text_colour

# Simulation of full dichromacy in linear RGB: Machado, Oliveira and Fernandes, "A Physiologically-based
# Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009, severity 1.0.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopes": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopes": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopes": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# One "just noticeable difference" is about 2.3 in CIELAB.
CLEARLY_DIFFERENT = 10.0


def lab(rgb: RGB, seen_by: str) -> np.ndarray:
    channels = np.array(rgb) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(SEEN_BY[seen_by] @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen
    f = np.cbrt(xyz / (0.9505, 1.0, 1.089))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("seen_by", SEEN_BY)
def test_the_first_classes_differ_for_everybody(seen_by: str) -> None:
    seen = [lab(colour(class_id), seen_by) for class_id in range(len(HUES))]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > CLEARLY_DIFFERENT


def test_no_two_of_256_classes_share_a_colour() -> None:
    assert len({colour(class_id) for class_id in range(256)}) == 256


@given(st.integers(0, 10_000))
def test_every_class_has_a_colour_that_its_text_can_be_read_on(class_id: int) -> None:
    rgb = colour(class_id)
    assert all(0 <= channel <= 255 for channel in rgb)
    assert contrast(text_colour(rgb), rgb) >= 4.5  # WCAG level AA


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21.0)
    assert contrast(WHITE, (118, 118, 118)) == pytest.approx(4.54, abs=0.01)  # the darkest grey that passes AA on white


def test_text_is_black_on_bright_and_white_on_dark_colours() -> None:
    assert text_colour((240, 228, 66)) == BLACK
    assert text_colour((0, 60, 100)) == WHITE
