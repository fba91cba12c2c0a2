"""What a network's answer may be wrong in, in the same words whoever runs it."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import OutputInvalid
from detector.model import shape_text

REMEDY = "Export the network again, or try another backend."


def wrong_shape(model: str, output: str, shape: Sequence[int], promised: Sequence[int | None]) -> OutputInvalid:
    """An output has another shape than the file promises."""
    return OutputInvalid(
        f"{model} answered with {shape_text(shape)} in its output '{output}' instead of {shape_text(promised)}", REMEDY
    )


def wrong_length(model: str, output: str, shape: Sequence[int], length: int) -> OutputInvalid:
    """An output holds more or fewer values than its head reads."""
    return OutputInvalid(
        f"{model} answers with {shape_text(shape)} in its output '{output}' and should with {length} values", REMEDY
    )


def not_a_number(model: str, outputs: Sequence[str]) -> OutputInvalid:
    """One of these outputs holds NaN."""
    return OutputInvalid(f"{model} answered with NaN in its output {' or '.join(map(repr, outputs))}", REMEDY)


def not_finite(model: str) -> OutputInvalid:
    """A box that counts reaches to infinity."""
    return OutputInvalid(f"{model} answered with boxes that are not finite", REMEDY)


def unknown_class(model: str, class_id: int, labels: Sequence[str]) -> OutputInvalid:
    """A class beyond the labels."""
    return OutputInvalid(
        f"{model} found class {class_id} and has {len(labels)} labels",
        "Give one label for each class in its description.",
    )


def unlabelled(model: str, labels: Sequence[str]) -> OutputInvalid:
    """A class beyond the labels, and nobody knows which."""
    return OutputInvalid(
        f"{model} found a class beyond its {len(labels)} labels", "Give one label for each class in its description."
    )
