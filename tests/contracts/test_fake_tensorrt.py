"""The fake of TensorRT has no method, parameter or value that the real bindings do not have."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from fake_tensorrt import library, rtx, runtime, values

NAMES = ("tensorrt_rtx", "tensorrt_rtx_bindings")
SAME = {"typing.SupportsInt": "int", "collections.abc.": "", "typing_extensions.": ""}
OURS = (runtime, rtx, values)


@pytest.fixture(scope="module")
def real() -> Any:
    for name in NAMES:
        try:
            return import_module(name)
        except ImportError:
            continue
    pytest.skip("TensorRT-RTX is not installed (tensorrt-rtx-cu13-bindings, tensorrt-rtx-cu13-libs)")


def classes() -> Iterator[tuple[str, type]]:
    for module in OURS:
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                yield name, value


def real_class(name: str) -> str:
    return {"RtxEngine": "ICudaEngine", "RtxExecutionContext": "IExecutionContext"}.get(name, name)


ENUMS = [(name, value) for name, value in classes() if issubclass(value, enum.Enum)]
CLASSES = [(name, value) for name, value in classes() if not issubclass(value, enum.Enum)]
METHODS = [
    (name, method, function)
    for name, value in CLASSES
    for method, function in vars(value).items()
    if inspect.isfunction(function) and not method.startswith("_")
]


@pytest.mark.parametrize(("name", "ours"), ENUMS, ids=[name for name, _ in ENUMS])
def test_values(real: Any, name: str, ours: type[enum.Enum]) -> None:
    members = (real.ILogger.Severity if name == "Severity" else getattr(real, name)).__members__
    for member in ours:
        assert int(members[member.name]) == member.value, member.name


@pytest.mark.parametrize(("name", "method", "ours"), METHODS, ids=[f"{name}.{method}" for name, method, _ in METHODS])
def test_methods(real: Any, name: str, method: str, ours: Any) -> None:
    theirs = getattr(getattr(real, real_class(name)), method)
    assert signature(ours) in overloads(method, theirs.__doc__)


def test_properties(real: Any) -> None:
    for name, value in CLASSES:
        slots = [slot for slot in vars(value).get("__slots__", ()) if not slot.startswith("_")]
        for attribute in (*slots, *(key for key, entry in vars(value).items() if isinstance(entry, property))):
            assert isinstance(getattr(getattr(real, real_class(name)), attribute), property), attribute


def test_the_module(real: Any) -> None:
    for rtx_too in (False, True):
        made = library.TensorRt(None, rtx=rtx_too)  # type: ignore[arg-type]
        for name in ("ILogger", "Runtime", "TensorIOMode", "DataType", "TensorLocation", "TensorFormat", "__version__"):
            assert hasattr(made, name)
            assert hasattr(real, name)
    ours = signature(library.TensorRt.init_libnvinfer_plugins)
    assert ours in overloads("init_libnvinfer_plugins", real.init_libnvinfer_plugins.__doc__)


def test_what_is_only_there_in_rtx_is_real(real: Any) -> None:
    made = library.TensorRt(None, rtx=True)  # type: ignore[arg-type]
    for name in vars(made):
        if name[0].isupper():
            assert hasattr(real, name), name


def test_a_method_that_is_wrong_would_be_found(real: Any) -> None:
    def set_tensor_address(self: Any, name: str, address: int) -> bool:
        raise NotImplementedError

    theirs = real.IExecutionContext.set_tensor_address
    assert signature(set_tensor_address) not in overloads("set_tensor_address", theirs.__doc__)


def signature(function: Any) -> str:
    """E.g. "name: str, memory: int -> bool"; without `self` and defaults."""
    made = inspect.signature(function)
    given = [parameter for parameter in made.parameters.values() if parameter.name != "self"]
    return f"{', '.join(f'{p.name}: {p.annotation}' for p in given)} -> {made.return_annotation}"


def overloads(name: str, text: str) -> list[str]:
    """The signatures in a docstring of pybind11 in the same form, with and without what has a default."""
    found = re.findall(rf"^(?:\d+\. )?{name}\((.*)\) -> (.*)$", text, re.MULTILINE)
    return [
        f"{', '.join(given)} -> {plain(result)}"
        for parameters, result in found
        for given in forms([plain(one) for one in re.split(r", (?=\w+: )", parameters) if not one.startswith("self: ")])
    ]


def forms(parameters: list[str]) -> Iterator[list[str]]:
    yield [one.partition(" = ")[0] for one in parameters]
    yield [one for one in parameters if " = " not in one]


def plain(text: str) -> str:
    """Types by their last name; those that pybind11 had not met yet it calls as C++ does."""
    for long, short in SAME.items():
        text = text.replace(long, short)
    return re.sub(r"\b(?:\w+(?:\.|::))+(?=\w)", "", text)
