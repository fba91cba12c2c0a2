"""`jetsight sources`: the cameras of this machine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cli import options
from cli.report import report

if TYPE_CHECKING:
    from capture.listing import Listed

HELP = "list the cameras of this machine with their formats"
CSI = (
    "CSI cameras of this Jetson open as csi://0, csi://1 …; they are not listed unless their sensor shows as a device."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the cameras, or write them as JSON."""
    from capture.listing import cameras, is_jetson

    found, jetson = cameras(), is_jetson()
    report(figures(found, jetson), lambda: show(found, jetson), args.json)
    return 0


def figures(found: Sequence[Listed], jetson: bool) -> dict[str, Any]:
    """All of it for programs."""
    return {"cameras": [asdict(camera) for camera in found], "csi_possible": jetson}


def show(found: Sequence[Listed], jetson: bool) -> None:
    """All of it for people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from capture.source import examples

    console = Console(highlight=False, soft_wrap=True)
    table = Table("--source", "camera", "driver", "state", "formats: greatest rate per second at each size")
    for camera in found:
        cells = (camera.source, camera.name, camera.driver, camera.state, "\n".join(format_lines(camera)))
        table.add_row(*map(Text, cells))
    if found:
        console.print(table)
    elif not jetson:
        console.print(Text(f"No cameras here. Examples of other sources: {', '.join(examples())}."))
    for line in dict.fromkeys(camera.remedy for camera in found if camera.remedy):
        console.print(Text(line))
    if jetson:
        console.print(CSI)


def format_lines(camera: Listed) -> list[str]:
    """A line a pixel format: `MJPG 1280x720: 30, 640x480: 30`."""
    sizes: dict[str, list[str]] = {name: [] for name in camera.fourccs}
    for mode in camera.modes:
        sizes[mode.fourcc].append(f"{mode.width}x{mode.height}" + (f": {mode.fps:g}" if mode.fps else ""))
    return [f"{name} {', '.join(each)}" for name, each in sizes.items()]
