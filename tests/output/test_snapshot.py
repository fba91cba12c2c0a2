from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from results import PREDICTIONS, a_result

from core.errors import OutputError, UsageError
from core.types import Prediction
from output.annotate import annotate
from output.snapshot import save_snapshot


@pytest.mark.parametrize("prediction", PREDICTIONS.values(), ids=PREDICTIONS)
def test_the_file_is_the_annotated_picture(tmp_path: Path, prediction: Prediction) -> None:
    result = a_result(prediction=prediction)
    path = tmp_path / "new" / "street.png"
    save_snapshot(result, path)
    assert (cv2.imread(str(path)) == annotate(result)).all()
    assert [file.name for file in path.parent.iterdir()] == ["street.png"]


def test_only_png_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png"):
        save_snapshot(a_result(), tmp_path / "street.jpg")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "street.png").mkdir()
    with pytest.raises(OutputError, match=r"street\.png"):
        save_snapshot(a_result(), tmp_path / "street.png")
