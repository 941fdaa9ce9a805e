"""Tables as data: the target taken apart, the other columns understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jaram.data.builtin import NAMES, SHIPPED, shipped_table
from jaram.data.columns import column_values, describe_columns, target_values, time_values
from jaram.data.data import Data
from jaram.data.files import read_file
from jaram.data.frames import is_frame, table_of
from jaram.data.kinds import Column, column_kind
from jaram.data.notices import Notice, listed, shown
from jaram.data.preparation import Preparation
from jaram.data.table import Table
from jaram.data.target_choice import choose_columns, choose_targets
from jaram.data.task import task_kind
from jaram.data.text import TextWishes
from jaram.data.wishes import Wishes
from jaram.errors import DataError
from jaram.messages.nearest import suggestion

_USABLE = ("number", "category", "date")
"""Kinds of columns that would be learned from if there were no text."""


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


def data_of(table: Table, wishes: Wishes, name: str) -> Data:
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
    if task is not None and task_kind(task) == "tagging":
        raise DataError("data.tagging_table")
    if task is None and len(targets) == 1 and kinds.get(targets[0]) in ("category", "number"):
        task = "classification" if kinds[targets[0]] == "category" else "regression"
    if table.rows < 2:
        raise DataError("data.too_few_rows", rows=table.rows)
    roles = {column: role for role, column in special.items()} | dict.fromkeys(targets, "target")
    columns = describe_columns(table, roles, kinds)
    columns, text = _with_text(table, columns, wishes)
    notices: list[Notice] = []
    if table.source.has_header is False:
        notices.append(Notice("data.no_header", {"columns": listed(names)}))
    if assumed:
        notices.append(Notice("data.target_assumed", {"target": targets[0]}))
    for kind in ("identifier", "text"):
        left_out = [one.name for one in columns if one.kind == kind and one.role == "left out"]
        if left_out:
            notices.append(Notice(f"data.left_out_{kind}", {"columns": listed(left_out)}))
    if text is not None:
        beside = [one.name for one in columns if one.role == "left out" and one.kind in _USABLE]
        if beside:
            told = {"columns": listed(beside), "column": text.column}
            notices.append(Notice("data.left_out_beside", told))
    return Data(
        None,
        target_values(table, tuple(targets), task),
        task=task,
        **special_values(table, special),
        name=name,
        target_names=targets,
        table=table,
        columns=columns,
        source=table.source,
        notices=tuple(notices),
        text=text,
    )


def _with_text(
    table: Table, columns: tuple[Column, ...], wishes: Wishes
) -> tuple[tuple[Column, ...], TextWishes | None]:
    """The columns, if one is learned from as text with the others left out; and what is known of
    it. That is the column that was named or, where no other can be used, the only one of text."""
    name = wishes.text.column
    if name is None:
        texts = [one.name for one in columns if one.kind == "text" and one.role == "left out"]
        if len(texts) != 1 or any(one.role == "feature" for one in columns):
            return columns, None
        (name,) = texts
    elif name not in table.names:
        raise table.no_column(name)
    elif any(one.name == name and one.role not in ("feature", "left out") for one in columns):
        raise DataError("data.two_roles", column=name)
    kept = tuple(
        replace(one, kind="text", role="feature", numerals=None, date_format=None)
        if one.name == name
        else replace(one, role="left out")
        if one.role == "feature"
        else one
        for one in columns
    )
    return kept, wishes.text.of(name)


def special_values(table: Table, special: Mapping[str, str]) -> dict[str, Any]:
    """The values (n,) of the columns with a role, None for a role that no column has."""
    return {
        "group": column_values(table, special["group"], "group") if "group" in special else None,
        "weight": column_values(table, special["weight"], "weight")
        if "weight" in special
        else None,
        "time": time_values(table, special["time"]) if "time" in special else None,
    }


def part_of(given: Any, data: Data, **reading: Any) -> Data:
    """A part that was given apart, with the target of ``data``."""
    if isinstance(given, Data):
        return given
    table = load_frame(given, **reading)
    y = target_values(table, data.task.target_names, data.task.kind)
    return Data(None, y, coding=data.coding, table=table, columns=data.columns)


def with_parts(data: Data, valid: Data | None, test: Data | None) -> Data:
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
        text=data.text,
    )
