from __future__ import annotations

from dataclasses import dataclass

import pytest

from capture.uri import with_parameters
from core.errors import UsageError


@dataclass(frozen=True)
class Wishes:
    width: int = 640
    fps: float = 30.0
    live: bool = False
    name: str = "camera"


@pytest.mark.parametrize("uri", ["csi://0", "csi://0?", "pattern:", "pattern:?"])
def test_what_is_left_out_stays_as_it_was(uri: str):
    assert with_parameters(uri, Wishes(width=3)) == Wishes(width=3)


@pytest.mark.parametrize("head", ["csi://0", "pattern:"])
def test_values_take_the_type_of_their_default(head: str):
    found = with_parameters(f"{head}?width=1280&fps=59.94&live=1&name=front%20left", Wishes())
    assert found == Wishes(1280, 59.94, True, "front left")
    assert with_parameters(f"{head}?live=0", Wishes(live=True)).live is False


@pytest.mark.parametrize("query", ["width=12.5", "width=", "fps=fast", "live=maybe"])
def test_what_is_no_number_is_refused_by_name(query: str):
    with pytest.raises(UsageError, match=query.partition("=")[0]):
        with_parameters(f"csi://0?{query}", Wishes())


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match=r"'widht'.*width, fps, live, name"):
        with_parameters("csi://0?widht=3", Wishes())
