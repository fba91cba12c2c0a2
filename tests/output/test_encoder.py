from __future__ import annotations

import av
import pytest

from core.errors import OutputError
from output.encoder import ENCODERS, choose


def test_hardware_comes_before_the_processor_and_h264_before_the_rest() -> None:
    assert [encoder.name for encoder in ENCODERS] == [
        "h264_nvenc", "h264_v4l2m2m", "libx264", "libopenh264", "mpeg4",
    ]  # fmt: skip


def test_the_one_chosen_is_there() -> None:
    assert choose(640, 480, 25.0).name in av.codecs_available


def test_a_size_that_no_encoder_takes_is_told() -> None:
    with pytest.raises(OutputError, match="20000x16"):
        choose(20_000, 16, 25.0)
