"""Runs the kernels that a head names on a CPU, and compares the candidates with the head's own `decode`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.testing as npt

from core.types import F32, I32, Thresholds
from cuda_on_cpu.compiled import address, compiled
from detector.cuda.found import candidates_record, settings_record
from detector.cuda.kernels import KERNELS, SUFFIXES
from detector.head import Candidates, Head, KernelCall, Outputs

BLOCK = 256
NAN_MET, BOX_NOT_FINITE, CLASS_UNKNOWN = 1, 2, 4
NOT_A_KEY = np.uint64(0xFEED_FEED_FEED_FEED)


@dataclass(frozen=True, eq=False)
class Decoded:
    """What the kernels left: as `Candidates` of a head, in the order of the rows, and their flags."""

    row: I32
    class_id: I32
    confidence: F32
    xyxy: F32
    flags: int


def check(head: Head, outputs: Outputs, thresholds: Thresholds, classes: int) -> Decoded:
    """The kernels' candidates are those of `decode`; returns them."""
    found = decode(head, outputs, thresholds, classes)
    expected = head.decode(outputs, thresholds)
    assert isinstance(expected, Candidates)
    npt.assert_array_equal(found.class_id, expected.class_id)
    npt.assert_allclose(found.confidence, expected.confidence, rtol=1e-6, atol=1e-7)
    npt.assert_allclose(found.xyxy, expected.xyxy, rtol=1e-6, atol=1e-4)
    assert found.flags == 0
    return found


def decode(head: Head, outputs: Outputs, thresholds: Thresholds, classes: int) -> Decoded:
    """What the kernels of a head find."""
    calls = head.kernel_calls()
    rows = sum(call.items for call in calls)
    given = {name: np.ascontiguousarray(values) for name, values in outputs.items()}
    keys, boxes = np.full(rows * classes + 1, NOT_A_KEY), np.full((rows + 1, 4), np.nan, np.float32)
    state = candidates_record(address(keys), address(boxes), rows, classes)
    settings = settings_record(thresholds, classes)
    for call in calls:
        _launch(call, given, (address(settings), address(state)))
    count, flags = (int(state[0][field]) for field in ("count", "flags"))
    assert (keys[count:] == NOT_A_KEY).all()
    assert np.isnan(boxes[rows]).all()
    return _unpacked(np.sort(keys[:count] ^ np.uint64(0xFFFFFFFF)), boxes, classes, flags)


def _launch(call: KernelCall, outputs: Outputs, rest: tuple[int, ...]) -> None:
    tensors = [outputs[name] for name in call.tensors]
    assert call.lengths in ((), tuple(tensor.size for tensor in tensors))
    assert all(table.flags.c_contiguous for table in call.tables)
    dtypes = dict.fromkeys(SUFFIXES[tensor.dtype.name] for tensor in tensors)
    symbol = "_".join((call.kernel, *dtypes))
    arguments = (*map(address, (*tensors, *call.tables)), *call.numbers, *rest)
    kernels = compiled(KERNELS[call.kernel].file)
    kinds = {np.int32: "i", np.float32: "f", int: "p"}
    assert kernels.kinds(symbol) == "".join(kinds[type(argument)] for argument in arguments)
    kernels.launch(symbol, (-(-call.items * call.lanes // BLOCK),), (BLOCK,), arguments)


def _unpacked(keys: np.ndarray, boxes: F32, classes: int, flags: int) -> Decoded:
    index = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    order = np.argsort(index)
    index = index[order]
    assert len(np.unique(index)) == len(index), "a candidate was entered twice"
    confidence = (keys >> np.uint64(32)).astype(np.uint32).view(np.float32)[order]
    row = (index // classes).astype(np.int32)
    return Decoded(row, (index % classes).astype(np.int32), confidence, boxes[row], flags)
