"""Start Jetsight: `python app.py …` and `jetsight …` are the same program."""

from __future__ import annotations

import sys

from cli.main import start as main

if __name__ == "__main__":
    sys.exit(main())
