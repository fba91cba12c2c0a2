"""What the kernel's refusals mean to somebody who wants a picture."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence

from capture.video4linux.device import BAYER
from capture.video4linux.holders import holders
from core.errors import SourceBusy, SourceError, SourceNotFound, SourceUnreadable

LIST = "`jetsight sources` lists the cameras of this machine."
REPLUG = "Unplug it and plug it in again, or ask for a smaller picture."
GROUP = "sudo usermod -aG video $USER, then log in again."


def refusal(path: str, error: OSError) -> SourceError:
    """Why a camera could not be opened."""
    code = error.errno
    if code == errno.EBUSY:
        return SourceBusy(f"{path} is in use" + _by(path), "Close that program, or take another camera.")
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return SourceNotFound(f"there is no camera at {path}", LIST)
    if code in (errno.EACCES, errno.EPERM):
        return SourceUnreadable(f"this user may not open {path}", GROUP)
    if code in (errno.ENOTTY, errno.EISDIR):
        return SourceUnreadable(f"{path} is not a camera", LIST)
    if code == errno.ENOSPC:
        return SourceUnreadable(
            f"the USB bus has no room left for the pictures of {path}", "Ask for a smaller picture."
        )
    return SourceUnreadable(f"{path} cannot be opened: {error.strerror}", REPLUG)


def unsuitable(path: str, offered: Sequence[str]) -> SourceUnreadable:
    """A camera without any pixel format that can be read."""
    names = ", ".join(offered) or "nothing"
    if is_bare_sensor(offered):
        what = f"{path} is a bare CSI sensor that gives raw Bayer ({names})"
        return SourceUnreadable(what, f"Use {sensor_address(path)}.")
    return SourceUnreadable(f"{path} gives {names}, which cannot be read here", LIST)


def is_bare_sensor(offered: Sequence[str]) -> bool:
    """Whether only what no image processor has seen comes out: it belongs to the board's CSI camera stack."""
    return bool(offered) and BAYER.issuperset(offered)


def sensor_address(path: str) -> str:
    """What opens the CSI camera whose bare sensor is /dev/videoN."""
    number = re.search(r"\d+$", os.path.realpath(path))
    return f"csi://{number.group() if number else 0}"


def _by(path: str) -> str:
    programs = holders(path)
    return f" by {', '.join(programs)}" if programs else ""
