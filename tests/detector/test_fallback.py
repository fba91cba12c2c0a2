"""The first detector that opens, and what is said about those that do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from results import ENGINE

from core.errors import EngineUnavailable, ModelUnreadable
from core.pixels import PixelFormat
from core.types import Frame, Result, Thresholds
from detector.fallback import FirstThatOpens


class Stub:
    """Opens, or says why not."""

    depth = 1

    def __init__(self, backend: str, refusal: Exception | None = None) -> None:
        self.info = replace(ENGINE, backend=backend, notes=("known before",))
        self.formats = (PixelFormat.BGR,)
        self.open = False
        self._refusal = refusal

    def __enter__(self) -> Stub:
        if self._refusal:
            raise self._refusal
        self.open = True
        return self

    def __exit__(self, *_: object) -> None:
        self.open = False

    def submit(self, frame: Frame) -> None:
        raise NotImplementedError

    def collect(self) -> Result:
        raise NotImplementedError

    def set_thresholds(self, thresholds: Thresholds) -> None:
        raise NotImplementedError


OLD = EngineUnavailable("the engine is for another GPU", "Build it again.")


def test_the_first_one_is_used_where_it_opens() -> None:
    first, second = Stub("tensorrt"), Stub("onnxruntime")
    with FirstThatOpens([first, second]) as opened:
        assert opened is first
        assert opened.info.notes == ("known before",)
    assert not first.open
    assert not second.open


def test_what_does_not_open_is_passed_over_with_its_reason() -> None:
    last = Stub("onnxruntime")
    with FirstThatOpens([Stub("tensorrt", OLD), Stub("onnxruntime_cuda", OLD), last]) as opened:
        assert opened is last
        assert opened.info.notes == (
            "known before",
            "tensorrt was passed over: the engine is for another GPU. Build it again.",
            "onnxruntime_cuda was passed over: the engine is for another GPU. Build it again.",
        )


def test_the_last_one_says_why_nothing_opens() -> None:
    with pytest.raises(EngineUnavailable, match="another GPU"), FirstThatOpens([Stub("tensorrt", OLD)]):
        pass


def test_a_broken_network_is_no_reason_to_try_another_way() -> None:
    broken, last = Stub("tensorrt", ModelUnreadable("it is no network", "Export it again.")), Stub("onnxruntime")
    with pytest.raises(ModelUnreadable), FirstThatOpens([broken, last]):
        pass
    assert not last.open
