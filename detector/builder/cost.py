"""What a lower precision costs a network, and whether it is worth having."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detector.agreement import Agreement

NAMES = {"fp16": "FP16", "int8": "INT8 (what is not quantised still in FP32)"}
HIGHER = {"fp16": "fp32", "int8": "fp16"}
POOR = 0.9  # F1 below which an engine is not worth having: scores about the threshold move recall against precision
PICTURES, THINGS = 8, 20  # fewest that a verdict rests on


@dataclass(frozen=True)
class Cost:
    """How far a network in a lower `precision` agrees with the one given, on `pictures` out of `given` ones.

    `unit` is what is counted: "objects", "pictures" or "pixels"; `held_out` tells whether the pictures were kept from
    the calibration; `difference` tells how far the numbers are apart, in words.
    """

    precision: str
    agreement: Agreement
    unit: str
    pictures: int
    given: int
    held_out: bool = False
    difference: str = ""

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Cost:
        """The inverse of `dataclasses.asdict`."""
        return cls(**{**values, "agreement": Agreement(**values["agreement"])})

    @property
    def suits(self) -> bool | None:
        """Whether the network is worth having in that precision; None where too little was compared."""
        if self.pictures < PICTURES or self._things < THINGS:
            return None
        return self.agreement.f1 >= POOR

    @property
    def notes(self) -> tuple[str, ...]:
        """E.g. "FP16 against FP32 on 8 pictures: finds 96.4% of the same 28 objects; …", and the difference."""
        words = f"{NAMES[self.precision]} against FP32 on {self._where()}: {self._found()}"
        return (words, self.difference) if self.difference else (words,)

    @property
    def verdict(self) -> str:
        """What to make of it and what to do."""
        name = self.precision.upper()
        if self.suits is None:
            have = f"pictures: {self.pictures}, needed: {PICTURES}; {self.unit}: {self._things}, needed: {THINGS}"
            return f"too few to judge {name} ({have}): give more with --calibrate and --images"
        if self.suits:
            return f"{name} suits this network"
        return f"{name} does not suit this network, too much is lost: build with --precision {HIGHER[self.precision]}"

    @property
    def _things(self) -> int:
        return max(self.agreement.reference, self.agreement.found)

    def _where(self) -> str:
        if self.held_out:
            return f"{self.pictures} of {self.given} pictures, held out of the calibration"
        if self.pictures < self.given:
            return f"{self.pictures} of {self.given} pictures, which was calibrated on"
        return f"{self.pictures} picture{'' if self.pictures == 1 else 's'}"

    def _found(self) -> str:
        agreement, scores = self.agreement, f"scores differ by {self.agreement.score_difference:.4f}"
        if not self._things:
            return "neither finds anything, so that nothing can be said"
        if self.unit == "pixels":
            return f"{agreement.recall:.1%} of {agreement.reference} pixels are of the same class"
        if self.unit == "pictures":
            return f"{agreement.shared} of {agreement.reference} pictures are of the same class; {scores}"
        others = agreement.found - agreement.shared or "none"
        return (
            f"finds {agreement.recall:.1%} of the same {agreement.reference} objects; "
            f"{agreement.found} found, {others} of them others; {scores}"
        )


def figures(cost: Cost | None) -> dict[str, Any]:
    """For programs: the agreement and whether the precision suits the network, null what is not known."""
    if cost is None:
        return {"agreement": None, "suits": None}
    agreement = cost.agreement
    return {
        "agreement": {
            "recall": agreement.recall if agreement.reference else None,
            "precision": agreement.precision if agreement.found else None,
            "score_difference": agreement.score_difference if agreement.shared else None,
            "pictures": cost.pictures,
        },
        "suits": cost.suits,
    }
