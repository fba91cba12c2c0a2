"""The kernels that a head names against its own `decode`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.types import F32, I32, Thresholds
from detector.cuda.found import NAN_MET, candidates_record, settings_record
from detector.cuda.launches import BLOCK
from detector.head import Candidates, Head, KernelCall, Outputs
from selftest.twins.launcher import Launcher
from selftest.twins.sample import Sample
from selftest.twins.small_samples import SMALL, with_anchors_beside
from selftest.twins.trial import Trial, require
from selftest.twins.yolo_samples import CHOSEN, TABLES

NOT_A_KEY = np.uint64(0xFEED_FEED_FEED_FEED)
RELATIVE = 2e-6  # a few roundings of exp
SCORE, PLACE = 1e-7, 1e-4
THRESHOLDS = {
    "best class": Thresholds(confidence=0.375),
    "every class": Thresholds(confidence=0.0625, multi_label=True),
    "only the certain": Thresholds(confidence=1.0),
    "some classes": Thresholds(confidence=0.25, classes=frozenset({0, 2, 5, 31, 32, 36})),
    "no class": Thresholds(confidence=0.0, classes=frozenset()),
    "all": Thresholds(confidence=0.0, multi_label=True),
}


@dataclass(frozen=True, eq=False)
class Decoded:
    """What the kernels left: as `Candidates` of a head, in the order of the rows, and their flags."""

    row: I32
    class_id: I32
    confidence: F32
    xyxy: F32
    flags: int


def trials() -> Iterator[Trial]:
    """Every sample with every threshold in float32, one of them in float16, and NaN."""
    for name, sample in {**TABLES, **CHOSEN, **SMALL}.items():
        for words, thresholds in THRESHOLDS.items():
            yield _trial(sample, f"{name}, {words}", thresholds, "float32")
        yield _trial(sample, f"{name}, float16", THRESHOLDS["every class"], "float16")
        yield Trial(_kernel(sample), f"{name}, NaN", partial(_nan, sample))
    for floats in ("float32", "float16"):
        yield Trial("decode_ssd_raw", f"anchors beside the network, {floats}", partial(_anchors_beside, floats))


def _trial(sample: Sample, case: str, thresholds: Thresholds, floats: str) -> Trial:
    def run(launcher: Launcher) -> None:
        Decoding(sample.head(), sample.outputs(1, floats), thresholds, sample.classes).check(launcher)

    return Trial(_kernel(sample), case, run)


def _kernel(sample: Sample) -> str:
    return sample.head().kernel_calls()[0].kernel


def _nan(sample: Sample, launcher: Launcher) -> None:
    """Scores that are no numbers are told."""
    outputs = sample.outputs(3)
    for values in outputs.values():
        if values.dtype.kind == "f":
            values[...] = np.nan
    found = Decoding(sample.head(), outputs, Thresholds(), sample.classes).run(launcher)
    require(found.flags & NAN_MET, "NaN was not told")


def _anchors_beside(floats: str, launcher: Launcher) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sample = with_anchors_beside(Path(folder))
        _trial(sample, "", THRESHOLDS["best class"], floats).run(launcher)


@dataclass(frozen=True, eq=False)
class Decoding:
    """What the kernels and the `decode` of a head for so many classes are given."""

    head: Head
    outputs: Outputs
    thresholds: Thresholds
    classes: int

    def check(self, launcher: Launcher) -> Decoded:
        """The candidates of the kernels, which are those of `decode`; `Mismatch` where they are not."""
        found, expected = self.run(launcher), self.head.decode(self.outputs, self.thresholds)
        if not isinstance(expected, Candidates):
            raise TypeError("only boxes become candidates")
        number = len(expected.class_id)
        require(len(found.class_id) == number, f"{len(found.class_id)} candidates instead of {number}")
        require((found.class_id == expected.class_id).all(), "other classes")
        _near(found.confidence, expected.confidence, SCORE, "score")
        _near(found.xyxy, expected.xyxy, PLACE, "box")
        require(found.flags == 0, f"the flags {found.flags}")
        return found

    def run(self, launcher: Launcher) -> Decoded:
        """What the kernels find."""
        calls = self.head.kernel_calls()
        rows = sum(call.items for call in calls)
        keys, boxes = np.full(rows * self.classes + 1, NOT_A_KEY), np.full((rows + 1, 4), np.nan, np.float32)
        state = candidates_record(launcher.address(keys), launcher.address(boxes), rows, self.classes)
        settings = settings_record(self.thresholds, self.classes)
        rest = launcher.address(settings), launcher.address(state)
        for call in calls:
            _launch(launcher, call, self.outputs, rest)
        launcher.finish()
        count, flags = (int(state[0][field]) for field in ("count", "flags"))
        require((keys[count:] == NOT_A_KEY).all(), "keys behind the last candidate were written")
        require(np.isnan(boxes[rows]).all(), "a box behind the last row was written")
        return _unpacked(keys[:count], boxes, self.classes, flags)


def _launch(launcher: Launcher, call: KernelCall, outputs: Outputs, rest: tuple[int, ...]) -> None:
    tensors = [outputs[name] for name in call.tensors]
    require(call.lengths in ((), tuple(tensor.size for tensor in tensors)), "the head expects other lengths")
    dtypes = tuple(dict.fromkeys(tensor.dtype.name for tensor in tensors))
    addresses = map(launcher.address, (*tensors, *call.tables))
    grid = (-(-call.items * call.lanes // BLOCK),), (BLOCK,)
    launcher.launch(call.kernel, dtypes, grid, (*addresses, *call.numbers, *rest))


def _unpacked(keys: NDArray[np.uint64], boxes: F32, classes: int, flags: int) -> Decoded:
    """From 64-bit keys: the score's bits above, the complement of the candidate's index below."""
    index = (~keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    order = np.argsort(index)
    index = index[order]
    require(len(np.unique(index)) == len(index), "a candidate was entered twice")
    confidence = (keys >> np.uint64(32)).astype(np.uint32).view(np.float32)[order]
    row = (index // classes).astype(np.int32)
    return Decoded(row, (index % classes).astype(np.int32), confidence, boxes[row], flags)


def _near(found: F32, expected: F32, tolerance: float, what: str) -> None:
    near = np.isclose(found, expected, RELATIVE, tolerance)
    worst = np.abs(found - expected).max(initial=0) if not near.all() else 0
    require(near.all(), f"a {what} differs by {worst:g}")
