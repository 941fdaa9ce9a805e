"""Where a run is written."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path

from jaram.errors import UsageError

RUNS = Path("runs")
SEARCHES = Path("searches")
SCALES = Path("scales")


def new_folder(data_name: str, within: Path = RUNS) -> Path:
    """``runs/<data name>-<n>`` with the first free n, made at once so that nobody else takes it."""
    name = re.sub(r"[^\w.-]+", "-", Path(data_name).stem).strip("-.") or "data"
    within.mkdir(parents=True, exist_ok=True)
    taken = [
        int(folder.name[len(name) + 1 :])
        for folder in within.glob(f"{name}-*")
        if folder.name[len(name) + 1 :].isdecimal()
    ]
    for count in itertools.count(max(taken, default=0) + 1):
        folder = within / f"{name}-{count}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("there is always a free number")


def treated_folder(run: Path) -> Path:
    """``<run>-treated``, with a number if that is taken; it is not made yet."""
    folder = run.resolve()
    wanted = run.parent / f"{folder.name}-treated" if run.name else Path(f"{folder}-treated")
    return _free(wanted) if wanted.exists() else wanted


def given_folder(out: str) -> Path:
    """``out`` if a run can be written there without overwriting anything; it is not made yet.

    Raises :class:`~jaram.errors.UsageError` for a folder that holds something, or a file.
    """
    if not out.strip():
        raise UsageError("cli.empty_path", option="--out")
    folder = Path(out)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError("cli.out_exists", folder=out, free=str(_free(folder)))
    return folder


def given_file(option: str, out: str) -> Path:
    """``out`` if a file can be written there; nothing is left of the trial.

    Raises :class:`~jaram.errors.UsageError` for an empty path and
    :class:`~jaram.errors.RunError` where it can't be written.
    """
    if not out.strip():
        raise UsageError("cli.empty_path", option=option)
    from jaram.runs.files import explained

    file = Path(out)
    is_new = not file.exists()
    with explained(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.open("ab").close()
        if is_new:
            file.unlink()
    return file


def resuming(folder: Path) -> str:
    """The command that goes on with an interrupted run, which knows its own data and recipe."""
    return shlex.join(["jaram", "train", "--resume", str(folder)])


def remove_if_empty(folder: Path) -> None:
    """Leave nothing behind of a training that did not start."""
    try:
        folder.rmdir()
        if folder.parent in (RUNS, SEARCHES, SCALES):
            folder.parent.rmdir()
    except OSError:  # it holds something: that stays
        pass


def _free(folder: Path) -> Path:
    return next(
        candidate
        for count in itertools.count(2)
        if not (candidate := folder.with_name(f"{folder.resolve().name}-{count}")).exists()
    )
