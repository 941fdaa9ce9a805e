"""The event files of one training as one log.

A writer starts a new file when a training is resumed, and some put each part in a folder of its
own: Keras writes ``train/`` and ``validation/``, ``add_scalars`` a folder for every line.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from jaram.data.notices import listed
from jaram.errors import DataError
from jaram.interop.columns import names_a_part, recognise
from jaram.interop.log import Column, Floats, Log
from jaram.interop.tensorboard import FILE_MARK, read_scalars

Tags = dict[str, tuple[Floats, Floats]]
"""By tag: the steps and the values."""


def event_files(folder: Path) -> list[Path]:
    """The event files in a folder and the folders in it, in the order in which they were begun."""
    return sorted(path for path in folder.rglob(f"*{FILE_MARK}*") if path.is_file())


def read_folder(folder: Path, files: list[Path], names: Mapping[str, str] | None) -> Log:
    """The log in event files below ``folder``; its columns are the tags, and the step.

    Raises DataError if the files are of several trainings.
    """
    runs: dict[Path, list[tuple[str, Path]]] = {}
    for file in files:
        inner = file.parent
        is_part = inner != folder and names_a_part(inner.name)
        root = inner.parent if is_part else inner
        runs.setdefault(root, []).append((f"{inner.name}/" if is_part else "", file))
    logs = {root: _read(root, found, names) for root, found in runs.items()}
    telling = {root: log for root, log in logs.items() if _tells(log)}
    chosen = telling.get(folder)
    if chosen is None and len(telling) > 1:
        listing = listed(sorted(str(root.relative_to(folder)) for root in telling))
        raise DataError("interop.several_runs", path=str(folder), runs=listing)
    if chosen is None:
        chosen = next(iter(telling.values() or logs.values()))
    return chosen


def _tells(log: Log) -> bool:
    """Whether a log has a loss, or columns that could be one."""
    try:
        return any(role.endswith("/loss") for role in recognise(log.columns))
    except DataError:
        return True


def _read(root: Path, files: list[tuple[str, Path]], names: Mapping[str, str] | None) -> Log:
    where = str(files[0][1] if len(files) == 1 else root)
    lists: dict[str, tuple[list[float], list[float]]] = {}
    for prefix, file in files:
        for tag, step, value in read_scalars(file):
            steps, values = lists.setdefault(prefix + tag, ([], []))
            while steps and step < steps[-1]:  # begun again: what came after is void
                steps.pop()
                values.pop()
            steps.append(step)
            values.append(value)
    tags = {
        tag: (np.array(steps, np.float64), np.array(values, np.float64))
        for tag, (steps, values) in lists.items()
    }
    tags = {tag: _counted(*columns) for tag, columns in tags.items()}
    return _joined(where, _on_one_clock(tags, names))


def _counted(steps: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Values that were all written for the same step, as when none is given, are counted."""
    if len(steps) > 1 and (steps == steps[0]).all():
        return np.arange(len(steps), dtype=np.float64), values
    return steps, values


def _on_one_clock(tags: Tags, names: Mapping[str, str] | None) -> Tags:
    """Tags that count epochs, beside a loss that counts steps, moved to the ends of the epochs.

    Many loops write the loss of step 1, 2, … 6,000 and the validation loss of epoch 1, 2, … 12.
    """
    try:
        roles = recognise(tags, {k: v for k, v in (names or {}).items() if v in tags})
    except DataError:
        return tags
    losses = [tags[roles[role]][0] for role in ("train/loss", "valid/loss") if role in roles]
    if len(losses) < 2:
        return tags
    last = max(float(steps[-1]) for steps in losses)
    return {
        tag: ((np.arange(1, len(steps) + 1)) * (last + 1) / len(steps) - 1, values)
        if (np.diff(steps) == 1).all() and steps[0] in (0, 1) and last > 2 * steps[-1]
        else (steps, values)
        for tag, (steps, values) in tags.items()
    }


def _joined(where: str, tags: Tags) -> Log:
    """Tags as columns, one row a step; of several values for one step the last."""
    if not tags:
        return Log(where, {})
    clock = np.unique(np.concatenate([steps for steps, _ in tags.values()]))
    columns = {"step": Column(clock, np.zeros(len(clock), np.bool_))}
    for tag, (steps, numbers) in tags.items():
        values, blank = np.full(len(clock), np.nan), np.ones(len(clock), np.bool_)
        rows = np.searchsorted(clock, steps)
        values[rows], blank[rows] = numbers, False
        columns[tag] = Column(values, blank)
    return Log(where, columns)
