"""Class names: the lists that come along, own files, and what fits how many classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ModelUnreadable
from detector import labels


@pytest.mark.parametrize(
    ("name", "count", "places"),
    [
        ("coco80", 80, {0: "person", 2: "car", 79: "toothbrush"}),
        ("coco91", 91, {0: "background", 1: "person", 3: "car", 90: "toothbrush"}),
        ("voc", 20, {0: "aeroplane", 14: "person", 19: "tvmonitor"}),
        ("imagenet", 1000, {0: "tench", 281: "tabby", 817: "sports car", 999: "toilet tissue"}),
    ],
)
def test_lists_that_come_along(name: str, count: int, places: dict[int, str]) -> None:
    names = labels.read(name, Path("anywhere"))
    assert len(names) == len(set(names)) == count
    assert {index: names[index] for index in places} == places
    assert labels.by_count(count)[0] == names


def test_coco91_is_coco80_with_gaps() -> None:
    wide, narrow = (labels.read(name, Path()) for name in ("coco91", "coco80"))
    assert tuple(name for name in wide if name in narrow) == narrow


def test_ninety_classes_lack_the_background() -> None:
    names, _ = labels.by_count(90)
    assert (len(names), names[0], names[-1]) == (90, "person", "toothbrush")


def test_an_own_file_lies_beside_the_description(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("cat\n dog \r\nMöwe\n\n", encoding="utf-8")
    assert labels.read("mine.txt", tmp_path) == ("cat", "dog", "Möwe")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_names_the_lists(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "mine.txt").write_bytes(content)
    with pytest.raises(ModelUnreadable, match=r"mine\.txt.*coco80"):
        labels.read("mine.txt", tmp_path)


def test_a_wrong_number_is_refused() -> None:
    with pytest.raises(ModelUnreadable, match="mine name 2 classes and the network has 3"):
        labels.checked(("a", "b"), 3, "mine")
    assert labels.checked(("a", "b"), 2, "mine") == ("a", "b")
    assert labels.checked(("a", "b"), 0, "mine") == ("a", "b")
    assert labels.checked(("background", "a", "b"), 2, "mine") == ("a", "b")


def test_other_numbers_are_counted() -> None:
    names, note = labels.by_count(3)
    assert names == ("class 0", "class 1", "class 2")
    assert "3 classes" in note
