"""What a lower precision costs, in words and as a verdict."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from detector.agreement import Agreement
from detector.builder.cost import Cost, figures

GOOD = Cost("int8", Agreement(100, 22, 22, 0.22), "objects", 12, 64, held_out=True)


def test_which_pictures_were_compared_and_why() -> None:
    assert "on 12 of 64 pictures, held out of the calibration: " in GOOD.notes[0]
    assert (
        "on 1 of 3 pictures, which was calibrated on: " in replace(GOOD, pictures=1, given=3, held_out=False).notes[0]
    )
    assert "FP16 against FP32 on 1 picture: " in Cost("fp16", Agreement(1, 1, 1), "objects", 1, 1).notes[0]


@pytest.mark.parametrize(
    ("unit", "agreement", "words"),
    [
        (
            "objects",
            Agreement(100, 22, 22, 0.22),
            "22.0% of the same 100 objects; 22 found, none of them others; scores",
        ),
        ("objects", Agreement(100, 22, 20), "22 found, 2 of them others"),
        ("objects", Agreement(), "neither finds anything"),
        ("pictures", Agreement(12, 12, 9), "9 of 12 pictures are of the same class; scores"),
        ("pixels", Agreement(1000, 1000, 991), "99.1% of 1000 pixels are of the same class"),
    ],
)
def test_what_was_found(unit: str, agreement: Agreement, words: str) -> None:
    assert words in replace(GOOD, unit=unit, agreement=agreement).notes[0]


@pytest.mark.parametrize(
    ("agreement", "pictures", "suits", "words"),
    [
        (Agreement(20, 20, 18), 8, True, "INT8 suits"),
        (
            Agreement(20, 20, 17),
            8,
            False,
            "INT8 does not suit this network, too much is lost: build with --precision fp16",
        ),
        (Agreement(41, 45, 39), 12, True, "INT8 suits"),
        (Agreement(2, 40, 2), 8, False, "does not suit"),
        (
            Agreement(19, 19, 1),
            8,
            None,
            "too few to judge INT8 (pictures: 8, needed: 8; objects: 19, needed: 20): give more",
        ),
        (Agreement(90, 90, 9), 7, None, "too few to judge INT8 (pictures: 7, needed: 8; "),
    ],
)
def test_a_verdict_rests_on_enough(agreement: Agreement, pictures: int, suits: bool | None, words: str) -> None:
    cost = replace(GOOD, agreement=agreement, pictures=pictures)
    assert cost.suits is suits
    assert words in cost.verdict


def test_for_programs_what_is_not_known_is_null() -> None:
    assert figures(None) == {"agreement": None, "suits": None}
    nothing = figures(replace(GOOD, agreement=Agreement()))["agreement"]
    assert nothing == {"recall": None, "precision": None, "score_difference": None, "pictures": 12}


def test_it_is_read_as_it_was_written() -> None:
    assert Cost.from_values(asdict(GOOD)) == GOOD
