"""The summary of data for a report: columns, classes, split and source, as plain JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from jaram.data.data import Data
from jaram.data.dates import read_dates
from jaram.data.encoding import as_numbers, as_words
from jaram.data.kinds import Column
from jaram.data.notices import Notice, listed, shown
from jaram.data.scaling import Moments
from jaram.data.splits import Split
from jaram.data.splitting import split_kind
from jaram.data.stored import stored
from jaram.data.targets import Answers
from jaram.data.tokens import Tokens

if TYPE_CHECKING:
    from jaram.data.options import PrepareOptions

TOP = 10
"""How many levels of a category are listed."""


def summarize(
    data: Data, split: Split, answered: int, options: PrepareOptions
) -> tuple[dict[str, Any], tuple[Notice, ...]]:
    """The summary of ``data`` as it came, and notices of what a person should know."""
    columns, constant = _array_columns(data) if data.table is None else _table_columns(data)
    notices: list[Notice] = []
    if constant:
        notices.append(Notice("data.constant_columns", {"columns": listed(constant)}))
    lost = data.n - answered
    if lost:
        target = ", ".join(data.task.target_names)
        notices.append(Notice("data.rows_without_target", {"count": lost, "target": target}))
    coded = data.coding.encode(data.y[split.train])
    summary: dict[str, Any] = {
        "name": data.name,
        "rows": data.n,
        "rows_without_target": lost,
        "source": data.source.to_json(),
        "task": data.task.to_json(),
        "columns": columns,
        "target": _target(data, split, coded),
        "split": {"kind": split_kind(data, options), "seed": options.split_seed},
    }
    return summary, tuple(notices)


def _target(data: Data, split: Split, coded: Answers) -> dict[str, Any]:
    task = data.task
    parts = {"train": split.train, "valid": split.valid, "test": split.test}
    if task.has_classes:
        counts = {
            name: np.bincount(data.coding.encode(data.y[rows]), minlength=len(task.classes))
            for name, rows in parts.items()
            if rows.size
        }
        total = np.sum(list(counts.values()), axis=0)
        return {
            "classes": {name: int(n) for name, n in zip(task.classes, total, strict=True)},
            "by_part": {name: part.tolist() for name, part in counts.items()},
        }
    if task.has_steps:
        coded_parts = {name: data.coding.encode(data.y[rows]) for name, rows in parts.items()}
        return {"steps": {name: _steps(part) for name, part in coded_parts.items() if len(part)}}
    if task.kind == "multilabel":
        shares = coded.mean(axis=0)
        return {
            "labels": {
                name: round(float(share), 6)
                for name, share in zip(task.classes, shares, strict=True)
            }
        }
    values = data.y[np.concatenate(list(parts.values()))].reshape(-1, task.outputs)
    moments = Moments(values)
    return {"targets": [_numbers(moments, j) for j in range(task.outputs)]}


def _steps(classes: Answers) -> dict[str, Any]:
    """How many steps of a part have an answer, and which share of them has the most frequent."""
    counts = np.bincount(classes[classes >= 0].astype(np.int64))
    total = int(counts.sum())
    return {"count": total, "majority": round(float(counts.max() / total), 6) if total else 0.0}


def _numbers(moments: Moments, j: int) -> dict[str, float]:
    return {
        "min": float(moments.low[j]),
        "mean": float(moments.mean[j]),
        "max": float(moments.high[j]),
    }


def _array_columns(data: Data) -> tuple[list[dict[str, Any]], list[str]]:
    assert data.x is not None
    if isinstance(data.intake, Tokens):
        return [], []
    x = data.x
    moments = Moments(stored(x))
    count = len(x) * int(np.prod(x.shape[1:-1]))
    columns: list[dict[str, Any]] = []
    constant: list[str] = []
    for j, name in enumerate(data.feature_names):
        if moments.high[j] == moments.low[j]:
            constant.append(name)
        columns.append(
            {
                "name": name,
                "kind": "number",
                "role": "feature",
                "missing": int(count - moments.count[j]),
                **_numbers(moments, j),
            }
        )
    return columns, constant


def _table_columns(data: Data) -> tuple[list[dict[str, Any]], list[str]]:
    assert data.table is not None
    matrix = data.table.matrix()
    moments = None if matrix is None else Moments(matrix)
    place = {name: j for j, name in enumerate(data.table.number_names)}
    described: list[dict[str, Any]] = []
    for column in data.columns:
        facts: dict[str, Any] = {
            "name": column.name,
            "kind": column.kind,
            "role": column.role,
            "missing": column.missing,
        }
        if moments is not None and column.name in place and column.kind == "number":
            facts |= _numbers(moments, place[column.name])
        elif column.role != "left out":
            facts |= _facts(data.table.column(column.name), column)
        described.append(facts)
    return described, [column.name for column in data.columns if column.kind == "constant"]


def _facts(series: pl.Series, column: Column) -> dict[str, Any]:
    """Range of a number, first and last date, most frequent levels."""
    if column.kind == "number":
        if series.dtype in (pl.Categorical, pl.Enum):  # a target; its counts stand elsewhere
            return {}
        values = as_numbers(series, column.numerals).to_numpy()
        if np.isnan(values).all():
            return {}
        return _numbers(Moments(values[:, np.newaxis]), 0)
    if column.kind == "date":
        dates = read_dates(series, column.date_format)
        return {"first": str(dates.min()), "last": str(dates.max())}
    words = as_words(series).drop_nulls().rename("level")
    counts = words.value_counts(sort=True).sort(["count", "level"], descending=[True, False])
    top = counts.head(TOP).rows()
    return {
        "distinct": counts.height,
        "top": [[shown(level), int(count)] for level, count in top],
    }
