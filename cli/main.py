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
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _terminate)
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
    except ModuleNotFoundError as error:
        return _unexpected(
            f"the package {error.name} is missing. Run `make setup`, then .venv/bin/jetsight", args.debug
        )
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one line
        return _unexpected(
            f"an error of the program itself, {type(error).__name__}: {error}. Please report it", args.debug
        )


def _unexpected(line: str, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"jetsight: {' '.join(line.split())}; --debug shows where.", file=sys.stderr)
    return 1


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


class Parser(argparse.ArgumentParser):
    """Tells what is wrong with a command line in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2."""
        self.exit(2, f"jetsight: {message}. See {self.prog} --help.\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = Parser(prog="jetsight", description="Real-time detection on a camera or a recording.")
    parser.set_defaults(debug=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in plugins.names(COMMANDS):
        module = plugins.load(COMMANDS, name)
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        options.add_debug(command)
        module.arguments(command)
        command.set_defaults(run=module.run)
    return parser
