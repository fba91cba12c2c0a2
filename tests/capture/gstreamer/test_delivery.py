from __future__ import annotations

import numpy as np
import pytest

from capture.gstreamer.delivery import TO_BGR, colour_of, ending, form_of, offered
from core.buffers import FrameBuffers
from core.errors import SourceUnreadable
from core.pixels import ColourMatrix, PixelFormat

BGR, BGRX, NV12, I420, YUYV = PixelFormat


def owner(*formats: PixelFormat) -> FrameBuffers:
    return FrameBuffers(formats)


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        ((BGR,), (BGR,)),
        ((I420, BGR), (BGR,)),
        ((I420, NV12, YUYV, BGRX, BGR), (I420, YUYV, BGRX)),
        ((NV12, I420, BGRX, BGR), (NV12, BGRX)),
        ((BGRX, I420, BGR), (BGRX,)),
        ((BGR, BGRX), (BGRX,)),
    ],
)
def test_what_is_offered_ends_in_a_format_that_everything_converts_to(
    formats: tuple[PixelFormat, ...], expected: tuple[PixelFormat, ...]
):
    assert offered(owner(*formats)) == expected


def test_bgr_needs_no_caps_but_its_own():
    assert ending((BGR,)) == TO_BGR


def test_every_yuv_format_is_pinned_to_a_matrix_by_its_height():
    line = ending((NV12, BGRX))
    assert line.index("format=BGRx") < line.index("format=NV12")
    assert "format=NV12,width=[2,32768,2],height=[720,32768,2],colorimetry=bt709" in line
    assert "format=NV12,width=[2,32768,2],height=[2,718,2],colorimetry=bt601" in line
    assert (colour_of(718).matrix, colour_of(720).matrix) == (ColourMatrix.BT601, ColourMatrix.BT709)


@pytest.mark.parametrize(
    ("shape", "offers", "expected"),
    [
        ((48, 64, 3), (BGR,), (BGR, 64, 48)),
        ((48, 64, 4), (I420, BGRX), (BGRX, 64, 48)),
        ((48, 64, 2), (YUYV, BGRX), (YUYV, 64, 48)),
        ((72, 64), (I420, BGRX), (I420, 64, 48)),
        ((72, 64), (YUYV, NV12, BGRX), (NV12, 64, 48)),
    ],
)
def test_a_pictures_shape_tells_its_format(
    shape: tuple[int, ...], offers: tuple[PixelFormat, ...], expected: tuple[PixelFormat, int, int]
):
    assert form_of(np.empty(shape, np.uint8), offers) == expected


@pytest.mark.parametrize(("shape", "offers"), [((48, 64), (BGR,)), ((48, 64, 4), (BGR,)), ((48, 64, 3), (I420, BGRX))])
def test_what_was_not_offered_cannot_be_read(shape: tuple[int, ...], offers: tuple[PixelFormat, ...]):
    with pytest.raises(SourceUnreadable, match="BGR"):
        form_of(np.empty(shape, np.uint8), offers)
