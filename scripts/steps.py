"""The programs that set-up runs: apt-get, venv and pip. What they print goes into a log."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

UNREACHABLE = ("connection broken by", "from versions: none")
TAIL = 15


class SetupError(Exception):
    """Set-up cannot go on; one sentence says what happened and one what to do, and a log's end may follow."""


@dataclass(frozen=True)
class Log:
    """A file that takes the output of programs."""

    path: Path

    def run(self, command: Sequence[str | Path], **environment: str) -> bool:
        """Run a program to its end, without standard input; whether it succeeded. `environment` is added to ours."""
        self.path.parent.mkdir(exist_ok=True)
        inherited = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
        with self.path.open("a") as log:
            print("+", *command, file=log, flush=True)
            done = subprocess.run(
                command, env={**inherited, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
            )
        return done.returncode == 0

    def failure(self, what: str) -> SetupError:
        """The error of the program that ran last, with the end of what it printed."""
        printed = self.path.read_text(errors="replace").rpartition("\n+ ")[2]
        if all(sign in printed for sign in UNREACHABLE):
            return SetupError(
                f"{what}: the package index cannot be reached. Check the network, or pip's index and proxy."
            )
        tail = "\n".join(printed.splitlines()[-TAIL:])
        return SetupError(f"{what}. All that was printed is in {self.path}; its end:\n{tail}")


def install_packages(packages: Sequence[str], log: Log) -> bool:
    """Install Debian packages where set-up may (as root, with apt-get); whether they are there now."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=120"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    return log.run(install, **quiet) or (log.run([*apt, "update"], **quiet) and log.run(install, **quiet))


@dataclass(frozen=True)
class Venv:
    """A virtual environment in a folder, which may not exist yet."""

    path: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin/python"

    def base(self) -> Path | None:
        """The interpreter that it was made from; None where there is no usable environment."""
        made = self._made()
        python = Path(made.get("home", ""), "python" + ".".join(made.get("version", "").split(".")[:2]))
        return python.resolve() if self._usable() and python.is_file() else None

    def sees_system(self) -> bool:
        """Whether the interpreter's own packages can be imported in it."""
        return self._made().get("include-system-site-packages") == "true"

    def make(self, python: Path, system_site_packages: bool, log: Log) -> None:
        """Make it anew, empty."""
        seeing = ["--system-site-packages"] if system_site_packages else []
        if not log.run([python, "-m", "venv", "--clear", *seeing, self.path]):
            raise log.failure(f"no virtual environment could be made in {self.path}")

    def pip(self, arguments: Sequence[str | Path], log: Log, **environment: str) -> bool:
        """Run `pip install`; whether it succeeded."""
        quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar=off"]
        return log.run([self.python, "-m", "pip", "install", *quiet, *arguments], **environment)

    def _made(self) -> dict[str, str]:
        note = self.path / "pyvenv.cfg"
        lines = note.read_text().splitlines() if note.is_file() else []
        return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}

    def _usable(self) -> bool:
        """Its programs name it by its full path, so it cannot be used after its folder was moved."""
        pip = self.path / "bin/pip"
        return self.python.is_file() and pip.is_file() and str(self.python) in pip.read_text(errors="replace")
