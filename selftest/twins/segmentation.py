"""The kernels that give a frame's pixels their classes, against interpolation by OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from core.pixels import U8
from core.types import F32, Thresholds
from detector.cuda.found import FOUND, Record, settings_record
from detector.cuda.raster import raster_block
from detector.head import Layout, Outputs
from detector.heads.segmentation import Head
from detector.letterbox import Transform, geometry
from detector.preprocessing import Fit, Preprocessing
from detector.raster import Raster
from selftest.twins.launcher import Launcher
from selftest.twins.trial import Trial, require

INPUT = Preprocessing(64, 48, Fit.STRETCH)
FRAMES = ((64, 48), (101, 75), (33, 17), (1, 1), (200, 3), (1280, 720))
CLOSE = 1e-5  # of two scores between which rounding may choose
FEW = 1e-3  # share of pixels where it may
BLOCKS, THREADS = 3, 256  # any numbers do


@dataclass(frozen=True, eq=False)
class Drawing:
    """What the kernels and their twin are given."""

    head: Head
    outputs: Outputs
    transform: Transform
    thresholds: Thresholds = field(default_factory=Thresholds)

    def check(self, launcher: Launcher) -> U8:
        """The kernels' map, which is that of the CPU but for classes whose scores are as good as equal."""
        drawn, record = self.run(launcher)
        expected = self.expected()
        differing = np.argwhere(drawn != expected)
        require(len(differing) <= FEW * drawn.size, f"{len(differing)} of {drawn.size} pixels have other classes")
        for y, x in differing:
            require(self._margin(y, x) < CLOSE, f"class {drawn[y, x]} instead of {expected[y, x]} at {x}, {y}")
        highest = max(0, int((drawn + np.uint8(1)).max()) - 1)
        require((record["flags"][0], record["highest_class"][0]) == (0, highest), "another head of the answer")
        return drawn

    def run(self, launcher: Launcher) -> tuple[U8, Record]:
        """The map of the frame, and the record of what was found."""
        size = self.head.decode(self.outputs, Thresholds()).maps[0].shape[-2:]
        block = raster_block(Raster.of(self.transform, *size), *size)
        drawn = np.full((self.transform.frame_height, self.transform.frame_width), 77, np.uint8)
        record = np.zeros(1, FOUND)
        rest = tuple(map(launcher.address, (settings_record(self.thresholds, 256), block, drawn, record)))
        for call in self.head.kernel_calls():
            (tensor,) = (np.ascontiguousarray(self.outputs[name]) for name in call.tensors)
            arguments = (launcher.address(tensor), *call.numbers, *rest)
            launcher.launch(call.kernel, (tensor.dtype.name,), ((BLOCKS,), (THREADS,)), arguments)
        launcher.finish()
        return drawn, record

    def expected(self) -> U8:
        """The map of the twin."""
        return self.head.decode(self.outputs, self.thresholds).in_frame(self.transform).class_id

    def _margin(self, y: int, x: int) -> float:
        """Between the two highest scores at a pixel."""
        maps = self.head.decode(self.outputs, self.thresholds).maps
        scores = (interpolated(np.asarray(scores, np.float32), self.transform, y, x) for scores in maps)
        return min(float(np.diff(np.sort(each))[-1]) for each in scores)


def interpolated(scores: F32, transform: Transform, y: int, x: int) -> F32:
    """Scores [C, h, w] at one pixel: [C]."""
    raster = Raster.of(transform, *scores.shape[1:])
    left, right, a = (values[x - raster.columns.at] for values in raster.columns.neighbours())
    above, below, b = (values[y - raster.rows.at] for values in raster.rows.neighbours())
    rows = scores[:, :, left] * (1 - a) + scores[:, :, right] * a
    between: F32 = rows[:, above] * (1 - b) + rows[:, below] * b
    return between


def head_of(classes: int, *axes: int) -> Head:
    """For a network with a map for each axis on which its classes lie; 0: chosen in the network."""
    names = [f"o{i}" for i in range(len(axes))]
    return Head(Layout("segmentation", "", classes, INPUT, {"outputs": names, "axes": list(axes)}))


def trials() -> Iterator[Trial]:
    """Maps of scores, several of them laid over each other, and classes that the network chose."""
    random = np.random.default_rng(3)
    for frame in FRAMES:
        for floats in ("float32", "float16"):
            scores = {"o0": random.normal(0, 2, (1, 7, 12, 16)).astype(floats)}
            case = f"frames of {frame[0]}x{frame[1]}, {floats}"
            yield Trial("segment", case, Drawing(head_of(7, 1), scores, geometry(*frame, INPUT)).check)
    transform = geometry(70, 40, Preprocessing(64, 48, Fit.CROP_CENTRE))
    last = {"o0": random.normal(0, 2, (1, 12, 16, 21)).astype(np.float32)}
    yield Trial("segment", "channels last", Drawing(head_of(21, 3), last, transform).check)
    layers = {f"o{i}": random.normal(size=(1, 2, 12, 16)).astype(np.float32) for i in range(3)}
    yield Trial("lay_over", "three maps", Drawing(head_of(4, 1, 1, 1), layers, transform).check)
    for integers in ("uint8", "int32", "int64"):
        chosen = {"o0": random.choice([0, 7, 200, 254], (1, 12, 16)).astype(integers)}
        yield Trial("place_classes", integers, Drawing(head_of(0, 0), chosen, transform).check)
