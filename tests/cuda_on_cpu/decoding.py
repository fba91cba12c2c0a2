"""Runs the kernels that a head names on a CPU, and compares the candidates with the head's own `decode`."""

from __future__ import annotations

from core.types import Thresholds
from cuda_on_cpu.launcher import OnHost
from detector.head import Head, Outputs
from selftest.twins.decoding import Decoded, Decoding


def check(head: Head, outputs: Outputs, thresholds: Thresholds, classes: int) -> Decoded:
    """The kernels' candidates are those of `decode`; returns them."""
    return Decoding(head, outputs, thresholds, classes).check(OnHost())


def decode(head: Head, outputs: Outputs, thresholds: Thresholds, classes: int) -> Decoded:
    """What the kernels of a head find."""
    return Decoding(head, outputs, thresholds, classes).run(OnHost())
