from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from contracts.source_contract import SourceContract

from capture.flip import flipped
from capture.source import CaptureOptions, open_source
from core.buffers import FrameBuffers
from core.errors import SourceLost
from core.pixels import PixelFormat, plane_shapes
from core.types import Frame

PATTERN = "pattern:?width=30&height=18&frames=20"
MIRRORED = {
    "horizontal": lambda picture: picture[:, ::-1],
    "vertical": lambda picture: picture[::-1],
    "both": lambda picture: picture[::-1, ::-1],
}
AXES = {"horizontal": 1, "vertical": 0, "both": -1}


class TestFlipped(SourceContract):
    @pytest.fixture
    def uri(self) -> str:
        return PATTERN

    @pytest.fixture
    def options(self) -> CaptureOptions:
        return CaptureOptions(flip="horizontal")


@pytest.mark.parametrize("flip", MIRRORED)
def test_every_picture_is_mirrored_and_nothing_else_changes(flip: str):
    with (
        open_source(PATTERN, FrameBuffers()) as plain,
        open_source(PATTERN, FrameBuffers(), CaptureOptions(flip=flip)) as mirrored,
    ):
        assert plain.info == mirrored.info
        for one, other in zip(plain.frames(), islice(mirrored.frames(), 20), strict=True):
            np.testing.assert_array_equal(MIRRORED[flip](one.bgr()), other.bgr())
            assert (one.index, one.media_ns) == (other.index, other.media_ns)


@pytest.mark.parametrize("format", PixelFormat)
@pytest.mark.parametrize("flip", MIRRORED)
def test_in_every_pixel_format_the_mirrored_planes_show_the_mirrored_picture(format: PixelFormat, flip: str):
    rng = np.random.default_rng(3)
    # Chroma in steps: the scaler smooths it, and not the same way from both sides.
    planes = tuple(rng.integers(60, 180, shape, np.uint8) for shape in plane_shapes(format, 16, 8))
    frame = Frame(planes, 16, 8, 5, 6, 7, format)
    result = flipped(frame, AXES[flip], FrameBuffers())
    assert (result.index, result.captured_ns, result.media_ns, result.format) == (5, 6, 7, format)
    difference = np.abs(MIRRORED[flip](frame.bgr()).astype(int) - result.bgr())
    assert difference.max() <= 2


def test_what_ends_the_source_ends_the_flipped_one():
    with (
        open_source("pattern:?fail_at=2", FrameBuffers(), CaptureOptions(flip="both")) as source,
        pytest.raises(SourceLost, match="frame 2"),
    ):
        list(source.frames())
