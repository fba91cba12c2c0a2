from __future__ import annotations

from pathlib import Path

import pytest
from onnx_graphs import unnamed

from core.errors import ModelUnreadable
from onnxgraph.inspection import inspect


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreadable, match=r"m\.onnx has names that are not UTF-8"):
        inspect(unnamed(tmp_path / "m.onnx"))
