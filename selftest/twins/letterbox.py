"""The letterbox kernel against the CPU's letterbox, for pictures of every form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8, Colour, ColourMatrix, PixelFormat, plane_shapes, to_bgr
from detector.cuda.letterbox import THREADS, blocks, fit_record, picture_record
from detector.letterbox import Letterbox
from detector.preprocessing import IMAGENET, Fit, Preprocessing
from selftest.twins.launcher import Launcher
from selftest.twins.trial import Trial, require

COLOURS = tuple(Colour(matrix, full) for matrix in ColourMatrix for full in (False, True))
WHOLE: dict[str, Any] = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
PLAIN = Preprocessing(40, 24)
SIZES = ((2, 1), (66, 47), (64, 48), (160, 96), (40, 24), (1280, 720), (4096, 2160))
ODD_SIZES = ((1, 1), (1, 90), (90, 1), (65, 47))
LEVELS = (0, 1, 16, 128, 235, 254, 255)
MOST_LEVELS, FEW_LEVELS, FEW = 2.0, 1.0, 0.001  # greys apart everywhere; and where but for a share of the pixels


@dataclass(eq=False)
class Picture:
    """A picture on its way through both letterboxes; `block` holds its planes one after another."""

    block: U8
    format: PixelFormat
    size: tuple[int, int]
    preprocessing: Preprocessing
    colour: Colour = field(default_factory=Colour)

    def __post_init__(self) -> None:
        self.letterbox = Letterbox(*self.size, self.preprocessing)

    def expected(self) -> NDArray[Any]:
        """The tensor of the twin, valid until the next."""
        planes = planes_of(self.block, self.format, *self.size)
        return self.letterbox.prepare(to_bgr(planes, self.format, self.colour))

    def found(self, launcher: Launcher) -> NDArray[Any]:
        """The tensor of the kernel."""
        wanted = self.preprocessing
        picture = picture_record(self.format, *self.size, launcher.address(self.block))
        fit = fit_record(self.colour, self.letterbox.transform, wanted)
        tensor = np.full(self.letterbox.tensor.shape, 77, wanted.dtype)
        arguments = tuple(map(launcher.address, (picture, fit, tensor)))
        launcher.launch("letterbox", (wanted.dtype,), (blocks(wanted), THREADS), arguments)
        launcher.finish()
        return tensor

    def check(self, launcher: Launcher) -> None:
        """Raises `Mismatch` where the tensors are further apart than OpenCV's code for two processors is."""
        require_alike(self.found(launcher), self.expected(), self.preprocessing)


def require_alike(found: NDArray[Any], expected: NDArray[Any], preprocessing: Preprocessing) -> None:
    """At most two levels of grey apart, and more than one in a thousandth of the values at most."""
    rounding = 0.1 if preprocessing.dtype == "float16" else 1e-3
    levels = np.abs(found.astype(float) - expected.astype(float)) * max(preprocessing.std)
    require(levels.max() <= MOST_LEVELS + rounding, f"a pixel differs by {levels.max():.2f} levels of grey")
    share = (levels > FEW_LEVELS + rounding).mean()
    require(share <= FEW, f"{share:.2%} of the pixels differ by more than a level of grey")


def trials() -> Iterator[Trial]:
    """Every format in every colour and size, extremes, and every tensor."""
    for form, size in itertools.product(PixelFormat, SIZES):
        yield _trial(f"{size[0]}x{size[1]}", random_picture(form, size))
        yield _trial("in a square", random_picture(form, size, Preprocessing(160, 160)))
    for form, colour in itertools.product(PixelFormat, COLOURS):
        yield _trial(f"{colour}", replace(random_picture(form, (66, 47)), colour=colour))
    for form, size in itertools.product(set(PixelFormat) - {PixelFormat.YUYV}, ODD_SIZES):
        yield _trial(f"{size[0]}x{size[1]}", random_picture(form, size))
    for form, level in itertools.product(PixelFormat, LEVELS):
        grey = random_picture(form, (34, 22), replace(PLAIN, fit=Fit.STRETCH))
        grey.block[:] = level
        yield _trial(f"all {level}", grey)
    for dtype, layout, fit, colour_order in itertools.product(
        ("float32", "float16", "uint8"), ("NCHW", "NHWC"), Fit, ("RGB", "BGR", "GREY")
    ):
        values: dict[str, Any] = WHOLE if dtype == "uint8" else IMAGENET
        wanted = replace(PLAIN, fit=fit, colour=colour_order, layout=layout, dtype=dtype, **values)
        yield _trial(
            f"{fit.value} to {dtype} {layout} {colour_order}", random_picture(PixelFormat.BGR, (67, 31), wanted)
        )


def _trial(words: str, picture: Picture) -> Trial:
    return Trial("letterbox", f"{picture.format.name}, {words}", picture.check)


def random_picture(format: PixelFormat, size: tuple[int, int], wanted: Preprocessing = PLAIN) -> Picture:
    """Of that size in pixels."""
    return Picture(random_block(format, *size), format, size, wanted)


def random_block(format: PixelFormat, width: int, height: int, seed: int = 0) -> U8:
    """The bytes of a picture's planes, one plane after another."""
    size = sum(map(prod, plane_shapes(format, width, height)))
    return np.random.default_rng(seed).integers(0, 256, size, np.uint8)


def planes_of(block: U8, format: PixelFormat, width: int, height: int) -> tuple[U8, ...]:
    """The planes in a block."""
    shapes = plane_shapes(format, width, height)
    starts = itertools.accumulate(map(prod, shapes))
    parts = np.split(block, list(starts)[:-1])
    return tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
