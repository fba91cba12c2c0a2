"""The rival, played by a module of its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.gpu.rival import rival
from core.errors import JetsightError

PICTURE = np.full((4, 6, 3), 7, np.uint8)
ULTRALYTICS = """
import sys
from types import SimpleNamespace
import numpy as np

class Data(np.ndarray):
    def cpu(self):
        return self
    def numpy(self):
        return np.asarray(self)

class YOLO:
    def __init__(self, weights, task):
        print("chatter")
        assert weights.endswith("w.pt"), weights
    def predict(self, picture, device, verbose):
        assert picture.shape == (4, 6, 3) and picture.min() == picture.max() == 7
        {work}
        return [SimpleNamespace(boxes=SimpleNamespace(data=np.zeros((0, 6)).view(Data)))]
"""


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return tmp_path / "w.pt"


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    (folder / "ultralytics.py").write_text(ULTRALYTICS.replace("{work}", work))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_answers_whenever_it_is_asked(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "__import__('time').sleep(0.02)")
    with rival(weights, PICTURE) as predict:
        assert all(20 <= predict() < 5000 for _ in range(3))


def test_its_last_words_are_told(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "raise RuntimeError('no kernel image')")
    with rival(weights, PICTURE) as predict:
        for _ in range(2):
            with pytest.raises(JetsightError, match="no kernel image"):
                predict()


def test_a_missing_rival_is_told() -> None:
    with pytest.raises(JetsightError, match="pip install ultralytics"), rival(Path("w.pt"), PICTURE):
        pass
