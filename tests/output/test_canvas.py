from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from results import picture

from output.canvas import even, fit


@pytest.mark.parametrize(("pixels", "padded"), [(1, 2), (2, 2), (3, 4), (1280, 1280), (4097, 4098)])
def test_even_is_the_next_even_number(pixels: int, padded: int) -> None:
    assert even(pixels) == padded


def test_a_picture_of_that_size_is_not_copied() -> None:
    seen = picture(64, 48)
    assert fit(seen, 64, 48) is seen


def test_an_odd_picture_gets_its_last_row_and_column_again() -> None:
    seen = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    padded = fit(seen, 6, 4)
    assert (padded[:3, :5] == seen).all()
    assert (padded[3, :5] == seen[2]).all()
    assert (padded[:3, 5] == seen[:, 4]).all()


def test_another_shape_keeps_its_proportions_between_bars() -> None:
    fitted = fit(picture(100, 100, (255, 255, 255)), 64, 48)
    assert (fitted[:, 8:56] == 255).all()
    assert (fitted[:, :8] == 0).all()
    assert (fitted[:, 56:] == 0).all()


@given(*[st.integers(1, 300)] * 2, *[st.integers(1, 150).map(lambda half: 2 * half)] * 2)
def test_every_picture_fits(columns: int, rows: int, width: int, height: int) -> None:
    assert fit(picture(columns, rows), width, height).shape == (height, width, 3)
