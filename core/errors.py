"""Every error that may reach a user, as one tree.

    JetsightError              exit code 1: a fault of ours that has a name
    ├── UsageError             2: what was asked for cannot be asked for
    ├── SourceError            3: no frames can be had
    │   ├── SourceNotFound        it is not there
    │   ├── SourceUnreadable      it is there and is not what it should be
    │   ├── SourceBusy            another program holds it
    │   └── SourceLost            it delivered, and stopped; a live source is opened again
    ├── ModelError             4: no predictions can be had
    │   ├── ModelUnreadable       not a network that can be loaded
    │   ├── LayoutUnknown         a network, but no head fits it
    │   ├── LayoutAmbiguous       several heads fit it
    │   ├── OutputInvalid         the network answered nonsense (NaN, a wrong shape)
    │   └── EngineUnavailable     the backend is missing or cannot take this network
    │       └── NothingToBuild       no engine would make it faster here
    └── OutputError            5: a result cannot be written

An error is one sentence that says what happened and one that says what to do.
"""

from __future__ import annotations

from typing import ClassVar


class JetsightError(Exception):
    """What happened, and what the user can do about it; `str()` joins the two."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        line = f"{self.what.rstrip('.')}. {self.remedy}" if self.remedy else self.what
        return " ".join(line.split())


class UsageError(JetsightError):
    """The command line or a setting asks for something that does not exist."""

    exit_code = 2


class SourceError(JetsightError):
    """No frames can be had from a source."""

    exit_code = 3


class SourceNotFound(SourceError):
    """The file, device or address does not exist."""


class SourceUnreadable(SourceError):
    """The source exists and is not a picture, a video or a camera that can be read."""


class SourceBusy(SourceError):
    """Another program holds the device."""


class SourceLost(SourceError):
    """The source delivered frames and stopped: unplugged, timed out, stream cut, data damaged."""


class ModelError(JetsightError):
    """No predictions can be had from a network."""

    exit_code = 4


class ModelUnreadable(ModelError):
    """The file is missing, not ONNX, or needs operators that the runtime lacks."""


class LayoutUnknown(ModelError):
    """No head recognises the graph's inputs and outputs."""


class LayoutAmbiguous(ModelError):
    """Several heads recognise the graph; the remedy names them."""


class OutputInvalid(ModelError):
    """The network's outputs are not what its layout promises, for example NaN."""


class EngineUnavailable(ModelError):
    """The backend is not installed, has no device, or refuses the network."""


class NothingToBuild(EngineUnavailable):
    """No engine that would make a network faster can be built here, or all that can be are there."""


class OutputError(JetsightError):
    """A file cannot be written or finished."""

    exit_code = 5
