"""The kernel that sorts and suppresses against `nms.suppress` and `Transform.to_frame`, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.types import F32, I32, Thresholds
from detector.cuda import found
from detector.cuda.answers import SUPPRESS_THREADS
from detector.cuda.found import Record
from detector.letterbox import geometry
from detector.nms import MOST_CANDIDATES, suppress
from detector.preprocessing import Fit, Preprocessing
from selftest.twins.launcher import Launcher
from selftest.twins.trial import Trial, require

TRANSFORM = geometry(1279, 717, Preprocessing(640, 480, Fit.LETTERBOX_CENTRE))
USUAL = Thresholds(iou=0.5)
CAP = MOST_CANDIDATES
COUNTS = (0, 1, 2, 63, 64, 65, 300, 1023, 1024, 1025, CAP - 1, CAP, CAP + 1, 8400, 200_000)
LEVELS = (1, 2, 5)
POISON = 0xCD
ODD_BOXES = {
    "point": (3, 3, 3, 3),
    "line": (3, 3, 3, 9),
    "inside out": (9, 9, 3, 3),
    "union overflows": (-1e30, -1e30, 1e30, 1e30),
    "width overflows": (-3e38, 0, 3e38, 1),
    "area underflows": (0, 0, 1e-30, 1e-30),
    "far outside": (-9000, -9000, 9000, 9000),
    "NaN": (0, 0, 9, np.nan),
    "infinite": (0, 0, 9, np.inf),
}


@dataclass(frozen=True, eq=False)
class Table:
    """Boxes [R, 4], and the candidates among their rows and classes, in order of their indices."""

    boxes: F32
    classes: int
    index: I32
    score: F32

    @property
    def xyxy(self) -> F32:
        """Of each candidate."""
        return self.boxes[self.index // self.classes]

    @property
    def class_id(self) -> I32:
        """Of each candidate."""
        return (self.index % self.classes).astype(np.int32)

    def keys(self, seed: int) -> NDArray[np.uint64]:
        """As the decoding kernels leave them, in any order."""
        keys = self.score.view(np.uint32).astype(np.uint64) << np.uint64(32)
        keys |= np.uint64(0xFFFFFFFF) - self.index.astype(np.uint64)
        return np.random.default_rng(seed).permutation(keys)


@dataclass(frozen=True, eq=False)
class Suppression:
    """What the kernel and its twin are given."""

    table: Table
    thresholds: Thresholds = USUAL
    needs_nms: bool = True
    seed: int = 0

    def check(self, launcher: Launcher) -> Record:
        """What the kernel found, which is what NumPy does, with the list of candidates emptied."""
        record, candidates = self._run(launcher)
        table, kept, answer = self.table, self._kept(), found.detections(record)
        _same(answer.confidence, table.score[kept], "scores")
        _same(answer.class_id, table.class_id[kept], "classes")
        with np.errstate(over="ignore"):
            _same(answer.xyxy, TRANSFORM.to_frame(table.xyxy[kept]), "boxes")
        told = tuple(int(record[0][name]) for name in ("candidates", "flags", "highest_class"))
        _same(told, (len(table.index), found.NAN_MET, np.max(table.class_id, initial=0)), "numbers of candidates")
        behind = record[0]["rows"][len(kept) :].view(np.uint8)
        require((behind == POISON).all(), "rows behind the last were written")
        require(not candidates["count"] and not candidates["flags"], "the list of candidates was not emptied")
        return record

    def _run(self, launcher: Launcher) -> tuple[Record, Record]:
        table = self.table
        keys, boxes = (launcher.address(part) for part in (table.keys(self.seed), np.ascontiguousarray(table.boxes)))
        candidates = found.candidates_record(keys, boxes, len(table.boxes), table.classes)
        candidates["count"], candidates["flags"] = len(table.index), found.NAN_MET
        record = np.zeros(1, found.FOUND)
        record.view(np.uint8)[:] = POISON
        settings, placement = found.settings_record(self.thresholds, table.classes), found.placement_record(TRANSFORM)
        *given, result = map(launcher.address, (settings, candidates, placement, record))
        arguments = (*given, np.int32(self.needs_nms), result)
        launcher.launch("suppress", (), ((1,), (SUPPRESS_THREADS,)), arguments)
        launcher.finish()
        return record, candidates

    def _kept(self) -> NDArray[np.intp]:
        table, most = self.table, self.thresholds.max_detections
        if not self.needs_nms:
            return np.argsort(-table.score, kind="stable")[:most]
        group = np.zeros_like(table.class_id) if self.thresholds.class_agnostic else table.class_id
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            return suppress(table.xyxy, table.score, group, self.thresholds.iou, most)


def trials() -> Iterator[Trial]:
    """Numbers of candidates about every limit, ties, odd boxes, and no suppression."""
    for count in COUNTS:
        yield _trial(f"{count} candidates", count, 80)
    for level in LEVELS:
        yield _trial(f"{level} different scores", CAP + 1, 7, level)
    for words, box in ODD_BOXES.items():
        boxes = [box, (0.0, 0.0, 10.0, 10.0)] * 40
        table = table_of(boxes, np.linspace(0.9, 0.1, len(boxes)).tolist())
        yield Trial("suppress", f"boxes: {words}", Suppression(table).check)
    agnostic = replace(USUAL, class_agnostic=True, max_detections=1000)
    yield Trial("suppress", "classes suppress each other", Suppression(random_table(3000), agnostic).check)
    yield Trial("suppress", "no suppression", Suppression(random_table(5000), needs_nms=False).check)


def random_table(count: int, classes: int = 3, seed: int = 0, levels: int = 1 << 20) -> Table:
    """Boxes on whole pixels, and scores on so many levels, so that equal overlaps and equal scores occur."""
    random = np.random.default_rng(seed)
    rows = -(-count // classes) + count // 2 + 1
    corner = random.integers(-20, 600, (rows, 2))
    boxes = np.hstack((corner, corner + random.integers(0, 90, (rows, 2)))).astype(np.float32)
    index = np.sort(random.choice(rows * classes, count, replace=False)).astype(np.int32)
    return Table(boxes, classes, index, (random.integers(0, levels, count) / levels).astype(np.float32))


def table_of(boxes: Sequence[tuple[float, ...]], score: Sequence[float]) -> Table:
    """One class, a candidate for each box."""
    values = np.array(boxes, np.float32).reshape(-1, 4)
    return Table(values, 1, np.arange(len(values), dtype=np.int32), np.array(score, np.float32))


def _trial(words: str, count: int, classes: int, levels: int = 1 << 20) -> Trial:
    def run(launcher: Launcher) -> None:
        Suppression(random_table(count, classes, levels=levels), replace(USUAL, max_detections=100)).check(launcher)

    return Trial("suppress", words, run)


def _same(answer: object, expected: object, what: str) -> None:
    require(np.array_equal(np.asarray(answer), np.asarray(expected)), f"other {what}")
