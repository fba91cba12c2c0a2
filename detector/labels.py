"""Class names: known lists, own files, and the choice among what is known of a network.

`models/labels` has COCO's 80 in the order of networks, COCO's 91 by category id, Pascal VOC's 20, and ImageNet's 1000
as torchvision shortens them (`torchvision/models/_meta.py`, BSD-3-Clause).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import ModelUnreadable
from core.settings import MODELS

FOLDER = MODELS / "labels"
BY_COUNT = {80: "coco80", 90: "coco91", 91: "coco91", 20: "voc", 1000: "imagenet"}  # 90: without the background


def known() -> tuple[str, ...]:
    """The lists that come with the program."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))


def read(name: str, beside: Path) -> tuple[str, ...]:
    """The names of a known list, or of a text file (one a line) given relative to the folder `beside`."""
    path = FOLDER / f"{name}.txt" if name in known() else beside / name
    try:
        return tuple(line.strip() for line in path.read_text(encoding="utf-8").strip().splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise ModelUnreadable(
            f"the labels '{name}' cannot be read ({error})",
            f"Give a text file with one name a line, or one of: {', '.join(known())}.",
        ) from error


def checked(names: Sequence[str], classes: int, origin: str) -> tuple[str, ...]:
    """The names, if there are as many as classes (0: unknown); a background that the network lacks is left out."""
    if names and len(names) != classes and names[0].lower() == "background":
        names = names[1:]
    if len(names) != (classes or len(names)):
        raise ModelUnreadable(
            f"{origin} name {len(names)} classes and the network has {classes}", "Give one label for each class."
        )
    return tuple(names)


def by_count(classes: int) -> tuple[tuple[str, ...], str]:
    """The names of the usual data set with so many classes, or numbers, and a sentence that says so."""
    if not classes:
        return read("coco80", FOLDER), "the graph does not tell its classes: the names of coco80"
    name = BY_COUNT.get(classes)
    if name is None:
        return tuple(f"class {i}" for i in range(classes)), f"{classes} classes without names: numbered"
    return read(name, FOLDER)[-classes:], f"class names of {name}, because there are {classes} classes"
