"""Geometry there and back, and the tensor against a slow computation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from detector.letterbox import CROP_SHARE, Letterbox, geometry, sized
from detector.preprocessing import Fit, Preprocessing

LETTERBOXES = (Fit.LETTERBOX_CENTRE, Fit.LETTERBOX_TOP_LEFT)
sides = st.integers(1, 4097)
inputs = st.builds(Preprocessing, st.integers(16, 700), st.integers(16, 700), st.sampled_from(list(Fit)))


@given(sides, sides, inputs)
def test_windows_stay_inside(width: int, height: int, preprocessing: Preprocessing) -> None:
    transform = geometry(width, height, preprocessing)
    for window, across, down in (
        (transform.source, width, height),
        (transform.target, preprocessing.width, preprocessing.height),
    ):
        assert 0 <= window.x < window.x + window.width <= across
        assert 0 <= window.y < window.y + window.height <= down


@given(sides, sides, inputs, st.integers(0, 2**32 - 1))
def test_boxes_come_back(width: int, height: int, preprocessing: Preprocessing, seed: int) -> None:
    transform = geometry(width, height, preprocessing)
    corners = np.sort(np.random.default_rng(seed).random((5, 2, 2)), axis=1).reshape(5, 4)
    boxes = (corners * (width, height, width, height)).astype(np.float32)
    source, target = transform.source, transform.target
    scale = np.array((target.width / source.width, target.height / source.height) * 2)
    inside = (boxes - (source.x, source.y) * 2) * scale + (target.x, target.y) * 2
    back = transform.to_frame(inside.astype(np.float32))
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, boxes, rtol=1e-4, atol=1e-4 * max(width, height))


@given(sides, sides, inputs)
def test_boxes_outside_are_cut_at_the_frame(width: int, height: int, preprocessing: Preprocessing) -> None:
    far = np.array([[-1e6, -1e6, 1e6, 1e6]], np.float32)
    assert geometry(width, height, preprocessing).to_frame(far).tolist() == [[0, 0, width, height]]


@given(sides, sides, st.integers(16, 700), st.integers(16, 700), st.sampled_from(LETTERBOXES))
def test_letterbox_keeps_the_aspect_and_touches_two_sides(w: int, h: int, across: int, down: int, fit: Fit) -> None:
    target = geometry(w, h, Preprocessing(across, down, fit)).target
    assert target.width == across or target.height == down
    scale = min(across / w, down / h)
    assert abs(target.width - max(1, w * scale)) <= 0.5 + 1e-9
    assert abs(target.height - max(1, h * scale)) <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("fit", "window"),
    [
        (Fit.LETTERBOX_CENTRE, (0, 140, 640, 360)),
        (Fit.LETTERBOX_TOP_LEFT, (0, 0, 640, 360)),
        (Fit.STRETCH, (0, 0, 640, 640)),
        (Fit.CROP_CENTRE, (0, 0, 640, 640)),
    ],
)
def test_where_a_wide_frame_lands(fit: Fit, window: tuple[int, ...]) -> None:
    target = geometry(1280, 720, Preprocessing(640, 640, fit)).target
    assert (target.x, target.y, target.width, target.height) == window


def test_a_bar_of_odd_width_is_thinner_above() -> None:
    target = geometry(100, 51, Preprocessing(100, 100)).target
    assert (target.y, 100 - target.y - target.height) == (24, 25)


def test_a_classifier_sees_the_centre() -> None:
    source = geometry(1280, 720, Preprocessing(224, 224, Fit.CROP_CENTRE)).source
    side = round(720 * CROP_SHARE)
    assert (source.width, source.height) == (side, side)
    assert (source.x, source.y) == ((1280 - side) // 2, (720 - side) // 2)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [((1280, 720), (640, 384)), ((720, 1280), (384, 640)), ((640, 640), (640, 640)), ((4097, 3), (640, 32))],
)
def test_a_free_network_gets_no_more_than_the_frame_needs(frame: tuple[int, int], expected: tuple[int, int]) -> None:
    free = Preprocessing(640, 640, step=32)
    fitted = sized(free, *frame)
    assert (fitted.width, fitted.height) == expected
    assert sized(replace(free, step=None), *frame) == replace(free, step=None)


def test_a_stretched_free_network_gets_its_whole_size() -> None:
    free = Preprocessing(640, 640, Fit.STRETCH, step=32)
    assert sized(free, 1280, 720) == free


def _bilinear(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float64]:
    """Half-pixel centres, edges repeated; one pixel at a time."""
    rows, columns = picture.shape[:2]
    out = np.empty((height, width, 3))
    for y in range(height):
        for x in range(width):
            v = min(max((y + 0.5) * rows / height - 0.5, 0), rows - 1)
            u = min(max((x + 0.5) * columns / width - 0.5, 0), columns - 1)
            y0, x0 = int(v), int(u)
            y1, x1 = min(y0 + 1, rows - 1), min(x0 + 1, columns - 1)
            top = picture[y0, x0] * (1 - (u - x0)) + picture[y0, x1] * (u - x0)
            low = picture[y1, x0] * (1 - (u - x0)) + picture[y1, x1] * (u - x0)
            out[y, x] = top * (1 - (v - y0)) + low * (v - y0)
    return out


def _expected(picture: NDArray[np.uint8], p: Preprocessing) -> NDArray[np.float64]:
    """The tensor without batch, channels last."""
    transform = geometry(picture.shape[1], picture.shape[0], p)
    s, t = transform.source, transform.target
    resized = _bilinear(picture[s.y : s.y + s.height, s.x : s.x + s.width], t.width, t.height)
    whole = np.full((p.height, p.width, 3), float(p.pad))
    whole[t.y : t.y + t.height, t.x : t.x + t.width] = resized
    if p.colour == "GREY":
        grey = whole @ (0.114, 0.587, 0.299)
        return (grey[..., None] - p.mean[0]) / p.std[0]
    return ((whole if p.colour == "BGR" else whole[..., ::-1]) - p.mean) / p.std


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.builds(
        Preprocessing,
        st.integers(4, 24),
        st.integers(4, 24),
        st.sampled_from(list(Fit)),
        st.sampled_from(["RGB", "BGR", "GREY"]),
        st.sampled_from([(0.0, 0.0, 0.0), (123.7, 116.3, 103.5)]),
        st.sampled_from([(255.0, 255.0, 255.0), (58.4, 57.1, 57.4), (1.0, 1.0, 1.0)]),
        layout=st.sampled_from(["NCHW", "NHWC"]),
        dtype=st.sampled_from(["float32", "float16"]),
    ),
    st.integers(0, 2**32 - 1),
)
def test_tensor_equals_a_slow_computation(width: int, height: int, p: Preprocessing, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    tensor = Letterbox(width, height, p).prepare(picture)
    assert tensor.dtype == p.dtype
    found = tensor[0] if p.layout == "NHWC" else tensor[0].transpose(1, 2, 0)
    # Two grey levels: OpenCV rounds after the resize and again after the conversion to grey.
    tolerance = 2.0 / min(p.std) + (0.1 if p.dtype == "float16" else 1e-4)
    np.testing.assert_allclose(found.astype(np.float64), _expected(picture, p), atol=tolerance)


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from(LETTERBOXES), st.sampled_from(["NCHW", "NHWC"]))
def test_bars_stay_as_they_were(width: int, height: int, fit: Fit, layout: str) -> None:
    p = Preprocessing(32, 32, fit, mean=(1.0, 2.0, 3.0), layout=layout)
    letterbox = Letterbox(width, height, p)
    for value in (0, 255):
        tensor = letterbox.prepare(np.full((height, width, 3), value, np.uint8))[0]
        pixels = tensor if layout == "NHWC" else tensor.transpose(1, 2, 0)
        t = letterbox.transform.target
        inside = np.zeros((32, 32), bool)
        inside[t.y : t.y + t.height, t.x : t.x + t.width] = True
        for where, level in ((inside, value), (~inside, p.pad)):
            expected = np.broadcast_to((level - np.array(p.mean)) / 255, pixels[where].shape)
            np.testing.assert_allclose(pixels[where], expected, rtol=1e-5, atol=1e-7)


def test_a_uint8_network_gets_the_pixels() -> None:
    p = Preprocessing(4, 4, Fit.STRETCH, std=(1.0, 1.0, 1.0), layout="NHWC", dtype="uint8")
    picture = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    np.testing.assert_array_equal(Letterbox(4, 4, p).prepare(picture)[0], picture[..., ::-1])


def test_the_buffer_is_used_again() -> None:
    letterbox = Letterbox(20, 10, Preprocessing(8, 8))
    picture = np.zeros((10, 20, 3), np.uint8)
    assert letterbox.prepare(picture) is letterbox.prepare(picture)


@pytest.mark.parametrize("size", [(1, 1), (4097, 3), (3, 4097), (2, 1)])
@pytest.mark.parametrize("fit", list(Fit))
def test_odd_sizes(size: tuple[int, int], fit: Fit) -> None:
    width, height = size
    tensor = Letterbox(width, height, Preprocessing(320, 320, fit)).prepare(np.full((height, width, 3), 255, np.uint8))
    assert tensor.max() == 1
    assert np.isfinite(tensor).all()


def test_a_picture_that_is_a_view_is_taken() -> None:
    large = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    view = large[::-2, 5:45][:, ::-1]
    p = Preprocessing(16, 16)
    found = Letterbox(40, 30, p).prepare(view).copy()
    np.testing.assert_array_equal(found, Letterbox(40, 30, p).prepare(np.ascontiguousarray(view)))
