"""TensorRT that is none: as much of its Python module as running an engine takes, over a network of the test's own.

Signatures are the real ones (`tests/contracts/test_fake_tensorrt.py` compares them), and what the real library
refuses is refused as it does: by False or None, with the reason in the log only. Wrong types are a TypeError. As in the
real bindings, an execution context keeps its engine alive, and that its runtime; `alive` tells what was not freed yet.
"""

from __future__ import annotations

from fake_tensorrt.library import Network, TensorRt, tensor

__all__ = ("Network", "TensorRt", "tensor")
