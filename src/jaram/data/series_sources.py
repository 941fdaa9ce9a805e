"""Where series come from: wide and long tables, ``.ts`` files, and one series to be foretold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jaram.data.columns import target_values, time_values
from jaram.data.data import Data
from jaram.data.dates import date_format, first_that_is_no_date
from jaram.data.encoding import as_numbers
from jaram.data.examples import Examples
from jaram.data.notices import Notice, listed, shown
from jaram.data.series import Floats, Series, SeriesWishes, stacked
from jaram.data.steps import Gaps, gaps_in
from jaram.data.table import Source, Table
from jaram.data.targets import TargetCoding
from jaram.data.ts_file import TsFile, read_ts
from jaram.data.windows import FEWEST_WINDOWS, Forecast, carried_forward, usual_season
from jaram.errors import DataError

Notices = tuple[Notice, ...]
Read = tuple[list[Floats], list[Any], NDArray[np.int64], Notices]
"""Series, their names, the first row of each in its table, and what was noticed."""


def table_series(
    table: Table,
    targets: Sequence[str],
    wishes: SeriesWishes,
    time: str | None,
    task: str | None,
    name: str,
    valid: Table | None,
    test: Table | None,
) -> Data:
    """The series of a wide or a long table, each with its answer."""
    taken = {*targets, *(one for one in (wishes.layout, time) if one)}
    columns = tuple(one for one in table.names if one not in taken and _is_numbers(table, one))
    if not columns:
        raise DataError("data.no_usable_columns", columns=listed(table.names))
    others = [one for one in table.names if one not in taken and one not in columns]
    is_wide = wishes.layout == "wide" and "wide" not in table.names
    if is_wide:
        intake = Series("wide", 0, ("value",), False, columns)
    else:
        key = str(wishes.layout)
        table.column(key)
        intake = Series("long", 0, columns, False, columns, key, time)
    found, names, rows, told = _read(intake, table)
    x, lengths, notices = stacked(found, names)
    notices = (*told, *notices)
    intake = replace(intake, steps=x.shape[1], is_padded=bool((lengths < x.shape[1]).any()))
    if others:
        notices = (*notices, Notice("data.left_out_other", {"columns": listed(others)}))
    y = answers_of(intake, table, tuple(targets), task, rows, names)
    parts: dict[str, Any] = {
        part: None if given is None else _part(intake, given, tuple(targets), task)
        for part, given in (("valid", valid), ("test", test))
    }
    return Data(
        x,
        y,
        task=task,
        name=name,
        target_names=tuple(targets),
        feature_names=intake.channels,
        intake=intake,
        row_names=() if is_wide else tuple(map(str, names)),
        source=table.source,
        notices=notices,
        **parts,
    )


def _read(intake: Series, table: Table) -> Read:
    return _wide(intake, table) if intake.layout == "wide" else _long(intake, table)


def _wide(intake: Series, table: Table) -> Read:
    numbers = np.stack([_numbers(table, name) for name in intake.columns], axis=1)
    names = [f"row {row + 1}" for row in range(len(numbers))]
    return [row[:, np.newaxis] for row in numbers], names, np.arange(len(numbers)), ()


def _long(intake: Series, table: Table) -> Read:
    assert intake.key is not None
    keys = table.column(intake.key).cast(pl.String).fill_null("").to_numpy()
    values = np.stack([_numbers(table, name) for name in intake.columns], axis=1)
    times = None if intake.time is None else time_values(table, intake.time)
    are_dates = intake.time is not None and _is_date(table, intake.time)
    unique, first, group = np.unique(keys, return_index=True, return_inverse=True)
    series, names = [], []
    found: list[tuple[Gaps, str]] = []
    order = np.argsort(first)  # series in the order in which they begin
    rows_of = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    for place in order:
        rows = rows_of[place]
        own = values[rows]
        if times is not None:
            assert intake.time is not None
            check_rising(table, times[rows], rows, intake.time, str(unique[place]))
            gaps = gaps_in(times[rows], are_dates)
            if gaps is not None:
                last = table.column(intake.time)[int(rows[gaps.after[0]])]
                found.append((gaps, f"{last} ({shown(unique[place])})"))
                own = gaps.put_back(own) if gaps.are_few else own
        series.append(own)
        names.append(str(unique[place]))
    return series, names, first[order], told_of_gaps(found, intake.time)


def check_rising(
    table: Table, times: NDArray[Any], rows: NDArray[np.int64], column: str, name: str
) -> None:
    """Raise DataError where time stands still or goes back, naming the place in the table.

    times (n,): those of its ``rows`` (n,). name: of the series, empty where the table is one.
    """
    back = np.flatnonzero(np.diff(times) <= 0)
    if not back.size:
        return
    before, row = (int(rows[back[0] + place]) for place in (0, 1))
    cells = table.column(column)
    key = "data.time_goes_back" if name else "data.time_goes_back_alone"
    raise DataError(
        key,
        column=column,
        line=table.line(row),
        value=str(cells[row]),
        before=str(cells[before]),
        name=shown(name),
    )


def told_of_gaps(found: Sequence[tuple[Gaps, str]], column: str | None) -> Notices:
    """What is told of the gaps in a column of times, each with the time that it follows: how many
    steps were put back, and how many places were left as they are."""
    notices = []
    for key, few in (("data.steps_put_back", True), ("data.steps_apart", False)):
        some = [(gaps, first) for gaps, first in found if gaps.are_few is few]
        if not some:
            continue
        gaps, first = some[0]
        count = sum(one.missing if few else len(one.after) for one, _ in some)
        told = {"count": count, "column": column, "first": first}
        notices.append(Notice(key, {**told, "step": gaps.length, "unit": gaps.unit}))
    return tuple(notices)


def answers_of(
    intake: Series,
    table: Table,
    targets: tuple[str, ...],
    task: str | None,
    first: NDArray[np.int64],
    names: Sequence[Any],
) -> NDArray[Any]:
    """The answer of each series (n, …); of a long table that of its first row, which all its rows
    must share."""
    y = target_values(table, targets, task)
    if intake.layout == "long" and intake.key is not None:
        keys = table.column(intake.key).cast(pl.String).fill_null("")
        place = dict(zip(names, first.tolist(), strict=True))
        firsts = np.asarray([place[key] for key in keys.to_list()])
        same = (y[firsts] == y) | ((y != y) & (y[firsts] != y[firsts]))
        wrong = np.flatnonzero(~np.asarray(same, np.bool_).reshape(len(y), -1).all(axis=1))
        if wrong.size:
            row = int(wrong[0])
            raise DataError(
                "data.answer_changes",
                line=table.line(row),
                name=shown(keys[row]),
                target=", ".join(targets),
            )
    found: NDArray[Any] = y[first]
    return found


def _part(
    intake: Series, table: Table, targets: tuple[str, ...], task: str | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    found, names, rows, _ = _read(intake, table)
    x, _ = intake.fitted(stacked(found, names)[0])
    return x, answers_of(intake, table, targets, task, rows, names)


def from_table(intake: Series, table: Table, coding: TargetCoding | None) -> Examples:
    """The series of a table, read in the way of ``intake``; with the answers that ``coding`` knows,
    if it is given."""
    found, names, rows, told = _read(intake, table)
    x, _, notices = stacked(found, names)
    x, cut = intake.fitted(x)
    y = None
    if coding is not None:
        y = answers_of(intake, table, coding.task.target_names, coding.task.kind, rows, names)
    return Examples(x, tuple(map(str, names)), y, (*told, *notices, *cut))


def ts_data(path: Path, task: str | None, valid: Any, test: Any) -> Data:
    """The series of a ``.ts`` file; ``valid`` and ``test`` are such files too."""
    found = _with_answers(path)
    x, lengths, notices = stacked(found.series, _numbered(found))
    channels = tuple(
        "value" if x.shape[2] == 1 else f"channel_{place + 1}" for place in range(x.shape[2])
    )
    intake = Series("ts", x.shape[1], channels, bool((lengths < x.shape[1]).any()))
    parts: dict[str, Any] = {}
    for part, given in (("valid", valid), ("test", test)):
        parts[part] = given
        if isinstance(given, str | Path):
            read = from_ts(replace(intake, is_padded=True), Path(given))
            parts[part] = (read.x, read.y)
            shorter = bool(np.isnan(read.x).any())
            intake = replace(intake, is_padded=intake.is_padded or shorter)
    return Data(
        x,
        found.y,
        task=task,
        name=path.stem,
        target_names=("class",),
        feature_names=channels,
        intake=intake,
        source=Source("ts", str(path)),
        notices=notices,
        **parts,
    )


def from_ts(intake: Series, path: Path) -> Examples:
    """The series of a ``.ts`` file, read in the way of ``intake``."""
    found = read_ts(path.expanduser())
    x, _, notices = stacked(found.series, _numbered(found))
    x, cut = intake.fitted(x)
    return Examples(x, (), found.y, (*notices, *cut))


def _with_answers(path: Path) -> TsFile:
    found = read_ts(path)
    if found.y is None:
        raise DataError("data.ts_no_answers", path=str(path))
    return found


def _numbered(found: TsFile) -> list[str]:
    return [f"{found.name} {place + 1}" for place in range(len(found.series))]


def forecast_data(
    table: Table, target: str | None, wishes: SeriesWishes, time: str | None, name: str
) -> Data:
    """The windows of one series, whose steps are the rows of a table, to foretell ``target``."""
    assert wishes.forecast is not None
    time = time or _time_column(table)
    numbers = tuple(one for one in table.names if one != time and _is_numbers(table, one))
    if target is None:
        if not numbers:
            raise _no_numbers(table, time)
        if len(numbers) != 1:
            raise DataError("data.forecast_what", known=listed(numbers))
        target = numbers[0]
    if target not in numbers:
        raise DataError("data.target_not_numbers", target=target, value="")
    times = None if time is None else time_values(table, time)
    season = wishes.season
    if season is None and times is not None and time is not None and _is_date(table, time):
        season = usual_season(times)
    window = wishes.window or max(2 * wishes.forecast, 2 * (season or 0), 8)
    intake = Forecast(target, numbers, window, wishes.forecast, time, season)
    values, told = series_of(intake, table)
    goal = values[:, numbers.index(target)]
    if (goal == goal[0]).all():
        raise DataError("data.series_constant", target=target, value=f"{goal[0]:g}")
    x, y = intake.windows(values)
    if len(x) < FEWEST_WINDOWS:
        raise DataError("data.too_few_windows", windows=len(x), horizon=intake.horizon)
    notices = [
        Notice("data.windows", {"count": len(x), "window": window, "horizon": intake.horizon})
    ]
    if time is None:
        notices.append(Notice("data.order_of_rows", {}))
    return Data(
        x.astype(np.float32),
        y,
        task="regression",
        name=name,
        target_names=intake.answers,
        feature_names=numbers,
        time=np.arange(len(x)),
        intake=intake,
        source=table.source,
        notices=(*notices, *told),
    )


def _no_numbers(table: Table, time: str | None) -> DataError:
    """The error for a table without a column of numbers: the first cell that stands in the way."""
    for name in table.names:
        series = table.column(name)
        faults = (series.is_not_null() & series.cast(pl.Float64, strict=False).is_null()).arg_true()
        if name != time and len(faults):
            row = int(faults[0])
            return DataError(
                "data.no_number", column=name, row=row + 1, value=str(series[row])[:60]
            )
    return DataError("data.forecast_what", known=listed(()))


def series_of(intake: Forecast, table: Table) -> tuple[Floats, Notices]:
    """The series (steps, channels) of a table with missing steps carried forward, those that its
    times leave out among them, and what is told of that."""
    values = np.stack([_numbers(table, name) for name in intake.channels], axis=1)
    told: Notices = ()
    if intake.time is not None and intake.time in table.names:
        times = time_values(table, intake.time)
        check_rising(table, times, np.arange(len(times)), intake.time, "")
        gaps = gaps_in(times, _is_date(table, intake.time))
        if gaps is not None:
            first = str(table.column(intake.time)[int(gaps.after[0])])
            told = told_of_gaps([(gaps, first)], intake.time)
            values = gaps.put_back(values) if gaps.are_few else values
    filled, count = carried_forward(values, intake.channels)
    carried = (Notice("data.steps_carried", {"count": count}),) if count else ()
    return filled, (*told, *carried)


def _time_column(table: Table) -> str | None:
    """The first column of dates, if there is one; raises DataError for one that nearly is."""
    found = next((name for name in table.names if _is_date(table, name)), None)
    for name in table.names if found is None else ():
        series = table.column(name)
        fault = first_that_is_no_date(series) if series.dtype == pl.String else None
        if fault is not None:
            raise DataError("data.no_date", column=name, row=fault[0] + 1, value=fault[1][:60])
    return found


def _is_date(table: Table, name: str) -> bool:
    series = table.column(name)
    if series.dtype == pl.String:
        return date_format(series) is not None
    return series.dtype in (pl.Date, pl.Datetime)


def _is_numbers(table: Table, name: str) -> bool:
    series = table.column(name)
    return series.dtype.is_numeric() or series.null_count() == len(series)


def _numbers(table: Table, name: str) -> Floats:
    numbers = as_numbers(table.column(name)).cast(pl.Float64).fill_null(float("nan")).to_numpy()
    infinite = np.flatnonzero(np.isinf(numbers))
    if infinite.size:
        raise DataError("data.infinite", column=name, row=int(infinite[0]) + 1)
    return numbers
