"""The program's entry: find the command, run it, turn errors into one line and an exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import NoReturn

from cli import options
from core import plugins
from core.errors import JetsightError

COMMANDS = "cli.commands"
INTERRUPTED = 130


def start() -> int:
    """The program as a process: also ends where a thread hangs in a driver or in a long inference."""
    _open_streams()
    try:
        code = main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BrokenPipeError:
        code = 1
    _flush_streams()
    if threading.active_count() > 1:
        os._exit(code)  # destroying what a running thread uses would crash
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run `jetsight ARGV…` and return its exit code."""
    args = build_parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _terminate)
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # its warnings would stand beside our one line
    try:
        code: int = args.run(args)
        return code
    except JetsightError as error:
        if args.debug:
            traceback.print_exc()
        print(f"jetsight: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED


def _terminate(number: int, _: object) -> NoReturn:
    """End as Ctrl-C does: everything is closed, nothing is left half-written."""
    sys.exit(128 + number)


def _open_streams() -> None:
    """Where the caller closed a standard stream, what is said goes nowhere."""
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _flush_streams() -> None:
    """What a reader that went away does not take is dropped without a word."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="jetsight", description="Real-time detection on a camera or a recording.")
    parser.set_defaults(debug=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in plugins.names(COMMANDS):
        module = plugins.load(COMMANDS, name)
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        options.add_debug(command)
        module.arguments(command)
        command.set_defaults(run=module.run)
    return parser
