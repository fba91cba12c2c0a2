"""Reading a file with a built engine, as TensorRT wrote it or with a header of its exporter before it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ModelUnreadable

LENGTH_BYTES = 4
LONGEST_HEADER = 1 << 20
SMALLEST_ENGINE = 64  # bytes: the header of the engine itself
MARK = slice(1, 4)  # where every engine has "trt": TensorRT writes "ptrt" or "ftrt", TensorRT-RTX "vtrt"
RTX = b"vtrt"
WITH_VERSION = (b"ftrt", RTX)
VERSION = slice(24, 28)
SUFFIXES = (".engine", ".plan", ".trt")
BITS = {"8": "INT8", "16": "FP16", "32": "FP32"}
FOREIGN = {
    b"PK\x03\x04": "an archive, perhaps PyTorch weights",
    b"\x7fELF": "a program",
    b"vers": "a pointer of Git LFS",
}
REMEDY = "Give the ONNX file, and build its engine: jetsight build."


@dataclass(frozen=True, eq=False)
class EngineFile:
    """`plan` is what TensorRT deserialises, `metadata` what the exporter wrote before it."""

    path: Path
    plan: bytes
    metadata: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...] | None:
        """The class names in the metadata; None where there are none."""
        found = self.metadata.get("names")
        if isinstance(found, dict) and all(key.isdecimal() for key in found):
            return tuple(str(found[key]) for key in sorted(found, key=int))
        return tuple(map(str, found)) if isinstance(found, list) else None

    @property
    def backend(self) -> str:
        """Whose engine it is: nothing else can run it."""
        return "tensorrt_rtx" if self.plan.startswith(RTX) else "tensorrt"

    @property
    def precision(self) -> str | None:
        """INT8, FP16 or FP32, as Ultralytics was asked to export it; None where the file does not tell."""
        asked = self.metadata.get("args")
        if not isinstance(asked, dict):
            return None
        if asked.get("int8"):
            return "INT8"
        return "FP16" if asked.get("half") else BITS.get(str(asked.get("quantize")), "FP32")

    @property
    def version(self) -> str | None:
        """Of the library that built it, e.g. "10.3.0.26"; None where the file does not tell."""
        if not self.plan.startswith(WITH_VERSION):
            return None
        return ".".join(map(str, self.plan[VERSION]))


def read(path: Path) -> EngineFile:
    """Read an engine; ultralytics writes 4 bytes of length and that much JSON before it.

    Raises `ModelUnreadable` where it is none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelUnreadable(f"{path} cannot be read ({error.strerror})", REMEDY) from error
    metadata, start = _header(content)
    plan = content[start:]
    if reason := _why_none(plan):
        raise ModelUnreadable(f"{path.name} holds no TensorRT engine: {reason}", REMEDY)
    return EngineFile(path, plan, metadata)


def _header(content: bytes) -> tuple[Mapping[str, Any], int]:
    """The exporter's metadata and where the engine begins; nothing and 0 where there is no such header."""
    end = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "little")
    if end > min(len(content), LONGEST_HEADER):
        return {}, 0
    try:
        metadata = json.loads(content[LENGTH_BYTES:end])
    except ValueError:
        return {}, 0
    return (metadata, end) if isinstance(metadata, dict) else ({}, 0)


def _why_none(plan: bytes) -> str | None:
    if len(plan) < SMALLEST_ENGINE:
        return f"{len(plan)} bytes are too few"
    if plan[MARK] == b"trt":
        return None
    return f"it is {FOREIGN.get(plan[:4], 'something else')}"
