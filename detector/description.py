"""The description of a model: a TOML file that says what its graph cannot, or overrides it.

    [model]
    head = "yolov8"              # a file name in detector/heads
    labels = "coco80"            # a known list, a text file beside this one, or an array of names
    confidence = 0.4
    iou = 0.55
    [input]
    width = 640                  # only where the network takes any size
    height = 384
    fit = "letterbox-centre"     # letterbox-top-left, stretch, crop-centre
    colour = "RGB"               # BGR, GREY
    mean = [0, 0, 0]             # in the colour order, for pixels of 0..255; one number counts for all
    std = 255
    pad = 114
    [parameters]                 # where the head leaves a choice
    order = "yxyx"

Each entry is optional.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ModelUnreadable
from core.settings import MODELS
from detector.preprocessing import Fit

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Description:
    """What was written down; `input` has fields of `Preprocessing`, `parameters` are among those of `Layout`."""

    path: Path | None = None
    head: str | None = None
    labels: str | tuple[str, ...] | None = None
    confidence: float | None = None
    iou: float | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


def describe(model: Path) -> Description:
    """The description beside a network (same stem) or in `models/`; an empty one where there is none."""
    places = (model.with_suffix(".toml"), MODELS / f"{model.stem}.toml")
    path = next((place for place in places if place.is_file()), None)
    return read(path) if path else Description()


def read(path: Path) -> Description:
    """Parse a description; `ModelUnreadable` names the entry that is wrong and what would be right."""
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelUnreadable(f"the description {path.name} cannot be read ({error})", "Correct the file.") from error
    _only(path, tables, ("model", "input", "parameters"), "a table")
    model = {key: MODEL[key](path, key, value) for key, value in _table(path, tables, "model", MODEL)}
    picture = {key: INPUT[key](path, key, value) for key, value in _table(path, tables, "input", INPUT)}
    parameters = dict(_entries(path, tables, "parameters"))
    return Description(path=path, input=picture, parameters=parameters, **model)


Reader = Callable[[Path, str, Any], Any]


def _table(path: Path, tables: Mapping[str, Any], name: str, known: Mapping[str, Reader]) -> list[tuple[str, Any]]:
    entries = _entries(path, tables, name)
    _only(path, dict(entries), tuple(known), f"an entry of [{name}]")
    return entries


def _entries(path: Path, tables: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise _wrong(path, name, "a table")
    return list(table.items())


def _only(path: Path, found: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    for key in found:
        if key not in known:
            raise ModelUnreadable(f"'{key}' in {path.name} is not {what}", f"Use only: {', '.join(known)}.")


def _wrong(path: Path, key: str, expected: str) -> ModelUnreadable:
    return ModelUnreadable(f"'{key}' in {path.name} is not {expected}", "Correct the file.")


def _text(path: Path, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(path, key, "a text")
    return value


def _labels(path: Path, key: str, value: Any) -> str | tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    if not isinstance(value, str):
        raise _wrong(path, key, "the name of a list, a file name or an array of names")
    return value


def _is(value: Any, *kinds: type) -> bool:
    """Of one of these types; Python counts true and false among the numbers, TOML does not."""
    return type(value) in kinds


def _share(path: Path, key: str, value: Any) -> float:
    if not _is(value, int, float) or not 0 <= value <= 1:
        raise _wrong(path, key, "a number from 0 to 1")
    return float(value)


def _pixels(path: Path, key: str, value: Any) -> int:
    if not _is(value, int) or value < 1:
        raise _wrong(path, key, "a whole number of pixels")
    return int(value)


def _grey(path: Path, key: str, value: Any) -> int:
    if not _is(value, int) or not 0 <= value <= 255:
        raise _wrong(path, key, "a whole number from 0 to 255")
    return int(value)


def _fit(path: Path, key: str, value: Any) -> Fit:
    choices = [fit.value for fit in Fit]
    if value not in choices:
        raise _wrong(path, key, f"one of {', '.join(choices)}")
    return Fit(value)


def _colour(path: Path, key: str, value: Any) -> str:
    if value not in ("RGB", "BGR", "GREY"):
        raise _wrong(path, key, "one of RGB, BGR, GREY")
    return str(value)


def _triple(path: Path, key: str, value: Any) -> tuple[float, ...]:
    numbers = value if isinstance(value, list) else [value] * 3
    if len(numbers) != 3 or not all(_is(number, int, float) for number in numbers):
        raise _wrong(path, key, "a number or three")
    return tuple(float(number) for number in numbers)


def _deviations(path: Path, key: str, value: Any) -> tuple[float, ...]:
    numbers = _triple(path, key, value)
    if 0 in numbers:
        raise _wrong(path, key, "free of zeros")
    return numbers


MODEL: Mapping[str, Reader] = {"head": _text, "labels": _labels, "confidence": _share, "iou": _share}
INPUT: Mapping[str, Reader] = {
    "width": _pixels,
    "height": _pixels,
    "fit": _fit,
    "colour": _colour,
    "mean": _triple,
    "std": _deviations,
    "pad": _grey,
}
