from __future__ import annotations

import pytest
from results import picture

from output.lettering import Lettering, ascii_text


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("car 0.87", "car 0.87"), ("Käfer é", "Kafer e"), ("車 bus", "? bus"), ("ﬁsh", "fish"), ("", "")],
)
def test_text_is_drawn_in_ascii(text: str, drawn: str) -> None:
    assert ascii_text(text) == drawn


def test_text_stays_within_the_width_that_was_told_and_stands_in_the_middle() -> None:
    seen = picture(400, 100, (0, 0, 0))
    lettering = Lettering(32)
    lettering.write(seen, "HELLO", (20, 50), (255, 0, 0))
    rows, columns = seen[:, :, 2].nonzero()
    assert 18 <= columns.min() <= 26
    assert columns.max() <= 20 + lettering.width("HELLO") + 2
    assert (rows.min() + rows.max()) / 2 == pytest.approx(50, abs=2)
    assert rows.max() - rows.min() == pytest.approx(lettering.cap_height, abs=4)


def test_it_writes_in_red_green_and_blue() -> None:
    seen = picture(400, 100, (0, 0, 0))
    Lettering(32).write(seen, "HELLO", (20, 50), (250, 120, 0))
    assert seen.reshape(-1, 3).max(axis=0).tolist() == [0, 120, 250]
