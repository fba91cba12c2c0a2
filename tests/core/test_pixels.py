from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pixels import U8, Colour, ColourMatrix, PixelFormat, plane_shapes, to_bgr

SUBSAMPLED = [PixelFormat.NV12, PixelFormat.I420, PixelFormat.YUYV]
WEIGHTS = {ColourMatrix.BT601: (0.299, 0.114), ColourMatrix.BT709: (0.2126, 0.0722)}
BYTES = {
    PixelFormat.BGR: 3.0,
    PixelFormat.BGRX: 4.0,
    PixelFormat.NV12: 1.5,
    PixelFormat.I420: 1.5,
    PixelFormat.YUYV: 2.0,
}


def yuv_of(planes: tuple[U8, ...], format: PixelFormat) -> tuple[U8, U8, U8]:
    """Y, U and V of every pixel, chroma repeated; read straight from the description of each format."""
    if format is PixelFormat.YUYV:
        packed = planes[0].reshape(len(planes[0]), -1, 4)
        luma = packed[..., [0, 2]].reshape(len(packed), -1)
        return luma, packed[..., 1].repeat(2, 1), packed[..., 3].repeat(2, 1)
    chroma = planes[1:] if format is PixelFormat.I420 else (planes[1][:, 0::2], planes[1][:, 1::2])
    u, v = (plane.repeat(2, 0).repeat(2, 1)[: planes[0].shape[0], : planes[0].shape[1]] for plane in chroma)
    return planes[0], u, v


def reference(planes: tuple[U8, ...], format: PixelFormat, colour: Colour) -> np.ndarray:
    """BGR by the definition in ITU-R BT.601 and BT.709."""
    y, u, v = (plane.astype(float) for plane in yuv_of(planes, format))
    red_weight, blue_weight = WEIGHTS[colour.matrix]
    luma, blueness, redness = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    if colour.full_range:
        luma, blueness, redness = y / 255, (u - 128) / 255, (v - 128) / 255
    red, blue = luma + 2 * (1 - red_weight) * redness, luma + 2 * (1 - blue_weight) * blueness
    green = (luma - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight)
    return np.clip(np.dstack([blue, green, red]) * 255, 0, 255)


def random_planes(format: PixelFormat, width: int, height: int) -> tuple[U8, ...]:
    rng = np.random.default_rng(5)
    return tuple(rng.integers(60, 190, shape, np.uint8) for shape in plane_shapes(format, width, height))


@pytest.mark.parametrize("format", SUBSAMPLED)
@pytest.mark.parametrize("matrix", ColourMatrix)
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("height", [48, 47])
def test_conversion_follows_the_definition(format: PixelFormat, matrix: ColourMatrix, full_range: bool, height: int):
    planes = random_planes(format, 64, height)
    colour = Colour(matrix, full_range)
    assert np.abs(to_bgr(planes, format, colour) - reference(planes, format, colour)).max() <= 4


@pytest.mark.parametrize("format", PixelFormat)
@pytest.mark.parametrize(("width", "height"), [(2, 1), (66, 47), (4098, 3)])
def test_any_size_converts(format: PixelFormat, width: int, height: int):
    planes = random_planes(format, width, height)
    picture = to_bgr(planes, format, Colour())
    assert (picture.shape, picture.dtype) == ((height, width, 3), np.uint8)


@pytest.mark.parametrize("format", [PixelFormat.NV12, PixelFormat.I420])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (65, 47), (3, 5)])
def test_chroma_of_odd_sizes_reaches_the_last_pixel(format: PixelFormat, width: int, height: int):
    planes = tuple(np.full(shape, 100, np.uint8) for shape in plane_shapes(format, width, height))
    assert np.abs(to_bgr(planes, format, Colour()) - reference(planes, format, Colour())).max() <= 3


def test_bgr_comes_back_as_it_is_and_bgrx_without_its_fourth_byte():
    (bgr,) = random_planes(PixelFormat.BGR, 8, 6)
    assert to_bgr((bgr,), PixelFormat.BGR, Colour()) is bgr
    (bgrx,) = random_planes(PixelFormat.BGRX, 8, 6)
    np.testing.assert_array_equal(to_bgr((bgrx,), PixelFormat.BGRX, Colour()), bgrx[..., :3])


def test_planes_may_be_views_of_something_larger():
    planes = random_planes(PixelFormat.I420, 64, 48)
    views = tuple(np.pad(plane, 3)[3:-3, 3:-3] for plane in planes)
    np.testing.assert_array_equal(to_bgr(views, PixelFormat.I420, Colour()), to_bgr(planes, PixelFormat.I420, Colour()))


@given(st.sampled_from(PixelFormat), st.integers(1, 100), st.integers(1, 100))
def test_planes_hold_every_pixel_and_at_most_a_row_and_a_column_more(format: PixelFormat, width: int, height: int):
    size = sum(int(np.prod(shape)) for shape in plane_shapes(format, width, height))
    assert width * height * BYTES[format] <= size <= (width + 1) * (height + 1) * BYTES[format]
