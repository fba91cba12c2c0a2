"""`jetsight eval`."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from cli.main import main

CAR = {"image_id": 1, "category_id": 7, "bbox": [10, 10, 50, 40]}


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((96, 128, 3), 90, np.uint8))
    return ["eval", "--images", str(tmp_path), "--annotations", str(labelled(tmp_path, [CAR]))]


def labelled(folder: Path, objects: list[dict[str, object]]) -> Path:
    path = folder / "instances.json"
    images = [{"id": 1, "file_name": "a.png"}]
    categories = [{"id": 7, "name": "car"}, {"id": 9, "name": "unicorn"}]
    path.write_text(json.dumps({"images": images, "annotations": objects, "categories": categories}))
    return path


def test_json_alone_on_standard_output(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*options, "--json", "-"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["per_class"] == {"car": {"map": 0, "map50": 0, "objects": 1}}
    assert (figures["map"], figures["map50"], figures["head"]) == (0, 0, "yolov8")
    assert isinstance(figures["assumed"], list)


def test_prints_a_table_and_what_was_assumed(
    options: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*options, "--json", str(tmp_path / "eval.json")]) == 0
    text = capsys.readouterr().out
    assert "car" in text
    assert "0.0" in text
    assert "head  " in text
    for note in json.loads((tmp_path / "eval.json").read_text())["assumed"]:
        assert note in text


def test_without_objects_the_table_has_a_dash(
    options: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    labelled(tmp_path, [])
    assert main(options) == 0
    assert "–" in capsys.readouterr().out


def test_class_names_are_no_markup(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from cli.commands.eval import show

    row = {"map": None, "map50": 50.0, "objects": 2}
    show({"per_class": {"[/b]": row}, "map": 1.0, "map50": 2.0, "head": "h", "assumed": ["[red] pixels"]})
    text = capsys.readouterr().out
    assert "[/b]" in text
    assert "[red] pixels" in text
