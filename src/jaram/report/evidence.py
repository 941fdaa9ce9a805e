"""What a run's folder holds, read for the report; parts that are not there are empty.

A run that is unfinished or was killed leaves some files out and may end a file in the middle of a
line, so everything but a folder that is no run at all is taken as it comes.
"""

from __future__ import annotations

import json
import math
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaram.errors import RunError
from jaram.report.examples import sound_augmented, sound_examples

Table = dict[str, Any]
Series = list[float | None]

MOST_POINTS = 2000
"""Longer series are thinned to about this many points: more than a screen has columns."""


@dataclass(frozen=True)
class Evidence:
    """The parts of a run's folder.

    ``run``, ``data``, ``evaluation``, ``treatment``, ``examples``, ``augmented``, ``through_time``:
    the tables of the JSON files of these names, or ``{}``.
    ``recipe``: the text of recipe.toml; empty if missing.
    ``history``: by name, one value an epoch; ``vitals``: the lines of vitals.jsonl.
    ``steps``: the loss of each step, or the mean of each ``steps_each`` steps of a long training.
    Numbers that are not finite are None.
    """

    run: Table
    recipe: str
    data: Table
    evaluation: Table
    treatment: Table
    examples: Table
    augmented: Table
    history: dict[str, Series]
    vitals: tuple[Table, ...]
    through_time: Table
    steps: Series
    steps_each: int

    @property
    def epochs(self) -> int:
        """How many epochs were finished."""
        return len(self.history.get("epoch", ()))

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights were kept, counted from 1."""
        best = self.run.get("best_epoch")
        return best if isinstance(best, int) and best > 0 else None

    @property
    def task(self) -> Table:
        """The table of the task: ``kind``, ``classes``, ``outputs``, ``target_names``."""
        return table(self.data.get("task"))

    @property
    def part(self) -> str:
        """The part of the data evaluated: ``"valid"``, ``"test"`` or ``"train"``."""
        named = str(self.evaluation.get("part", "valid"))
        known = [part for part in (named, "valid", "test", "train") if part in self.evaluation]
        return known[0] if known else named

    @property
    def results(self) -> Table:
        """The evaluation on :attr:`part`: confusion, mistakes, calibration, residuals."""
        return table(self.evaluation.get(self.part))


def read_evidence(folder: Path) -> Evidence:
    """Read a run's ``folder``; raises RunError if it is none or a JSON file in it is damaged."""
    if not folder.is_dir():
        raise RunError("report.no_folder", folder=folder)
    if not any((folder / name).is_file() for name in ("run.json", "history.jsonl")):
        raise RunError("report.no_run", folder=folder)
    recipe = folder / "recipe.toml"
    steps, steps_each = _steps(folder / "steps.f32")
    return Evidence(
        run=_table_file(folder / "run.json"),
        recipe=recipe.read_text(encoding="utf-8", errors="replace") if recipe.is_file() else "",
        data=_table_file(folder / "data.json"),
        evaluation=_table_file(folder / "evaluation.json"),
        treatment=_beside(folder / "treatment.json"),
        examples=sound_examples(_beside(folder / "examples.json")),
        augmented=sound_augmented(_beside(folder / "augmented.json")),
        history=_columns(_lines(folder / "history.jsonl")),
        vitals=tuple(_lines(folder / "vitals.jsonl")),
        through_time=_beside(folder / "through_time.json"),
        steps=steps,
        steps_each=steps_each,
    )


def table(value: object) -> Table:
    """``value`` if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Table]:
    """The tables in the list ``value``; an empty list if it is none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def finite(value: object) -> float | None:
    """``value`` as a float, or None if it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _table_file(path: Path) -> Table:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise RunError("runs.json_damaged", path=path, **place) from None
    except (RecursionError, ValueError):  # not UTF-8, a number of 5,000 digits
        raise RunError("runs.no_json_object", path=path) from None
    return table(found)


def _beside(path: Path) -> Table:
    """A table that a report can do without; empty if it is damaged, which costs the run nothing."""
    try:
        return _table_file(path)
    except RunError:
        return {}


def _lines(path: Path) -> list[Table]:
    """The tables of a JSON-lines file; a line cut off by a killed training is left out."""
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line, parse_constant=lambda _: None))
        except ValueError:
            continue
    return rows(found)


def _columns(lines: list[Table]) -> dict[str, Series]:
    names = dict.fromkeys(name for line in lines for name in line)
    columns = {name: [finite(line.get(name)) for line in lines] for name in names}
    if lines and "epoch" not in columns:
        columns["epoch"] = [float(index) for index in range(1, len(lines) + 1)]
    return columns


def _steps(path: Path) -> tuple[Series, int]:
    """Means over equally many steps, at most MOST_POINTS of them, and how many steps that is."""
    if not path.is_file():
        return [], 1
    values = array("f")
    content = path.read_bytes()
    values.frombytes(content[: len(content) // 4 * 4])
    if sys.byteorder == "big":
        values.byteswap()
    each = -(-len(values) // MOST_POINTS) or 1
    means = [
        finite(sum(part) / len(part))
        for part in (values[start : start + each] for start in range(0, len(values), each))
    ]
    return means, each


def thinned(count: int) -> list[int]:
    """The places of at most MOST_POINTS of ``count`` items, evenly, with the first and the last."""
    if count <= MOST_POINTS:
        return list(range(count))
    return [round(index * (count - 1) / (MOST_POINTS - 1)) for index in range(MOST_POINTS)]
