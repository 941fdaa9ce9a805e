"""A log: columns of numbers as another tool wrote them, before it is known what they mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.errors import DataError

Floats = NDArray[np.float64]

BLANK = frozenset({"", "na", "n/a", "<na>", "none", "null", "-", "?"})
"""What is written, in any case, where there is no number. ``nan`` is not among them: it is what a
training writes that has diverged."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a log.

    values: ``(rows,)`` float64; NaN where there is no number. blank: ``(rows,)``, whether nothing
    was written there at all, other than a number or the word nan. text: the first cell that is
    neither, with its row counted from 1.
    """

    values: Floats
    blank: NDArray[np.bool_]
    text: tuple[int, str] | None = None

    @property
    def cells(self) -> int:
        """How many cells have something written in them."""
        return int(np.count_nonzero(~self.blank))

    def take(self, rows: NDArray[Any]) -> Column:
        """The column of some of the rows."""
        return Column(self.values[rows], self.blank[rows], self.text)


@dataclass(frozen=True, eq=False)
class Log:
    """A table of numbers.

    where: the file, or what was given, as messages call it. columns: by name, of equal length.
    """

    where: str
    columns: dict[str, Column]

    @property
    def rows(self) -> int:
        return max((len(column.values) for column in self.columns.values()), default=0)


def of_columns(where: str, columns: Mapping[str, Any], *, nan_is_blank: bool = False) -> Log:
    """The log of columns, each a sequence of cells; what is no sequence is left out.

    nan_is_blank: whether the tables of the tool write NaN for an empty cell, as pandas does.

    Raises DataError if columns that hold numbers differ in length.
    """
    found = {
        name: _column(values)
        for name, values in _flat(columns).items()
        if _is_sequence(values) and _axes(values) == 1
    }
    if nan_is_blank:
        found = {
            name: Column(one.values, one.blank | (np.isnan(one.values)), one.text)
            for name, one in found.items()
        }
    numbers = {name: len(one.values) for name, one in found.items() if one.text is None}
    if len(set(numbers.values())) > 1:
        first = next(iter(numbers))
        other = next(name for name in numbers if numbers[name] != numbers[first])
        raise DataError(
            "interop.lengths_differ",
            where=where,
            first=first,
            first_rows=numbers[first],
            other=other,
            other_rows=numbers[other],
        )
    if numbers:
        length = next(iter(numbers.values()))
        found = {name: one for name, one in found.items() if len(one.values) == length}
    return Log(where, found)


def of_rows(where: str, rows: Iterable[Mapping[str, Any]]) -> Log:
    """The log of rows, each by column; a row need not have every column."""
    kept = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in kept for name in row))
    columns = {name: [row.get(name) for row in kept] for name in names}
    plain = {
        name: values
        for name, values in columns.items()
        if not any(_is_sequence(value) for value in values)
    }
    return of_columns(where, plain)


def _flat(columns: Mapping[Any, Any], above: str = "") -> dict[str, Any]:
    """Columns inside columns as ``"outer/inner"``."""
    found: dict[str, Any] = {}
    for key, value in columns.items():
        name = f"{above}{key}"
        if not isinstance(value, Mapping):
            found[name] = value
        elif value and all(str(index).isdigit() for index in value):
            found[name] = list(value.values())  # pandas writes a column as {"0": ..., "1": ...}
        else:
            found |= _flat(value, f"{name}/")
    return found


def _is_sequence(value: Any) -> bool:
    if isinstance(value, str | bytes | Mapping):
        return False
    return isinstance(value, Sequence) or (hasattr(value, "__len__") and _axes(value) > 0)


def _axes(value: Any) -> int:
    axes = getattr(value, "ndim", None)
    return axes if isinstance(axes, int) else int(hasattr(value, "__len__"))


def _column(cells: Any) -> Column:
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiub":
        values = cells.astype(np.float64)
        return Column(values, np.zeros(len(values), np.bool_))
    cells = [cell.detach() if hasattr(cell, "detach") else cell for cell in cells]  # of PyTorch
    try:
        values = np.array([float(cell) for cell in cells], np.float64)
        return Column(values, np.zeros(len(values), np.bool_))
    except (TypeError, ValueError, OverflowError):
        read = [number(cell) for cell in cells]
    text = next(
        ((row, str(cells[row - 1])) for row, one in enumerate(read, 1) if isinstance(one, str)),
        None,
    )
    values = np.array([one if isinstance(one, float) else math.nan for one in read], np.float64)
    return Column(values, np.array([one is None for one in read], np.bool_), text)


def number(cell: Any) -> float | str | None:
    """The number in a cell; None if nothing is written there; the cell itself if it is text."""
    if cell is None:
        return None
    if isinstance(cell, str):
        word = cell.strip()
        if word.lower() in BLANK:
            return None
        try:
            return float(word[:-1]) / 100 if word.endswith("%") else float(word)
        except ValueError:
            return cell
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return str(cell)
