"""The description of a model: every entry, and every way to get one wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ModelUnreadable
from core.settings import BUILT_IN
from detector.description import Description, describe, read
from detector.preprocessing import Fit

FULL = """
[model]
head = "yolox"
labels = ["a", "b"]
confidence = 0.3
iou = 1
[input]
width = 640
height = 384
fit = "stretch"
colour = "BGR"
mean = [1, 2.5, 3]
std = 255
pad = 0
[parameters]
order = "yxyx"
"""


def test_every_entry(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(FULL)
    assert read(path) == Description(
        path=path,
        head="yolox",
        labels=("a", "b"),
        confidence=0.3,
        iou=1.0,
        input={
            "width": 640,
            "height": 384,
            "fit": Fit.STRETCH,
            "colour": "BGR",
            "mean": (1.0, 2.5, 3.0),
            "std": (255.0, 255.0, 255.0),
            "pad": 0,
        },
        parameters={"order": "yxyx"},
    )


def test_every_entry_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text("")
    assert read(tmp_path / "m.toml") == Description(path=tmp_path / "m.toml")


def test_lies_beside_the_network_or_among_ours(tmp_path: Path) -> None:
    assert describe(tmp_path / "m.onnx") == Description()
    assert describe(tmp_path / BUILT_IN.name).path == BUILT_IN.with_suffix(".toml")
    beside = tmp_path / BUILT_IN.with_suffix(".toml").name
    beside.write_text("")
    assert describe(tmp_path / BUILT_IN.name).path == beside


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[model", "cannot be read"),
        ("[models]", "'models' in m.toml is not a table.*model, input, parameters"),
        ("model = 3", "'model' in m.toml is not a table"),
        ("[model]\nheads = 'x'", "'heads' in m.toml is not an entry of .model.*head, labels, confidence, iou"),
        ("[input]\nsize = 3", "'size' in m.toml is not an entry of .input.*width, height, fit, colour"),
        ("[model]\nhead = 3", "'head' in m.toml is not a text"),
        ("[model]\nlabels = 3", "'labels' in m.toml is not the name of a list"),
        ("[model]\nlabels = ['a', 3]", "'labels' in m.toml"),
        ("[model]\nconfidence = 1.5", "'confidence' in m.toml is not a number from 0 to 1"),
        ("[model]\niou = 'much'", "'iou' in m.toml is not a number"),
        ("[model]\nconfidence = true", "'confidence' in m.toml is not a number"),
        ("[input]\nwidth = true", "'width' in m.toml is not a whole number"),
        ("[input]\npad = true", "'pad' in m.toml is not a whole number"),
        ("[input]\nmean = [1, 2, true]", "'mean' in m.toml is not a number or three"),
        ("[input]\nwidth = 0", "'width' in m.toml is not a whole number"),
        ("[input]\npad = 256", "'pad' in m.toml is not a whole number from 0 to 255"),
        ("[input]\nfit = 'tight'", "'fit' in m.toml is not one of letterbox-centre, letterbox-top-left, stretch"),
        ("[input]\ncolour = 'rgb'", "'colour' in m.toml is not one of RGB, BGR, GREY"),
        ("[input]\nmean = [1, 2]", "'mean' in m.toml is not a number or three"),
        ("[input]\nmean = 'x'", "'mean' in m.toml is not a number or three"),
        ("[input]\nstd = [1, 0, 1]", "'std' in m.toml is not free of zeros"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(ModelUnreadable, match=words):
        read(tmp_path / "m.toml")
