"""Which GPU this is."""

from __future__ import annotations

import pytest

from core.errors import EngineUnavailable
from detector.cuda.identity import gpu
from detector.cuda.libcuda import why_no_device


def test_the_first_gpu_or_a_clear_error() -> None:
    reason = why_no_device()
    if reason and "pycuda" not in reason:
        with pytest.raises(EngineUnavailable, match="no NVIDIA GPU"):
            gpu()
    else:
        found = gpu()
        assert found.name
        assert 50 <= int(found.architecture) <= 200
