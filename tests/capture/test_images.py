from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import corners, number_of, numbered, quarters
from contracts.source_contract import SourceContract

from capture.source import CaptureOptions, open_source
from core.buffers import FrameBuffers
from core.errors import SourceError, SourceNotFound, SourceUnreadable
from core.types import Frame, SourceInfo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve pictures whose order by letters is another than that by number, and what is to be passed over."""
    for index in range(12):
        cv2.imwrite(str(tmp_path / f"shot {index}.png"), numbered(index, 20 + index, 16))
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "._shot 1.png").write_bytes(b"what another system left behind")
    (tmp_path / "more.png").mkdir()
    return tmp_path


class TestFolder(SourceContract):
    @pytest.fixture
    def uri(self, tmp_path: Path) -> str:
        for index in range(12):
            cv2.imwrite(str(tmp_path / f"{index}.bmp"), numbered(index, 8, 8))
        return str(tmp_path)


class TestOnePicture(SourceContract):
    @pytest.fixture
    def uri(self, folder: Path) -> str:
        return str(folder / "shot 3.png")


def read(path: Path, options: CaptureOptions | None = None) -> tuple[SourceInfo, list[Frame]]:
    with open_source(str(path), FrameBuffers(), options) as source:
        return source.info, list(source.frames())


def picture(path: Path) -> np.ndarray:
    return read(path)[1][0].bgr()


def refusal(path: Path) -> SourceError:
    with pytest.raises(SourceError) as caught, open_source(str(path), FrameBuffers()):
        pass
    assert path.name in str(caught.value)
    return caught.value


def test_numbers_count_by_value_and_each_picture_has_its_own_size(folder: Path):
    info, frames = read(folder)
    assert [number_of(frame.bgr()) for frame in frames] == list(range(12))
    assert [frame.width for frame in frames] == list(range(20, 32))
    assert (info.kind, info.width, info.height, info.format) == ("images", 20, 16, "png as BGR")


def test_one_picture_a_second_unless_another_rate_is_asked_for(folder: Path):
    info, frames = read(folder)
    assert (info.fps, info.duration_ns) == (1.0, 12_000_000_000)
    assert [frame.media_ns for frame in frames][:3] == [0, 1_000_000_000, 2_000_000_000]
    info, frames = read(folder, CaptureOptions(fps=10))
    assert (info.fps, info.duration_ns) == (10, 1_200_000_000)
    assert frames[3].media_ns == 300_000_000


def test_a_glob_takes_what_matches(folder: Path):
    _, frames = read(folder / "shot 1?.*")
    assert [number_of(frame.bgr()) for frame in frames] == [10, 11]


def test_a_name_that_looks_like_a_glob_is_a_name_where_it_exists(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "a[1].png"), numbered(7, 8, 8))
    assert number_of(picture(tmp_path / "a[1].png")) == 7


@pytest.mark.parametrize("suffix", ["png", "PNG", "jpg", "jpeg", "bmp", "webp", "tif", "tiff", "ppm", "pgm", "pbm"])
def test_the_usual_formats(tmp_path: Path, suffix: str):
    white = np.full((16, 24, 3), 255, np.uint8)
    grey = suffix in ("pgm", "pbm")
    cv2.imwrite(str(tmp_path / f"a.{suffix}"), white[..., 0] if grey else white)
    np.testing.assert_array_equal(picture(tmp_path / f"a.{suffix}"), white)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4097, 3), (3, 301)])
def test_odd_sizes(tmp_path: Path, width: int, height: int):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    np.testing.assert_array_equal(picture(tmp_path / "a.png"), pixels)


def test_grey_sixteen_bits_and_transparency_become_bgr(tmp_path: Path):
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(4, 0)
    colour = np.dstack([ramp, ramp[:, ::-1], np.full_like(ramp, 9)])
    cv2.imwrite(str(tmp_path / "grey.png"), ramp)
    cv2.imwrite(str(tmp_path / "grey16.png"), ramp.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "colour16.png"), colour.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "clear.png"), np.dstack([colour, ramp]))
    for name, expected in {
        "grey.png": np.dstack([ramp] * 3),
        "grey16.png": np.dstack([ramp] * 3),
        "colour16.png": colour,
        "clear.png": colour,
    }.items():
        np.testing.assert_array_equal(picture(tmp_path / name), expected)


def test_a_photograph_taken_sideways_is_turned(tmp_path: Path):
    found, coded = cv2.imencode(".jpg", quarters(0, 64, 32))
    assert found
    # An APP1 segment with one big-endian EXIF entry: orientation (0x0112), a SHORT, 6 = turn clockwise.
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "a.jpg").write_bytes(coded.tobytes()[:2] + segment + coded.tobytes()[2:])
    info, frames = read(tmp_path / "a.jpg")
    assert (info.width, info.height) == (32, 64)
    assert corners(frames[0].bgr()) == ["blue", "red", "white", "green"]


def test_a_missing_picture_or_match_is_not_found(tmp_path: Path):
    assert isinstance(refusal(tmp_path / "a.png"), SourceNotFound)
    assert isinstance(refusal(tmp_path / "a*.png"), SourceNotFound)


def test_a_folder_without_pictures_is_unreadable(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("not a picture")
    assert isinstance(refusal(tmp_path), SourceUnreadable)


def test_what_is_no_picture_is_unreadable(tmp_path: Path):
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    assert isinstance(refusal(tmp_path / "text.png"), SourceUnreadable)
    assert isinstance(refusal(tmp_path / "empty.jpg"), SourceUnreadable)


def test_a_bad_picture_among_good_ones_is_named_and_not_skipped(folder: Path):
    (folder / "shot 5.png").write_text("not a picture")
    numbers: list[int] = []
    with open_source(str(folder), FrameBuffers()) as source, pytest.raises(SourceUnreadable, match=r"shot 5\.png"):
        numbers.extend(number_of(frame.bgr()) for frame in source.frames())
    assert numbers == [0, 1, 2, 3, 4]


def test_real_pictures(shared: Path):
    info, frames = read(shared / "data" / "eval" / "images")
    assert len(frames) == 112
    assert info.format == "jpg as BGR"
