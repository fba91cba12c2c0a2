"""The catalogue of CUDA kernels: where each is, and which NumPy code it must equal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

from core.errors import EngineUnavailable
from detector.cuda.driver import Device, Function, Module

FOLDER = Path(__file__).resolve().parent / "kernels"
SUFFIXES = {"float32": "f32", "float16": "f16", "uint8": "u8", "int32": "i32", "int64": "i64"}
_LISTED = re.compile(r"^// kernels: (.*)$", re.MULTILINE)


class Answer(Enum):
    """What a head's kernels find, and so which arguments end their calls."""

    BOXES = "boxes"
    CLASSES = "classes"
    MAP = "map"


@dataclass(frozen=True)
class Kernel:
    """A kernel with a variant for each number type; `twin` is the dotted name of the NumPy code that it equals."""

    file: str
    twin: str
    answer: Answer | None = None

    @property
    def source(self) -> Path:
        """The file that it stands in."""
        return FOLDER / f"{self.file}.cu"


def _boxes(file: str, twin: str) -> Kernel:
    return Kernel(file, twin, Answer.BOXES)


_SEGMENT = Kernel("segment", "detector.segments.Segments.in_frame", Answer.MAP)
KERNELS: dict[str, Kernel] = {
    "letterbox": Kernel("letterbox", "detector.letterbox.Letterbox.prepare"),
    "decode_distances": _boxes("decode_distances", "detector.heads.nanodet.Head.decode"),
    "decode_end_to_end": _boxes("decode_chosen", "detector.heads.end_to_end.Head.decode"),
    "decode_fastestdet": _boxes("decode_fastestdet", "detector.heads.fastestdet.Head.decode"),
    "decode_ranked": _boxes("decode_chosen", "detector.heads.detr.Head.decode"),
    "decode_rows": _boxes("decode_rows", "detector.heads.detr.Head.decode"),
    "decode_ssd": _boxes("decode_ssd", "detector.heads.ssd.Head.decode"),
    "decode_ssd_raw": _boxes("decode_ssd", "detector.heads.ssd_raw.Head.decode"),
    "decode_ssd_given_anchors": _boxes("decode_ssd", "detector.heads.ssd_raw.Head.decode"),
    "decode_yolo_fastestv2": _boxes("decode_yolo_fastestv2", "detector.heads.yolo_fastestv2.Head.decode"),
    "decode_yolo_fastestv2_raw": _boxes("decode_yolo_fastestv2", "detector.heads.yolo_fastestv2.Head.decode"),
    "decode_yolov5": _boxes("decode_yolov5", "detector.heads.yolov5.Head.decode"),
    "decode_yolov5_levels": _boxes("decode_yolov5", "detector.heads.yolov5.Head.decode"),
    "decode_yolov8": _boxes("decode_yolov8", "detector.heads.yolov8.Head.decode"),
    "decode_yolox": _boxes("decode_yolox", "detector.heads.yolox.Head.decode"),
    "suppress": Kernel("suppress", "detector.nms.suppress"),
    "top_classes": Kernel("classes", "detector.heads.classification.Head.decode", Answer.CLASSES),
    "segment": _SEGMENT,
    "lay_over": _SEGMENT,
    "place_classes": _SEGMENT,
}


class Kernels:
    """The kernels of a device, compiled and loaded when first asked for."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._modules: dict[Path, Module] = {}
        self._functions: dict[str, Function] = {}

    def function(self, name: str, *dtypes: str) -> Function:
        """A kernel of the catalogue, in the variant for tensors of these number types (NumPy's names).

        Raises `EngineUnavailable` where it has no such variant, or cannot be compiled here.
        """
        symbol = "_".join((name, *dict.fromkeys(SUFFIXES.get(dtype, dtype) for dtype in dtypes)))
        if symbol not in self._functions:
            self._functions[symbol] = self._module(name, symbol).function(symbol)
        return self._functions[symbol]

    def _module(self, name: str, symbol: str) -> Module:
        source = KERNELS[name].source
        if symbol not in listed(source):
            raise EngineUnavailable(
                f"no kernel on the GPU is called {symbol}", "Export the network with float32 or float16 outputs."
            )
        if source not in self._modules:
            self._modules[source] = self._device.load(source)
        return self._modules[source]


@lru_cache
def listed(source: Path) -> tuple[str, ...]:
    """The names of a file's kernels, as its comments list them."""
    return tuple(name for line in _LISTED.findall(source.read_text()) for name in line.split())
