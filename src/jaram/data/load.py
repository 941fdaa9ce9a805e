"""Loading: from a name, a file or a frame to :class:`~jaram.data.data.Data`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.builtin import (
    FROM_SKLEARN,
    NAMES,
    SHIPPED,
    shipped_table,
    sklearn_set,
    synthetic_set,
)
from jaram.data.columns import column_values, describe_columns, target_values, time_values
from jaram.data.data import Data
from jaram.data.files import check_file, read_file
from jaram.data.frames import is_frame, table_of
from jaram.data.kinds import column_kind
from jaram.data.notices import Notice, listed, shown
from jaram.data.preparation import Preparation
from jaram.data.synthetic import PROBLEMS
from jaram.data.table import Table
from jaram.data.target_choice import choose_columns, choose_targets
from jaram.errors import DataError
from jaram.messages.nearest import suggestion


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
) -> Data:
    """Data to learn ``target`` from the other columns.

    ``source`` is a file (CSV and relatives, Parquet, Arrow, a spreadsheet, ``.npz`` with arrays
    ``x`` and ``y``), a frame of polars, pandas or Arrow, a dictionary of columns, or the name of a
    built-in set: "penguins", "iris", "wine", "breast_cancer", "digits", "diabetes", and "xor",
    "circles", "moons", "spirals", "blobs", "sine", which are made of ``n`` examples with ``noise``
    from ``seed``.

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

    Raises DataError, which names the file, line or column and says what would be right.
    """
    if isinstance(source, Data):
        return source
    wishes = _Wishes(target, task, dict(kinds or {}), group, time, weight)
    reading: dict[str, Any] = {
        "header": header,
        "encoding": encoding,
        "delimiter": delimiter,
        "decimal": decimal,
        "sheet": sheet,
    }
    if isinstance(source, str) and source in NAMES:
        if source not in SHIPPED:
            wishes.refuse_for_arrays(source)
        if source in FROM_SKLEARN:
            return sklearn_set(source, task)
        if source in PROBLEMS:
            return synthetic_set(source, n, noise, seed)
        if source in SHIPPED:
            wishes = replace(wishes, target=SHIPPED[source] if target is None else target)
            return _data_of(shipped_table(source), wishes, source)
    arrays = _arrays_in(source)
    if arrays is not None:
        return Data(*arrays, task=task, valid=valid, test=test, name=Path(source).stem)
    table = load_frame(source, apart=wishes.exact, **reading)
    name = Path(table.source.path).stem if table.source.path else ""
    data = _data_of(table, wishes, name)
    if valid is None and test is None:
        return data
    parts = {
        part: None if given is None else _part(given, data, reading)
        for part, given in (("valid", valid), ("test", test))
    }
    return _with_parts(data, **parts)


def load_frame(
    source: Any,
    *,
    header: bool | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    sheet: str | int | None = None,
    apart: Any = None,
) -> Table:
    """The columns of a file or frame, whatever is to be learned: what a prediction needs."""
    if is_frame(source):
        return table_of(source)
    if isinstance(source, np.ndarray):
        if source.ndim != 2:
            raise DataError("data.not_a_source", got=f"array {source.shape}")
        return table_of({f"column_{j + 1}": source[:, j] for j in range(source.shape[1])})
    if not isinstance(source, str | Path):
        raise DataError("data.not_a_source", got=type(source).__name__)
    if isinstance(source, str) and source in SHIPPED:
        return shipped_table(source)
    path = Path(source).expanduser()
    if isinstance(source, str) and not path.suffix and not path.exists():
        raise DataError(
            "data.no_such_source",
            source=shown(source),
            known=", ".join(NAMES),
            suggestion=suggestion(source, NAMES),
        )
    return read_file(
        path,
        header=header,
        encoding=encoding,
        delimiter=delimiter,
        decimal=decimal,
        sheet=sheet,
        apart=apart or (lambda names: set()),
    )


def load_for(preparation: Preparation, source: Any, **reading: Any) -> Data:
    """Data for a fitted preparation: the same columns and target, coded by its classes.

    For evaluating a run on new data. Raises DataError if the target or a column is not there.
    """
    if isinstance(source, Data):
        return source
    table = load_frame(source, **reading)
    coding = preparation.coding
    y = target_values(table, coding.task.target_names, coding.task.kind)
    return Data(None, y, coding=coding, table=table, source=table.source)


@dataclass(frozen=True)
class _Wishes:
    """What a person said about the columns."""

    target: Any
    task: str | None
    kinds: dict[str, str]
    group: str | None
    time: str | None
    weight: str | None

    def refuse_for_arrays(self, name: str) -> None:
        """Raise DataError if a column is spoken of: a set made of arrays has none."""
        for wish in ("target", "kinds", "group", "time", "weight"):
            if getattr(self, wish) not in (None, {}):
                raise DataError("data.set_is_fixed", name=name, wish=wish)

    def exact(self, names: list[str]) -> set[str]:
        """The columns of a large file that must keep their exact type."""
        targets, _ = choose_targets(names, self.target)
        return {
            *targets,
            *(one for one in (self.group, self.time, self.weight) if one),
            *self.kinds,
        }


def _data_of(table: Table, wishes: _Wishes, name: str) -> Data:
    """The data of a table: its target taken apart, its other columns understood."""
    names = list(table.names)
    targets, assumed = choose_targets(names, wishes.target)
    special = choose_columns(
        table, {"group": wishes.group, "time": wishes.time, "weight": wishes.weight}
    )
    for column in targets:
        if column in special.values():
            raise DataError("data.two_roles", column=column)
    kinds = {column: column_kind(kind) for column, kind in wishes.kinds.items()}
    for column in kinds:
        if column not in names:
            raise table.no_column(column)
    task = wishes.task
    if task is None and len(targets) == 1 and kinds.get(targets[0]) in ("category", "number"):
        task = "classification" if kinds[targets[0]] == "category" else "regression"
    if table.rows < 2:
        raise DataError("data.too_few_rows", rows=table.rows)
    roles = {column: role for role, column in special.items()} | dict.fromkeys(targets, "target")
    columns = describe_columns(table, roles, kinds)
    notices: list[Notice] = []
    if table.source.has_header is False:
        notices.append(Notice("data.no_header", {"columns": listed(names)}))
    if assumed:
        notices.append(Notice("data.target_assumed", {"target": targets[0]}))
    for kind in ("identifier", "text"):
        left_out = [one.name for one in columns if one.kind == kind and one.role == "left out"]
        if left_out:
            notices.append(Notice(f"data.left_out_{kind}", {"columns": listed(left_out)}))
    return Data(
        None,
        target_values(table, tuple(targets), task),
        task=task,
        weight=None
        if "weight" not in special
        else column_values(table, special["weight"], "weight"),
        group=None if "group" not in special else column_values(table, special["group"], "group"),
        time=None if "time" not in special else time_values(table, special["time"]),
        name=name,
        target_names=targets,
        table=table,
        columns=columns,
        source=table.source,
        notices=tuple(notices),
    )


def _part(given: Any, data: Data, reading: Mapping[str, Any]) -> Data:
    """A part that was given apart, with the target of ``data``."""
    if isinstance(given, Data):
        return given
    table = load_frame(given, **reading)
    y = target_values(table, data.task.target_names, data.task.kind)
    return Data(None, y, coding=data.coding, table=table, columns=data.columns)


def _with_parts(data: Data, valid: Data | None, test: Data | None) -> Data:
    return Data(
        None,
        data.y,
        coding=data.coding,
        valid=valid,
        test=test,
        weight=data.weight,
        name=data.name,
        group=data.group,
        time=data.time,
        table=data.table,
        columns=data.columns,
        source=data.source,
        notices=data.notices,
    )


def _arrays_in(source: Any) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """The arrays ``x`` and ``y`` of an ``.npz`` file; None for other sources. Never unpickles."""
    if not isinstance(source, str | Path) or Path(source).suffix.lower() != ".npz":
        return None
    path = Path(source)
    check_file(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name.lower(): file[name] for name in file.files}
    except Exception as error:  # zipfile, zlib, struct and NumPy each raise their own
        raise DataError("data.unreadable", path=str(path), fault=shown(error)) from None
    x, y = (next((arrays[k] for k in keys if k in arrays), None) for keys in _ARRAY_NAMES)
    if x is None or y is None:
        raise DataError("data.npz_names", path=str(path), known=listed(arrays))
    return x, y


_ARRAY_NAMES = (("x", "x_train", "data"), ("y", "y_train", "target", "labels"))
