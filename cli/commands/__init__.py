"""One file a command, found by its file name.

A command's module has `HELP` (one line), `arguments(parser)` and `run(args) -> int` (the exit code), and imports
nothing heavy before `run`.
"""
