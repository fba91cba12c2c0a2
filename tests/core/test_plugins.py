from __future__ import annotations

import sys
from pathlib import Path

import pytest

from core import plugins
from core.errors import UsageError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package of kinds, one of which cannot be imported."""
    folder = tmp_path / "some_room" / "kinds"
    folder.mkdir(parents=True)
    for name in ("some_room/__init__", "some_room/kinds/__init__", "some_room/kinds/zebra"):
        (tmp_path / f"{name}.py").write_text("NAME = __name__\n")
    (folder / "broken.py").write_text("raise RuntimeError('imported')\n")
    (folder / "notes.txt").write_text("no module")
    monkeypatch.syspath_prepend(tmp_path)
    yield "some_room.kinds"
    for name in [name for name in sys.modules if name.partition(".")[0] == "some_room"]:
        del sys.modules[name]


def test_a_file_is_a_kind_and_finding_it_imports_nothing(package: str):
    assert plugins.names(package) == ("broken", "zebra")
    assert f"{package}.zebra" not in sys.modules


def test_a_new_file_is_found_at_once(package: str, tmp_path: Path):
    plugins.names(package)
    (tmp_path / "some_room" / "kinds" / "added.py").write_text("")
    assert "added" in plugins.names(package)


def test_loading_gives_the_module(package: str):
    assert plugins.load(package, "zebra").NAME == "some_room.kinds.zebra"


def test_an_unknown_kind_is_answered_with_those_that_exist(package: str):
    with pytest.raises(UsageError, match="'horse' among the kinds") as caught:
        plugins.load(package, "horse")
    assert "broken, zebra" in str(caught.value)


def test_what_goes_wrong_inside_a_kind_is_not_hidden(package: str):
    with pytest.raises(RuntimeError, match="imported"):
        plugins.load(package, "broken")


@pytest.mark.parametrize("name", ["../zebra", "zebra.NAME", "", "__init__"])
def test_a_name_is_never_a_way_elsewhere(package: str, name: str):
    with pytest.raises(UsageError):
        plugins.load(package, name)
