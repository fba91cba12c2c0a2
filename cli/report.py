"""How commands tell what they found: to a person, as text, and to programs, as JSON.

What a user named (files, networks, classes) is printed as it is: it is never taken for markup.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import OutputError
from output.files import write_whole

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn
    from rich.table import Table


def report(figures: Mapping[str, Any], show: Callable[[], None], destination: str | None) -> None:
    """Show the figures, or write them as JSON: to a file and shown as well, or for `-` alone on standard output.

    NaN is written as null. Raises `OutputError` where either cannot be written.
    """
    text = json.dumps(_finite(figures), indent=2) + "\n"
    try:
        if destination == "-":
            sys.stdout.write(text)
        else:
            show()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has enough: no error
        raise
    except OSError as error:
        raise OutputError(f"standard output cannot be written ({error.strerror})", "Free space there.") from error
    if destination and destination != "-":
        write_whole(Path(destination), text.encode())


def print_rows(rows: Iterable[tuple[str, str]]) -> None:
    """A name and a text a line, the texts one below another."""
    rows = list(rows)
    width = max((len(name) for name, _ in rows), default=0)
    for name, text in rows:
        print(f"  {name:<{width}}  {text}".rstrip())


def print_table(table: Table) -> None:
    """Print a table in the width of the terminal; its cells are rich's `Text`."""
    from rich.console import Console

    Console(highlight=False).print(table)


def progress_bar() -> Progress:
    """On standard error while it lasts: what is done, and how far."""
    from rich.progress import MofNCompleteColumn

    return progress_lines(MofNCompleteColumn())


def progress_lines(*columns: ProgressColumn) -> Progress:
    """On standard error while it lasts: a line for each thing that is done, with a bar and `columns`."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    words = TextColumn("{task.description}", markup=False)
    return Progress(words, BarColumn(), *columns, console=Console(stderr=True), transient=True)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
