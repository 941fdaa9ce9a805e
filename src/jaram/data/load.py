"""Loading: from a name, a file, a folder or a frame to :class:`~jaram.data.data.Data`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jaram.data.arrays import array_data, arrays_in, folder_of_arrays
from jaram.data.builtin import (
    MADE_UP,
    NAMES,
    SHIPPED,
    shipped_table,
    sklearn_set,
    synthetic_set,
)
from jaram.data.data import Data
from jaram.data.folders import parts_in
from jaram.data.from_table import data_of, load_frame, part_of, special_values, with_parts
from jaram.data.language_sources import load_language
from jaram.data.notices import Notice
from jaram.data.picture_files import FitKind
from jaram.data.picture_sources import brings, folder_data, path_column, table_data
from jaram.data.pictures import ColorKind, PictureWishes
from jaram.data.series import SeriesWishes
from jaram.data.series_sources import forecast_data, table_series, ts_data
from jaram.data.table import Table
from jaram.data.target_choice import choose_columns, choose_targets, column_named
from jaram.data.task import task_kind
from jaram.data.text import MOST_UNITS, TextWishes
from jaram.data.text_sources import folder_table, holds_texts
from jaram.data.ts_file import is_ts
from jaram.data.vocabulary import UnitKind
from jaram.data.wishes import Wishes


def load(
    source: Any,
    target: str | int | list[str | int] | tuple[str | int, ...] | None = None,
    *,
    task: str | None = None,
    kinds: Mapping[str, str] | None = None,
    group: str | None = None,
    time: str | None = None,
    weight: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    sheet: str | int | None = None,
    valid: Any = None,
    test: Any = None,
    n: int = 500,
    noise: float | None = None,
    seed: int = 0,
    size: int | tuple[int, int] | None = None,
    fit: FitKind = "resize",
    color: ColorKind = "auto",
    skip_bad: bool = False,
    text: str | None = None,
    unit: UnitKind | None = None,
    length: int | None = None,
    vocabulary: int = MOST_UNITS,
    min_count: int = 2,
    series: str | None = None,
    forecast: int | None = None,
    window: int | None = None,
    season: int | None = None,
) -> Data:
    """Data to learn ``target`` from the other columns.

    ``source`` is a file (CSV and relatives, Parquet, Arrow, a spreadsheet, ``.npz`` with arrays
    ``x`` and ``y``), a frame of polars, pandas or Arrow, a dictionary of columns, or the name of a
    built-in set: "penguins", "iris", "wine", "breast_cancer", "digits", "diabetes", the
    pictures "digits_pictures", the texts "film_reviews", and "xor", "circles", "moons", "spirals",
    "blobs", "sine", which are made of ``n`` examples with ``noise`` from ``seed``; the series
    "adding_problem", "recall_task", "copy_task" and "neighbours" are made alike, of ``length``
    steps (50).

    - ``target``: a column's name, its number from 1 (-1 is the last), "last", or several of these.
      If it is not given, a column called like one ("target", "label", "class", "y", "정답", …) is
      taken if it is the only one or the last;
    - ``task``: "regression", "binary", "multiclass", "multilabel" or "classification" instead of
      what :mod:`jaram.data.targets` infers; ``kinds``: column → "number", "category", "date",
      "text", "identifier" instead of what :mod:`jaram.data.kinds` infers;
    - ``group``, ``time``, ``weight``: columns that split by group or time, or weigh the rows;
    - ``header``, ``encoding``, ``delimiter``, ``decimal``, ``sheet``: how the file is written, each
      found by itself if it is not given;
    - ``valid``, ``test``: parts that come apart, as anything ``source`` can be.

    Pictures are read from a folder with a folder for each class (in folders ``train``, ``valid``,
    ``test``, if there are parts), from a table with a column of paths, which lie in or below the
    table's own folder, or from IDX files, compressed or not (the labels lie beside the pictures).
    They become one size and all gray or all in colour:

    - ``size``: both sides in pixels, or (height, width); else the size that all have, or the
      median of theirs, 96 at most;
    - ``fit``: "resize" stretches, "crop" cuts what hangs over evenly, "pad" adds black;
    - ``color``: "gray", "color", or "auto": gray if every file is;
    - ``skip_bad``: leave out files that can't be read and count them, instead of raising.

    Text is learned from if it is the only column that can be, or is named; or read from a folder
    with a folder for each class, or with a file for each class that has a text in each line:

    - ``text``: the column; ``unit``: "character", "word" or "jamo", else by the language;
    - ``length``: units of an example, else the 95th percentile of the training part's;
      ``vocabulary`` and ``min_count``: how many units are known at most, and how often one must
      come;
    - ``task="language"``: a language model of the running text in a file, a folder or a column
      (texts are joined by line breaks): windows of ``length`` units (100), by character if
      ``unit`` says no other, and what comes next as the answer;

    Series are read from a ``.ts`` file, or from a table:

    - ``series``: "wide" if a row is a series and its columns of numbers are the steps, or the
      column of a long table whose equal values make one series, in the order of ``time``;
    - ``forecast``: steps ahead to foretell ``target`` from the ``window`` steps before, in a table
      whose rows are the steps of one series; ``season``: after how many steps things repeat.

    Raises DataError, which names the file, line or column and says what would be right.
    """
    if isinstance(source, Data):
        return source
    said = {name: value for name, value in locals().items() if name != "source"}
    wishes = Wishes(
        target,
        task,
        dict(kinds or {}),
        group,
        time,
        weight,
        PictureWishes(size, fit, color, skip_bad),
        TextWishes(text, unit, length, vocabulary, min_count),
        SeriesWishes(series, forecast, window, season),
    )
    reading: dict[str, Any] = {
        "header": header,
        "encoding": encoding,
        "delimiter": delimiter,
        "decimal": decimal,
        "sheet": sheet,
    }
    if isinstance(source, str) and source in NAMES and source not in SHIPPED:
        wishes.refuse_for_arrays(source)
        if source in MADE_UP:
            return synthetic_set(source, n, noise, seed, length)
        return sklearn_set(source, task)
    said |= {name: str(said[name]) for name in ("valid", "test") if isinstance(said[name], Path)}
    how = {name: value for name, value in said.items() if value is not None and _is_plain(value)}
    return _loaded(source, wishes, reading, valid, test).remembering(how)


def _is_plain(value: Any) -> bool:
    """Whether a value is written as JSON and read again the same."""
    if isinstance(value, Mapping):
        return all(isinstance(one, str) for one in (*value, *value.values()))
    if isinstance(value, list | tuple):
        return all(isinstance(one, str | int) for one in value)
    return isinstance(value, str | int | float)


def _loaded(source: Any, wishes: Wishes, reading: dict[str, Any], valid: Any, test: Any) -> Data:
    """The data in a file, a folder, a frame or a shipped set."""
    if wishes.task is not None and task_kind(wishes.task) == "language":
        return load_language(source, wishes, reading, valid, test)
    if isinstance(source, str) and source in SHIPPED:
        target = SHIPPED[source] if wishes.target is None else wishes.target
        return data_of(shipped_table(source), replace(wishes, target=target), source)
    apart: dict[str, Any] = {"task": wishes.task, "valid": valid, "test": test}
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        if path.is_dir():
            return _folder(path, wishes, reading["encoding"], apart)
        if is_ts(path):
            return ts_data(path, **apart)
        arrays = arrays_in(path)
        if arrays is not None:
            return array_data(arrays, path, **apart)
    table = load_frame(source, apart=wishes.exact, **reading)
    name = Path(table.source.path).stem if table.source.path else ""
    if wishes.series.forecast is not None:
        target = wishes.target[0] if isinstance(wishes.target, list | tuple) else wishes.target
        column = None if target is None else column_named(list(table.names), target)
        return forecast_data(table, column, wishes.series, wishes.time, name)
    targets, _ = choose_targets(list(table.names), wishes.target)
    parts = [None if part is None else _table_of(part, reading) for part in (valid, test)]
    if wishes.series.layout is not None:
        return table_series(table, targets, wishes.series, wishes.time, wishes.task, name, *parts)
    column = path_column(table, targets)
    if column is not None and column not in wishes.kinds and brings(table, column, targets):
        return _pictures_of(table, column, wishes, name, *parts)
    data = data_of(table, wishes, name)
    if valid is None and test is None:
        return data
    return with_parts(data, *(None if one is None else part_of(one, data) for one in parts))


def _table_of(part: Any, reading: dict[str, Any]) -> Any:
    return part if isinstance(part, Data) else load_frame(part, **reading)


def _folder(path: Path, wishes: Wishes, encoding: str | None, apart: dict[str, Any]) -> Data:
    """The data in a folder: IDX files, pictures or texts."""
    if wishes.target in ("class", ["class"]):  # what the classes of a folder are called in a run
        wishes = replace(wishes, target=None)
    wishes.refuse_for_arrays(str(path))
    found = folder_of_arrays(path, **apart)
    if found is not None:
        return found
    if not holds_texts(path):
        return folder_data(path, wishes.pictures, **apart)
    return _text_folder(path, wishes, encoding, apart)


def _text_folder(path: Path, wishes: Wishes, encoding: str | None, apart: dict[str, Any]) -> Data:
    """The texts in a folder; parts in folders above the classes are taken as such."""
    given = parts_in(path)
    wishes = replace(wishes, target="class", text=replace(wishes.text, column="text"))
    data = data_of(folder_table(given.get("train", path), encoding), wishes, path.name)
    parts = []
    for part in ("valid", "test"):
        place: Any = apart[part] if apart[part] is not None else given.get(part)
        is_folder = isinstance(place, str | Path) and Path(place).is_dir()
        table: Any = folder_table(Path(place), encoding) if is_folder else place
        parts.append(None if table is None else part_of(table, data))
    return with_parts(data, *parts) if any(parts) else data


def _pictures_of(
    table: Table,
    column: str,
    wishes: Wishes,
    name: str,
    valid: Table | None,
    test: Table | None,
) -> Data:
    """The pictures that a column of paths names, and the answers beside them."""
    targets, assumed = choose_targets(list(table.names), wishes.target)
    special = choose_columns(
        table, {"group": wishes.group, "time": wishes.time, "weight": wishes.weight}
    )
    notices = (Notice("data.target_assumed", {"target": targets[0]}),) if assumed else ()
    return table_data(
        table,
        column,
        tuple(targets),
        wishes.pictures,
        task=wishes.task,
        name=name,
        notices=notices,
        special=special_values(table, special),
        valid=valid,
        test=test,
    )
