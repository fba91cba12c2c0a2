"""How frames best come before a GPU that shares the host's memory: both ways are tried, for no rule always holds."""

from __future__ import annotations

from statistics import median

from core.types import Frame
from detector.cuda.gpu import Gpu
from detector.cuda.network import Network
from detector.cuda.path import Path
from detector.cuda.upload import Copied, Mapped, Upload

TRIES = 9


def fastest(gpu: Gpu, network: Network, frame: Frame) -> tuple[type[Upload], tuple[str, ...]]:
    """The faster way, by the time until the network has its input, and a note about both."""
    ways: tuple[type[Upload], ...] = Copied, Mapped
    took = {way: _median_ms(Path(gpu, network, way, frame), frame) for way in ways}
    best, other = sorted(ways, key=took.__getitem__)
    return best, (f"frames are {best.words} in {took[best]:.2f} ms; {other.words}: {took[other]:.2f} ms",)


def _median_ms(path: Path, frame: Frame) -> float:
    times = []
    for _ in range(TRIES):
        path.submit(frame)
        times.append(path.collect().times.preprocess_ms)
    path.close()
    return median(times)
