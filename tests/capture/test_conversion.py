from __future__ import annotations

import av
import numpy as np
import pytest

from capture.conversion import Converter, colour_of
from core.buffers import FrameBuffers
from core.errors import SourceUnreadable
from core.pixels import Colour, ColourMatrix, PixelFormat

Y, U, V = 120, 90, 170
WEIGHTS = {ColourMatrix.BT601: (0.299, 0.114), ColourMatrix.BT709: (0.2126, 0.0722)}
BT709, UNSPECIFIED, BT470BG, SMPTE170M = 1, 2, 5, 6
NARROW, FULL = 1, 2


def planar_buffers() -> FrameBuffers:
    return FrameBuffers((PixelFormat.I420, PixelFormat.BGR))


def packed_buffers() -> FrameBuffers:
    return FrameBuffers((PixelFormat.YUYV, PixelFormat.BGR))


def semi_planar_buffers() -> FrameBuffers:
    return FrameBuffers((PixelFormat.NV12, PixelFormat.BGR))


def decoded(pixels: str, height: int = 48, space: int = UNSPECIFIED, reach: int = 0) -> av.VideoFrame:
    """A picture of one colour, as a decoder would hand it over."""
    picture = av.VideoFrame(64, height, pixels)
    for plane, value in zip(picture.planes, (Y, U, V), strict=True):
        np.frombuffer(plane, np.uint8)[:] = value
    picture.colorspace, picture.color_range = space, reach
    return picture


def expected(colour: Colour) -> np.ndarray:
    """B, G and R by the definition in ITU-R BT.601 and BT.709: luma is the weighted sum, chroma the scaled rest."""
    red_weight, blue_weight = WEIGHTS[colour.matrix]
    luma, blueness, redness = (Y - 16) / 219, (U - 128) / 224, (V - 128) / 224
    if colour.full_range:
        luma, blueness, redness = Y / 255, (U - 128) / 255, (V - 128) / 255
    red, blue = luma + 2 * (1 - red_weight) * redness, luma + 2 * (1 - blue_weight) * blueness
    green = (luma - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight)
    return np.array([blue, green, red]) * 255


@pytest.mark.parametrize("buffers", [FrameBuffers, planar_buffers])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv444p"])
@pytest.mark.parametrize("height", [48, 720])
@pytest.mark.parametrize("space", [BT709, UNSPECIFIED, BT470BG, SMPTE170M])
@pytest.mark.parametrize("reach", [0, NARROW, FULL])
def test_colours_follow_the_matrix_and_range_of_the_stream(
    buffers: type[FrameBuffers], pixels: str, height: int, space: int, reach: int
):
    hd = space == BT709 or (space == UNSPECIFIED and height == 720)
    colour = Colour(ColourMatrix.BT709 if hd else ColourMatrix.BT601, reach == FULL or pixels == "yuvj420p")
    picture = decoded(pixels, height, space, reach)
    assert colour_of(picture) == colour
    frame = Converter(buffers()).frame(picture, 0, None)
    assert np.abs(frame.bgr() - expected(colour)).max() <= 3


def test_the_picture_is_converted_only_where_the_owner_of_the_buffers_wants_another_format():
    planar, plain = Converter(planar_buffers()), Converter(FrameBuffers())
    assert planar.frame(decoded("yuv420p"), 0, None).format is PixelFormat.I420
    assert plain.frame(decoded("yuv420p"), 0, None).format is PixelFormat.BGR
    assert planar.frame(decoded("yuv444p"), 0, None).format is PixelFormat.BGR


def test_planes_are_copies_without_padding():
    picture = decoded("yuv420p")
    frame = Converter(planar_buffers()).frame(picture, 3, 4)
    np.frombuffer(picture.planes[0], np.uint8)[:] = 0
    assert (frame.index, frame.media_ns) == (3, 4)
    assert [plane.shape for plane in frame.planes] == [(48, 64), (24, 32), (24, 32)]
    assert {int(value) for plane in frame.planes for value in np.unique(plane)} == {Y, U, V}


class Turned:
    """A picture of a recording that is to be turned counterclockwise."""

    def __init__(self, picture: av.VideoFrame, degrees: int) -> None:
        self._picture = picture
        self.rotation = degrees

    def __getattr__(self, name: str) -> object:
        return getattr(self._picture, name)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("size", [(64, 48), (65, 47)])
def test_nv12_stays_what_it_is_whichever_way_it_is_turned(degrees: int, size: tuple[int, int]):
    picture = av.VideoFrame(*size, "nv12")
    rng = np.random.default_rng(0)
    for plane in picture.planes:
        np.frombuffer(plane, np.uint8)[:] = rng.integers(0, 256, plane.buffer_size, np.uint8)
    frame = Converter(semi_planar_buffers()).frame(Turned(picture, degrees), 0, None)
    assert frame.format is PixelFormat.NV12
    for plane, found, step in zip(picture.planes, frame.planes, (1, 2), strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width * step]
        pixels = np.rot90(rows.reshape(plane.height, plane.width, step), degrees // 90)
        np.testing.assert_array_equal(found.reshape(pixels.shape), pixels)


def test_yuyv_stays_what_it_is():
    picture = av.VideoFrame(64, 48, "yuyv422")
    data = np.frombuffer(picture.planes[0], np.uint8)
    data[:] = np.random.default_rng(0).integers(0, 256, data.size, np.uint8)
    frame = Converter(packed_buffers()).frame(picture, 0, None)
    assert frame.format is PixelFormat.YUYV
    rows = data.reshape(48, picture.planes[0].line_size)[:, :128]
    np.testing.assert_array_equal(frame.planes[0].reshape(48, 128), rows)


@pytest.mark.parametrize(("width", "degrees"), [(63, 0), (64, 90), (64, 180)])
def test_yuyv_whose_pairs_would_be_torn_becomes_bgr(width: int, degrees: int):
    picture = Turned(av.VideoFrame(width, 48, "yuyv422"), degrees)
    assert Converter(packed_buffers()).format_of(picture) is PixelFormat.BGR


def test_a_picture_that_cannot_be_converted_is_unreadable():
    with pytest.raises(SourceUnreadable, match="bgr4"):
        Converter(FrameBuffers()).frame(av.VideoFrame(64, 48, "bgr4"), 0, None)
