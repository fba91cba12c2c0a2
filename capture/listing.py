"""The cameras of this machine, and what each can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.video4linux.device import Mode, fourccs, identity, is_busy, modes
from capture.video4linux.faults import is_bare_sensor, refusal, sensor_address
from capture.video4linux.holders import holders
from capture.video4linux.node import Device, Node

DEVICES = Path("/dev")
NAMES = Path("/sys/class/video4linux")
BOARD = Path("/proc/device-tree/model")


@dataclass(frozen=True)
class Listed:
    """A camera. `source` opens it; `state` is "free", "in use" with the programs known, or why it cannot be opened.

    `fourccs` are its pixel formats, `modes` the sizes of each with their greatest rates.
    """

    source: str
    device: str
    name: str
    driver: str = ""
    state: str = "free"
    remedy: str = ""
    fourccs: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()


def cameras(paths: Sequence[str] | None = None, connect: Callable[[str], Device] = Node) -> list[Listed]:
    """Those of Video4Linux, by number; nodes that give no pictures (metadata, outputs) are left out."""
    found = (_listed(path, connect) for path in (device_paths() if paths is None else paths))
    return [camera for camera in found if camera]


def device_paths() -> list[str]:
    """/dev/video0 and so on, in the order of their numbers."""
    return sorted(map(str, DEVICES.glob("video[0-9]*")), key=lambda path: (len(path), path))


def is_jetson() -> bool:
    """Whether CSI cameras may hide behind NVIDIA's Argus service, which names none of them."""
    try:
        return "Jetson" in BOARD.read_text()
    except OSError:
        return False


def _listed(path: str, connect: Callable[[str], Device]) -> Listed | None:
    try:
        device = connect(path)
    except OSError as error:
        fault = refusal(path, error)
        return Listed(path, path, _name(path), state=fault.what, remedy=fault.remedy)
    try:
        return _described(path, device)
    except OSError:
        return None
    finally:
        device.close()


def _described(path: str, device: Device) -> Listed | None:
    who = identity(device)
    if not who.pictures:
        return None
    offered = tuple(fourccs(device))
    return Listed(
        source=sensor_address(path) if is_bare_sensor(offered) else path,
        device=path,
        name=who.name,
        driver=who.driver,
        state=_busy(path) if is_busy(device) else "free",
        fourccs=offered,
        modes=tuple(modes(device)),
    )


def _busy(path: str) -> str:
    return " by ".join(["in use", *filter(None, [", ".join(holders(path))])])


def _name(path: str) -> str:
    try:
        return (NAMES / Path(path).name / "name").read_text().strip()
    except OSError:
        return ""
