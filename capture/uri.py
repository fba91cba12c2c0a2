"""The parameters behind the question mark of an address, as in `pattern:?width=640&fps=30`."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from capture.address import split
from core.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def with_parameters(uri: str, defaults: T) -> T:
    """`defaults`, a dataclass, with what follows the question mark in `uri` put in its fields.

    A value becomes what its default is (int, float, str, or bool from 0 and 1). Raises `UsageError` for a name that is
    no field and for a value that does not convert.
    """
    types = {field.name: type(getattr(defaults, field.name)) for field in fields(defaults)}
    given: dict[str, Any] = {}
    for name, text in parse_qsl(split(uri).query, keep_blank_values=True):
        if name not in types:
            raise UsageError(f"'{uri}' has an unknown parameter '{name}'", f"Choose among {', '.join(types)}.")
        given[name] = _convert(text, types[name], f"{name} in '{uri}'")
    return replace(defaults, **given)


def _convert(text: str, wanted: type, what: str) -> Any:
    try:
        return bool(int(text)) if wanted is bool else wanted(text)
    except ValueError as error:
        raise UsageError(f"{what} is no number", "Give one, without a unit.") from error
