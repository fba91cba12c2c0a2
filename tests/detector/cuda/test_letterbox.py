"""The letterbox kernel against the CPU's letterbox: kernel letterbox, twin detector.letterbox.Letterbox."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Iterator
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cuda_on_cpu.compiled import address, compiled
from cuda_on_cpu.device import Device, view
from cuda_on_cpu.launcher import OnHost
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.pixels import U8, Colour, PixelFormat, plane_shapes, to_bgr
from detector.cuda.kernels import Kernels
from detector.cuda.letterbox import THREADS, LetterboxCall, blocks, fit_record, picture_record
from detector.preprocessing import IMAGENET, Fit, Preprocessing
from selftest.twins.letterbox import COLOURS, PLAIN, Picture, planes_of, random_block, require_alike


class Case(Picture):
    """One picture on its way through both letterboxes."""

    def check(self) -> None:
        assert_alike(self.found(OnHost()), self.expected(), self.preprocessing)


def assert_alike(found: NDArray[Any], expected: NDArray[Any], preprocessing: Preprocessing) -> None:
    """Bit for bit where OpenCV and FFmpeg are those that the kernel follows; their code for other processors rounds
    otherwise: there 99.9 % of the pixels are within one grey level and all within two."""
    if platform.machine() == "x86_64":
        np.testing.assert_array_equal(found, expected)
        return
    require_alike(found, expected, preprocessing)


preprocessings = st.builds(
    Preprocessing,
    st.integers(1, 70),
    st.integers(1, 30),
    st.sampled_from(list(Fit)),
    st.sampled_from(["RGB", "BGR", "GREY"]),
    st.sampled_from([(0.0, 0.0, 0.0), IMAGENET["mean"]]),
    st.sampled_from([(255.0, 255.0, 255.0), IMAGENET["std"], (1.0, 1.0, 1.0)]),
    st.sampled_from([0, 114, 128]),
    st.sampled_from(["NCHW", "NHWC"]),
    st.sampled_from(["float32", "float16"]),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PixelFormat), st.integers(1, 90), st.integers(1, 90), st.sampled_from(COLOURS), preprocessings)
def test_any_picture_of_any_form_in_any_tensor(
    format: PixelFormat, width: int, height: int, colour: Colour, preprocessing: Preprocessing
) -> None:
    if format is PixelFormat.YUYV:
        width += width % 2
    case = Case(random_block(format, width, height), format, (width, height), preprocessing)
    case.colour = colour
    case.check()


@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("colour", ["RGB", "BGR", "GREY"])
def test_every_tensor(dtype: str, layout: str, fit: Fit, colour: str) -> None:
    whole = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    values = whole if dtype == "uint8" else IMAGENET
    preprocessing = replace(PLAIN, fit=fit, colour=colour, layout=layout, dtype=dtype, **values)
    Case(random_block(PixelFormat.BGR, 67, 31), PixelFormat.BGR, (67, 31), preprocessing).check()


@pytest.mark.parametrize("format", PixelFormat)
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("size", [(66, 47), (2, 1), (64, 48)])
def test_every_format_and_colour(format: PixelFormat, colour: Colour, size: tuple[int, int]) -> None:
    case = Case(random_block(format, *size), format, size, PLAIN)
    case.colour = colour
    case.check()


@pytest.mark.parametrize(("mean", "std"), [(0.0, 2.0), (-10.25, 1.75), (3.0, 0.9)])
def test_whole_numbers_are_cut_and_not_rounded(mean: float, std: float) -> None:
    preprocessing = replace(PLAIN, mean=(mean,) * 3, std=(std,) * 3, dtype="uint8")
    block = np.random.default_rng(0).integers(10, 200, 67 * 31 * 3, np.uint8)
    Case(block, PixelFormat.BGR, (67, 31), preprocessing).check()


@pytest.mark.parametrize("format", [PixelFormat.BGR, PixelFormat.BGRX, PixelFormat.NV12, PixelFormat.I420])
@pytest.mark.parametrize("size", [(1, 1), (1, 90), (90, 1), (3, 3), (65, 47)])
@pytest.mark.parametrize("fit", Fit)
def test_odd_sizes(format: PixelFormat, size: tuple[int, int], fit: Fit) -> None:
    Case(random_block(format, *size), format, size, replace(PLAIN, fit=fit)).check()


@pytest.mark.parametrize("size", [(80, 48), (40, 24), (20, 12), (160, 96), (39, 23), (41, 25)])
def test_halved_equal_doubled_and_nearly_equal(size: tuple[int, int]) -> None:
    Case(random_block(PixelFormat.BGR, *size), PixelFormat.BGR, size, PLAIN).check()


@pytest.mark.parametrize("format", PixelFormat)
def test_a_large_picture(format: PixelFormat) -> None:
    size = 4096, 2160
    Case(random_block(format, *size), format, size, Preprocessing(160, 160)).check()


@pytest.mark.parametrize("format", PixelFormat)
@pytest.mark.parametrize("level", [0, 1, 16, 128, 235, 254, 255])
def test_extremes_stay_in_range(format: PixelFormat, level: int) -> None:
    case = Case(random_block(format, 34, 22), format, (34, 22), replace(PLAIN, fit=Fit.STRETCH))
    case.block[:] = level
    case.check()


@pytest.mark.parametrize("width", [1, 3, 33])
def test_a_last_column_of_yuyv_without_a_partner_is_read_within_its_row(width: int) -> None:
    """There is no such picture by the format's definition: only its whole pairs are compared."""
    preprocessing = Preprocessing(width, 4, Fit.STRETCH)
    picture = Case(random_block(PixelFormat.YUYV, width, 4), PixelFormat.YUYV, (width, 4), preprocessing)
    found = picture.found(OnHost())
    cut = random_block(PixelFormat.YUYV, width, 4).reshape(4, width, 2)[:, : width // 2 * 2]
    if cut.size:
        whole = to_bgr((np.ascontiguousarray(cut),), PixelFormat.YUYV, Colour())[..., ::-1].transpose(2, 0, 1)
        np.testing.assert_allclose(found[0, :, :, : width // 2 * 2], whole / np.float32(255), atol=0.01)
    assert np.isin(found, np.arange(256, dtype=np.float32) * np.float32(1 / 255)).all()


def test_a_picture_whose_planes_lie_elsewhere() -> None:
    """Planes need neither follow each other nor be without gaps: what a record says counts."""
    size = 34, 22
    case = Case(random_block(PixelFormat.I420, *size), PixelFormat.I420, size, PLAIN)
    padded = [np.pad(plane, ((0, 3), (0, 13))) for plane in planes_of(case.block, PixelFormat.I420, *size)]
    picture = picture_record(PixelFormat.I420, *size, 0)
    picture["planes"] = [address(plane) for plane in padded]
    picture["pitches"] = [plane.shape[1] for plane in padded]
    fit = fit_record(case.colour, case.letterbox.transform, PLAIN)
    tensor = np.full(case.letterbox.tensor.shape, 77, np.float32)
    compiled("letterbox").launch(
        "letterbox_f32", blocks(PLAIN), THREADS, [address(picture), address(fit), address(tensor)]
    )
    assert_alike(tensor, case.expected(), PLAIN)


@pytest.mark.parametrize("video", ["highway_day_1280x720.mp4", "highway_busy_1024x512_10fps.mp4"])
def test_real_frames(shared: Path, video: str) -> None:
    for form, block, size in _frame(shared / "data" / "videos" / video):
        Case(block, form, size, Preprocessing(320, 320)).check()


def _frame(video: Path) -> Iterator[tuple[PixelFormat, U8, tuple[int, int]]]:
    """A frame in the middle of the action, in every format that FFmpeg makes of it."""
    import av

    with av.open(str(video)) as container:
        picture = next(itertools.islice(container.decode(video=0), 20, None))
    for form in PixelFormat:
        planes = picture.reformat(format=form.value).planes
        shapes = plane_shapes(form, picture.width, picture.height)
        rows = [
            np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: shape[0], : prod(shape[1:])]
            for plane, shape in zip(planes, shapes, strict=True)
        ]
        yield form, np.concatenate([row.ravel() for row in rows]), (picture.width, picture.height)


def test_the_launch_writes_the_tensor_and_nothing_else() -> None:
    """On a device that guards its memory; with a second picture at another place, and nothing made anew."""
    p = replace(PLAIN, width=33, height=9)
    cases = [Case(random_block(PixelFormat.NV12, 21, 13, seed), PixelFormat.NV12, (21, 13), p) for seed in (1, 2)]
    with Device() as device:
        stream = device.stream()

        def stored(values: NDArray[Any]) -> int:
            place = device.allocate(values.nbytes)
            stream.upload(place, values)
            return place

        fit = stored(fit_record(Colour(), cases[0].letterbox.transform, p))
        picture = stored(picture_record(PixelFormat.NV12, 21, 13, 0))
        tensor = device.allocate(cases[0].letterbox.tensor.nbytes)
        call = LetterboxCall(Kernels(device), p, fit, tensor)
        for case in cases:
            stream.upload(picture, picture_record(PixelFormat.NV12, 21, 13, stored(case.block)))
            call.enqueue(stream, picture)
            stream.synchronize()
            assert_alike(view(tensor, case.letterbox.tensor.shape, "f4"), case.expected(), p)
