"""ONNX operators as PyTorch calls: `OPERATORS[type](attributes, *inputs)` gives a tensor, or several.

Inputs that are parameters (shapes, axes, limits) come as lists of numbers, all others as tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as nn
from torch import Tensor

Attributes = Mapping[str, Any]
DTYPES = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool, 10: torch.float16}
PARAMETERS = {
    "Clip": {1, 2},
    "Expand": {1},
    "Pad": {1, 2},
    "ReduceMax": {1},
    "ReduceMean": {1},
    "Reshape": {1},
    "Resize": {1, 2, 3},
    "Slice": {1, 2, 3, 4},
    "Split": {1},
    "Squeeze": {1},
    "Tile": {1},
    "TopK": {1},
    "Unsqueeze": {1},
}


def halves(pads: Sequence[int]) -> list[int]:
    """ONNX's padding (all begins, then all ends) as PyTorch's (last axis first)."""
    half = len(pads) // 2
    return [side for axis in reversed(range(half)) for side in (pads[axis], pads[axis + half])]


def padded(a: Attributes, x: Tensor, value: float) -> Tensor:
    pads = a.get("pads", [])
    return nn.pad(x, halves(pads), value=value) if any(pads) else x


def conv(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    pads = a.get("pads", [0, 0, 0, 0])
    strides, dilations = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
    if a.get("auto_pad", "NOTSET") == "SAME_UPPER":
        pads = same(x.shape[2:], weight.shape[2:], strides)
    if pads[:2] != pads[2:]:
        x, pads = nn.pad(x, halves(pads)), [0, 0]
    return nn.conv2d(x, weight, bias, strides, pads[:2], dilations, a.get("group", 1))


def same(size: Sequence[int], kernel: Sequence[int], strides: Sequence[int]) -> list[int]:
    sides = zip(size, kernel, strides, strict=True)
    missing = [max(0, (-(-side // step) - 1) * step + length - side) for side, length, step in sides]
    return [*(side // 2 for side in missing), *(side - side // 2 for side in missing)]


def conv_transpose(a: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    pads, extra = a.get("pads", [0, 0, 0, 0]), a.get("output_padding", [0, 0])
    return nn.conv_transpose2d(x, weight, bias, a.get("strides", [1, 1]), pads[:2], extra, a.get("group", 1))


def max_pool(a: Attributes, x: Tensor) -> Tensor:
    x = padded(a, x, -float("inf"))
    return nn.max_pool2d(x, a["kernel_shape"], a.get("strides", 1), ceil_mode=bool(a.get("ceil_mode", 0)))


def average_pool(a: Attributes, x: Tensor) -> Tensor:
    pads, counted = a.get("pads", [0, 0])[:2], bool(a.get("count_include_pad", 0))
    ceil = bool(a.get("ceil_mode", 0))
    return nn.avg_pool2d(x, a["kernel_shape"], a.get("strides", 1), pads, ceil, counted)


def gemm(a: Attributes, x: Tensor, y: Tensor, z: Tensor | None = None) -> Tensor:
    product = (x.T if a.get("transA") else x) @ (y.T if a.get("transB") else y) * a.get("alpha", 1.0)
    return product if z is None else product + z * a.get("beta", 1.0)


def reshape(a: Attributes, x: Tensor, shape: list[int]) -> Tensor:
    kept = [x.shape[i] if side == 0 and not a.get("allowzero") else side for i, side in enumerate(shape)]
    return x.reshape(kept)


def resize(a: Attributes, x: Tensor, _roi: Any = None, scales: Any = None, sizes: Any = None) -> Tensor:
    if a.get("mode", "nearest") != "nearest":
        raise NotImplementedError(f"Resize {a['mode']}")
    target = sizes[2:] if sizes else [int(side * scale) for side, scale in zip(x.shape[2:], scales[2:], strict=True)]
    return nn.interpolate(x, size=target, mode="nearest")


def cut(a: Attributes, x: Tensor, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None) -> Tensor:
    starts, ends = starts or a["starts"], ends or a["ends"]
    axes = axes or a.get("axes") or list(range(len(starts)))
    ranges = [slice(None)] * x.dim()
    for start, end, axis, step in zip(starts, ends, axes, steps or [1] * len(starts), strict=True):
        ranges[axis] = slice(start, end, step)
    return x[tuple(ranges)]


def split(a: Attributes, x: Tensor, sizes: list[int] | None = None) -> Sequence[Tensor]:
    axis = a.get("axis", 0)
    sizes = sizes or a.get("split") or [x.shape[axis] // a["outputs"]] * a["outputs"]
    return torch.split(x, sizes, axis)


def softmax(a: Attributes, x: Tensor) -> Tensor:
    if a["opset"] >= 13:
        return x.softmax(a.get("axis", -1))
    axis = a.get("axis", 1) % x.dim()
    return x.flatten(axis).softmax(-1).reshape(x.shape)


def reduced(name: str) -> Callable[..., Tensor]:
    def reduce(a: Attributes, x: Tensor, axes: list[int] | None = None) -> Tensor:
        over, keep = axes or a.get("axes") or list(range(x.dim())), bool(a.get("keepdims", 1))
        return x.amax(over, keep) if name == "max" else x.mean(over, keep)

    return reduce


def unsqueeze(a: Attributes, x: Tensor, axes: list[int] | None = None) -> Tensor:
    places = axes or a["axes"]
    for place in sorted(axis % (x.dim() + len(places)) for axis in places):
        x = x.unsqueeze(place)
    return x


def gather(a: Attributes, x: Tensor, indices: Tensor) -> Tensor:
    axis = a.get("axis", 0)
    chosen = x.index_select(axis, (indices.reshape(-1) % x.shape[axis]).long())
    return chosen.reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def top_k(a: Attributes, x: Tensor, k: list[int]) -> Sequence[Tensor]:
    return torch.topk(x, k[0], a.get("axis", -1), bool(a.get("largest", 1)), bool(a.get("sorted", 1)))


def pad(a: Attributes, x: Tensor, pads: list[int] | None = None, value: list[float] | None = None) -> Tensor:
    return nn.pad(x, halves(pads or a["pads"]), value=value[0] if value else a.get("value", 0.0))


def clip(a: Attributes, x: Tensor, low: list[float] | None = None, high: list[float] | None = None) -> Tensor:
    return x.clamp(low[0] if low else a.get("min"), high[0] if high else a.get("max"))


def batch_norm(a: Attributes, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return nn.batch_norm(x, mean, variance, scale, bias, eps=a.get("epsilon", 1e-5))


def divide(_a: Attributes, x: Tensor, y: Tensor) -> Tensor:
    return x / y if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


OPERATORS: dict[str, Callable[..., Any]] = {
    "Add": lambda a, x, y: x + y,
    "AveragePool": average_pool,
    "BatchNormalization": batch_norm,
    "Cast": lambda a, x: x.to(DTYPES[a["to"]]),
    "Clip": clip,
    "Concat": lambda a, *parts: torch.cat(parts, a["axis"]),
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "Div": divide,
    "Exp": lambda a, x: x.exp(),
    "Expand": lambda a, x, shape: x.expand(torch.broadcast_shapes(x.shape, tuple(shape))),
    "Flatten": lambda a, x: x.reshape(int(torch.tensor(x.shape[: a.get("axis", 1)]).prod()), -1),
    "Gather": gather,
    "GatherElements": lambda a, x, indices: x.gather(a.get("axis", 0), indices),
    "Gemm": gemm,
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdim=True),
    "HardSigmoid": lambda a, x: (x * a.get("alpha", 0.2) + a.get("beta", 0.5)).clamp(0, 1),
    "Identity": lambda a, x: x,
    "MatMul": lambda a, x, y: x @ y,
    "MaxPool": max_pool,
    "Mod": lambda a, x, y: x.remainder(y),
    "Mul": lambda a, x, y: x * y,
    "PRelu": lambda a, x, slope: torch.where(x < 0, x * slope, x),
    "Pad": pad,
    "ReduceMax": reduced("max"),
    "ReduceMean": reduced("mean"),
    "Relu": lambda a, x: x.relu(),
    "Reshape": reshape,
    "Resize": resize,
    "Shape": lambda a, x: torch.tensor(x.shape),
    "Sigmoid": lambda a, x: x.sigmoid(),
    "Slice": cut,
    "Softmax": softmax,
    "Split": split,
    "Sub": lambda a, x, y: x - y,
    "Tanh": lambda a, x: x.tanh(),
    "Tile": lambda a, x, repeats: x.tile(repeats),
    "TopK": top_k,
    "Transpose": lambda a, x: x.permute(a.get("perm", list(range(x.dim()))[::-1])),
    "Unsqueeze": unsqueeze,
}
