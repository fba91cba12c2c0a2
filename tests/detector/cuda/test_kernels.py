"""Every kernel is in the catalogue, has a twin in NumPy and is compared with it."""

from __future__ import annotations

import pkgutil

import pytest
from cuda_on_cpu.device import Device

from core.errors import EngineUnavailable
from detector.cuda.kernels import FOLDER, KERNELS, SUFFIXES, Kernels, listed
from selftest.checks.kernels import trials

SYMBOLS = {symbol: source for source in sorted(FOLDER.glob("*.cu")) for symbol in listed(source)}


def catalogued(symbol: str) -> str:
    """The name under which a kernel's variant is in the catalogue."""
    while symbol.rpartition("_")[2] in SUFFIXES.values():
        symbol = symbol.rpartition("_")[0]
    return symbol


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_it_is_in_the_catalogue(symbol: str) -> None:
    assert KERNELS[catalogued(symbol)].source == SYMBOLS[symbol]


@pytest.mark.parametrize("name", KERNELS)
def test_what_is_in_the_catalogue_is_there(name: str) -> None:
    assert name in {catalogued(symbol) for symbol in listed(KERNELS[name].source)}


@pytest.mark.parametrize("name", KERNELS)
def test_it_has_a_twin(name: str) -> None:
    assert callable(pkgutil.resolve_name(KERNELS[name].twin))


def test_each_is_compared_with_its_twin() -> None:
    assert {trial.kernel for trial in trials()} == KERNELS.keys()


def test_a_variant_is_loaded_once() -> None:
    with Device() as device:
        kernels = Kernels(device)
        assert kernels.function("decode_fastestdet", "float16").symbol == "decode_fastestdet_f16"
        again = kernels.function("decode_fastestdet", "float16")
        assert kernels.function("decode_fastestdet", "float16") is again


def test_tensors_of_several_types() -> None:
    with Device() as device:
        kernels = Kernels(device)
        assert kernels.function("decode_yolov5", "float32", "float32").symbol == "decode_yolov5_f32"
        assert kernels.function("decode_ranked", "float16", "float16", "int64").symbol == "decode_ranked_f16_i64"


@pytest.mark.parametrize("dtypes", [(), ("float64",), ("uint8",), ("float32", "float16")])
def test_a_variant_that_is_not_there(dtypes: tuple[str, ...]) -> None:
    with Device() as device, pytest.raises(EngineUnavailable, match="decode_fastestdet"):
        Kernels(device).function("decode_fastestdet", *dtypes)
