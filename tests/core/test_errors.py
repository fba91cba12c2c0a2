from __future__ import annotations

import inspect
import re

import pytest

from core import errors
from core.errors import JetsightError, ModelError, OutputError, SourceError, UsageError

EVERY = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, JetsightError)]


@pytest.mark.parametrize("kind", EVERY)
def test_an_error_is_one_line_of_what_happened_and_what_to_do(kind: type[JetsightError]):
    error = kind("there is no file\n  clip.mp4.", "Check\tthe path.")
    assert str(error) == "there is no file clip.mp4. Check the path."
    assert (error.what, error.remedy) == ("there is no file\n  clip.mp4.", "Check\tthe path.")


def test_without_a_remedy_nothing_is_added():
    assert str(JetsightError("the disk is full")) == "the disk is full"


@pytest.mark.parametrize("kind", EVERY)
def test_the_exit_code_is_that_of_the_branch(kind: type[JetsightError]):
    branches = {UsageError: 2, SourceError: 3, ModelError: 4, OutputError: 5}
    assert kind.exit_code == next((code for branch, code in branches.items() if issubclass(kind, branch)), 1)


def test_the_tree_in_the_docstring_is_the_tree():
    drawn: dict[str, str] = {}
    branch = ["Exception"]
    for line in (errors.__doc__ or "").splitlines():
        name = re.match(r"    ([│├└─ ]*)(\w+) +", line)
        if name:
            branch[1 + len(name[1]) // 4 :] = [name[2]]
            drawn[name[2]] = branch[-2]
    assert drawn == {kind.__name__: kind.__base__.__name__ for kind in EVERY}
