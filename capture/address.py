"""Addresses of streams: fit to be shown, and what a failure to reach one means."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from core.errors import SourceError, SourceNotFound, SourceUnreadable, UsageError

if TYPE_CHECKING:
    from av import FFmpegError

_USER = re.compile(r"(?<=://)[^/?#]*@")
_SECRETS = re.compile(r"([?&\s][\w-]*(?:pass\w*|pw|pwd|token|secret|auth\w*|key)=)[^&#\s]*", re.IGNORECASE)


def masked(uri: str) -> str:
    """The address without user, password and keys, to be shown and logged."""
    return _SECRETS.sub(r"\1***", _USER.sub("***@", uri))


def split(uri: str) -> SplitResult:
    """The parts of an address. Raises `UsageError` where it has none, as `http://[::1`."""
    try:
        return urlsplit(uri)
    except ValueError:  # its text may have the password in it
        raise UsageError(
            f"'{masked(uri)}' is no address", "Close its brackets, and write [ in a password as %5B, ] as %5D."
        ) from None


def refusal(uri: str, error: FFmpegError, silent: bool) -> SourceError:
    """Why nothing can be played from an address; `silent`: it took all the time it was given.

    Raises `UsageError` where the address is none.
    """
    import av

    shown = masked(uri)
    if silent:
        return SourceNotFound(f"{shown} does not answer", "Check the address and that the camera is switched on.")
    if isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return SourceUnreadable(f"{shown} wants another user or password", "Write them as scheme://user:password@host.")
    if isinstance(error, av.error.HTTPNotFoundError):
        return SourceNotFound(f"the server has nothing at {shown}", "Check the path in the camera's manual.")
    if isinstance(error, ConnectionRefusedError):
        return SourceNotFound(f"nothing listens at {shown}", "Check the port and that the camera serves this protocol.")
    host = split(uri).hostname
    if not _resolves(host):
        return SourceNotFound(f"no host is called {host}", "Check the name and the network.")
    return SourceUnreadable(f"{shown} sends nothing that can be played: {error.strerror}", "Try it in a player.")


def _resolves(host: str | None) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except (socket.gaierror, UnicodeError):
        return False
