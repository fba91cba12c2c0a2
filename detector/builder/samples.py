"""Pictures for calibration and comparison, handed to the process that builds as files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import OutputError, SourceUnreadable
from core.types import Frame
from detector.letterbox import Letterbox, sized
from detector.model import Model

HELD_OUT = 5  # each fifth picture is not calibrated on, but compared


def save(frames: Iterable[Frame], folder: Path) -> int:
    """Write frames without loss; how many there were."""
    import cv2

    count = 0
    for count, frame in enumerate(frames, 1):
        if not cv2.imwrite(str(folder / f"{count:06}.png"), frame.bgr()):
            raise OutputError(f"{folder} cannot be written", "Free space there.")
    return count


def calibration(folder: Path) -> list[Path]:
    """The pictures to calibrate on; all where there are fewer than five."""
    return [path for number, path in enumerate(paths(folder), 1) if number % HELD_OUT]


def comparison(folder: Path) -> list[Path]:
    """The pictures that were held out of the calibration; the first where there are fewer than five."""
    return paths(folder)[HELD_OUT - 1 :: HELD_OUT] or paths(folder)[:1]


def paths(folder: Path) -> list[Path]:
    """All pictures in order."""
    return sorted(folder.iterdir())


def fingerprint(folder: Path) -> str:
    """A hash of all pictures in their order."""
    digest = hashlib.sha256()
    for path in paths(folder):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read(files: Iterable[Path]) -> Iterator[Frame]:
    """The pictures as frames."""
    import cv2

    for path in files:
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise SourceUnreadable(f"{path} is not a picture that can be read", "Repair it or take it out.")
        yield Frame.from_bgr(picture.astype(np.uint8, copy=False))


def feeds(model: Model, frames: Iterable[Frame]) -> Iterator[dict[str, NDArray[Any]]]:
    """A network's inputs for each frame."""
    constants, picture = model.constants, model.picture.name
    for frame in frames:
        size = frame.width, frame.height
        box = Letterbox(*size, sized(model.layout.preprocessing, *size))
        yield {**constants, picture: box.prepare(frame.bgr())}
