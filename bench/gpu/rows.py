"""The figures of a GPU as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.gpu.rates import ARMS, BARE
from bench.gpu.study import RIVAL

Row = tuple[str, str]

BY_HOST = {"engine": "bare engine", "copy": "bare pinned copy", "whole": "whole path", "eager": "whole path, no graph"}
BY_GPU = {
    "engine_by_gpu": "bare engine, GPU's clock",
    "copy_by_gpu": "bare pinned copy, GPU's clock",
    "letterbox": "letterbox, GPU's clock",
    "decode_suppress": "decode + suppress, GPU's clock",
}


def rows(figures: Mapping[str, Any]) -> list[Row]:
    """What ran, every time with median and 95th percentile, every rate with its ratio, and what is missing."""
    lines = [("network", f"{figures['model']}, {figures['precision']}"), ("GPU", figures["device"])]
    for form, measured in figures["forms"].items():
        lines += _form(form, measured)
    for dtype, measured in figures["kernels"].items():
        lines += _kernels(dtype, measured)
    lines += _rates(figures["rates"])
    if figures["host_load"]:
        lines += _host_load(**figures["host_load"])
    return [*lines, *((name, f"missing: {reason}") for name, reason in figures["missing"].items())]


def _form(form: str, measured: Mapping[str, Any]) -> Iterator[Row]:
    ms = measured["ms"]
    for name, words in BY_HOST.items():
        yield f"{form}: {words}", _time(ms[name])
    yield f"{form}: whole – engine – copy", f"{measured['overhead_ms']:.3f} ms"
    for name, words in BY_GPU.items():
        yield f"{form}: {words}", _time(ms[name])
    yield f"{form}: whole – engine – copy, both by GPU's clock", f"{measured['overhead_by_gpu_ms']:.3f} ms"
    if RIVAL in ms:
        times = ms[RIVAL]["p50"] / ms["whole"]["p50"]
        yield f"{form}: {RIVAL}", f"{_time(ms[RIVAL])}; the whole path is {times:.1f} times as fast"


def _kernels(dtype: str, measured: Mapping[str, Any]) -> Iterator[Row]:
    ms = measured["ms"]
    work = f"{measured['cells']} cells, {measured['candidates']} candidates, {measured['boxes']} boxes, {dtype}"
    yield f"kernels for {work}", _time(ms["kernels"])
    yield "… letterbox", _time(ms["letterbox"])
    yield "… decode + suppress", _time(ms["decode_suppress"])


def _rates(rates: Mapping[str, Any]) -> Iterator[Row]:
    for name in ARMS:
        if name in rates:
            share = f", {rates[name]['ratio']:.3f} of the {BARE}" if name != BARE and rates[name]["ratio"] else ""
            yield f"rate: {name}", f"{rates[name]['fps']} fps{share}"


def _host_load(cpu_share: float, fps: float, frames: int, fresh_buffers: int) -> Iterator[Row]:
    yield "host", f"{cpu_share:.1%} of one core at {fps} fps"
    yield "frame buffers allocated", f"{fresh_buffers} in {frames} frames"


def _time(ms: Mapping[str, float]) -> str:
    return f"{ms['p50']:.3f} ms (p95 {ms['p95']:.3f})"
