"""A study's figures as files: for programs, and for a page that others read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from output.files import claim, write_whole

JSON, MARKDOWN = "result.json", "result.md"


def claim_folder(folder: Path) -> None:
    """See to it, before anything is measured, that its figures can be written; raises `OutputError`."""
    for name in (JSON, MARKDOWN):
        claim(folder / name)


def write(folder: Path, study: str, figures: Mapping[str, Any], rows: Iterable[tuple[str, str]]) -> None:
    """`result.json` with all figures and `result.md` with the rows for a person; raises `OutputError`."""
    write_whole(folder / JSON, (json.dumps(figures, indent=2) + "\n").encode())
    write_whole(folder / MARKDOWN, markdown(study, figures, rows).encode())


def markdown(study: str, figures: Mapping[str, Any], rows: Iterable[tuple[str, str]]) -> str:
    """A table of the rows, and one of what they were measured on."""
    surroundings = ((name, _words(value)) for name, value in figures["environment"].items())
    parts = f"# jetsight bench {study}", _table("figure", rows), _table("measured on", surroundings)
    return "\n\n".join(parts) + "\n"


def _table(heading: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = (f"| {_cell(name)} | {_cell(text)} |" for name, text in rows)
    return "\n".join((f"| {heading} | |", "|---|---|", *lines))


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(version)}" for name, version in value.items())
    return "unknown" if value is None else str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
