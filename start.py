"""Set Jaram up and run it, with nothing but Python and pip.

    python3 start.py                 sets up .venv and trains on the shipped table of penguins
    python3 start.py test [ARGS]     sets up .venv and runs lint, types and tests (pytest ARGS)
    python3 start.py setup           sets up .venv only

Works on Linux, macOS and Windows. Running it again is quick: what is installed is installed again
only after pyproject.toml or constraints.txt has changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PROGRAMS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses", "4")  # more would ask for more memory than is usual


def main(arguments: list[str]) -> int:
    """Do what ``arguments`` ask; the exit code."""
    if sys.version_info < OLDEST:
        print(f"Jaram needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        return 2
    job, *rest = arguments or ["train"]
    if job == "setup":
        return set_up("")
    if job == "train":
        return set_up("") or train()
    if job == "test":
        return set_up("[test]") or check(rest)
    print(__doc__)
    return 2


def set_up(extras: str) -> int:
    """Make .venv and install Jaram with ``extras`` into it, unless that has been done."""
    if not PYTHON.exists():
        print(f"Making {VENV.name} ...", flush=True)
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    done = VENV / f"installed{extras.replace('[', '-').replace(']', '')}"
    if done.exists() and done.read_text() == _fingerprint():
        return 0
    print(f"Installing Jaram{extras} (a few minutes the first time) ...", flush=True)
    install = ["pip", "install", "--quiet", "-c", "constraints.txt", "-e", f".{extras}"]
    if code := subprocess.call([PYTHON, "-m", *install], cwd=ROOT):
        print("The installation failed; pip says why above.")
        return code
    done.write_text(_fingerprint())
    return 0


def train() -> int:
    """The main job: train on the shipped table."""
    jaram = PROGRAMS / ("jaram.exe" if os.name == "nt" else "jaram")
    code = subprocess.call([jaram, "train", "penguins", "--target", "species"], cwd=ROOT)
    activate = r".venv\Scripts\activate" if os.name == "nt" else "source .venv/bin/activate"
    print(f"\nFor the command jaram in this terminal: {activate}")
    return code


def check(pytest_arguments: list[str]) -> int:
    """Lint, format, types, tests; all are run even if one fails."""
    steps = {
        "lint": ["ruff", "check", "."],
        "format": ["ruff", "format", "--check", "--quiet", "."],
        "types": ["mypy"],
        "tests": ["pytest", *SIDE_BY_SIDE, *pytest_arguments],
    }
    failed = []
    for name, step in steps.items():
        print(f"== {name}", flush=True)
        if subprocess.call([PYTHON, "-m", *step], cwd=ROOT):
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def _fingerprint() -> str:
    """Changes when what is to be installed, or the Python it is installed for, does."""
    files = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    content = b"".join(file.read_bytes() for file in files) + sys.version.encode()
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
