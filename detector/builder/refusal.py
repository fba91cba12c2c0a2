"""Why a network cannot be built and what helps, in words."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable

FOR_CPUS = (
    "The network is quantised for CPUs: export it in float, without int8 or quantisation, and build that with "
    "--precision int8 and --calibrate."
)
MEMORY = "Close other programs, add swap (8 GB helps on a Jetson) or give a smaller --workspace."
WITHOUT_NMS = "Export the network without its suppression (NMS): this program does it on the GPU."
STANDARD = (
    "Export the network with standard ONNX operators; --backend onnxruntime_cuda or onnxruntime may run it as it is."
)
ADVICE = {
    "DynamicQuantizeLinear": FOR_CPUS,
    "ConvInteger": FOR_CPUS,
    "MatMulInteger": FOR_CPUS,
    "QLinearConv": FOR_CPUS,
    "QLinearMatMul": FOR_CPUS,
    "NonMaxSuppression": WITHOUT_NMS,
}
MOST = 4


def refusal(network: Path, source: Path, parser: Any) -> EngineUnavailable:
    """The error after a parse of `source`, made from `network`, has failed."""
    errors = [parser.get_error(index) for index in range(parser.num_errors)]
    operators = [_operator(error, source) for error in errors]
    counts = Counter(map(_words, operators, map(_reason, errors)))
    words = ", ".join(text if count == 1 else f"{count} of {text}" for text, count in counts.most_common(MOST))
    more = f" and {len(counts) - MOST} more" if len(counts) > MOST else ""
    remedy = next((ADVICE[operator] for operator in operators if operator in ADVICE), STANDARD)
    return EngineUnavailable(f"TensorRT does not take {network.name}: {words}{more}", remedy)


def _words(operator: str, reason: str) -> str:
    return f"{operator} ({reason})" if reason else operator


def _operator(error: Any, source: Path) -> str:
    """The type of the node that was refused; TensorRT 8 tells its number only."""
    if hasattr(error, "node_operator"):
        return str(error.node_operator()) or "the graph"
    import onnx

    nodes = onnx.load(source, load_external_data=False).graph.node
    return str(nodes[error.node()].op_type) if 0 <= error.node() < len(nodes) else "the graph"


def _reason(error: Any) -> str:
    """The parser's message where it is one: it may be a condition of its source, or only "false"."""
    text = " ".join(str(error.desc()).split())
    spoken = re.search(r'"(.+)"', text)
    if spoken:
        return spoken[1].rstrip(".")
    return "" if text == "false" else text[:120]
