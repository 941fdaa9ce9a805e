"""The columns of a table: what each is, and the values of those with a special role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jaram.data.dates import date_format, first_that_is_no_date, read_dates
from jaram.data.encoding import as_numbers, as_words
from jaram.data.kinds import Column, ColumnKind, Role, infer_column
from jaram.data.numerals import numeral_format
from jaram.data.scaling import blocks
from jaram.data.table import Table
from jaram.errors import DataError


def describe_columns(
    table: Table, roles: Mapping[str, str], kinds: Mapping[str, ColumnKind]
) -> tuple[Column, ...]:
    """Every column of ``table`` with its kind and role, in order.

    If nothing else could be learned from, nor a single column of text, whole numbers that look like
    identifiers are numbers.
    """
    decimal = table.source.decimal or "."
    plain = _plain_numbers(table)
    columns = []
    for place, name in enumerate(table.names):
        if name in plain and name not in roles and name not in kinds:
            columns.append(plain[name])
            continue
        series = table.column(name)
        if name in roles:
            said = kinds.get(name)
            missing = series.null_count()
            kind: ColumnKind = said or ("category" if series.dtype == pl.String else "number")
            columns.append(
                Column(name, kind, cast("Role", roles[name]), str(series.dtype), missing)
            )
            continue
        columns.append(
            infer_column(series, said=kinds.get(name), is_first=place == 0, decimal=decimal)
        )
    texts = sum(column.kind == "text" for column in columns)
    if texts != 1 and not any(column.role == "feature" for column in columns):
        columns = [_number_after_all(column) for column in columns]
    return tuple(columns)


def _plain_numbers(table: Table) -> dict[str, Column]:
    """The columns of a large table that are numbers for certain: neither whole nor constant.

    The matrix is read once, block by block; column by column would go through its memory each time.
    """
    matrix = table.matrix()
    if matrix is None:
        return {}
    whole = np.ones(matrix.shape[1], np.bool_)
    missing = np.zeros(matrix.shape[1], np.int64)
    for part in blocks(matrix):
        block = matrix[part]
        absent = np.isnan(block)
        missing += absent.sum(axis=0)
        left = np.flatnonzero(whole)
        if left.size:
            some = block[:, left]
            whole[left] = ((np.floor(some) == some) | absent[:, left]).all(axis=0)
    return {
        name: Column(name, "number", "feature", "Float32", int(missing[j]))
        for j, name in enumerate(table.number_names)
        if not whole[j] and (matrix[:1000, j] != matrix[0, j]).any()
    }


def _number_after_all(column: Column) -> Column:
    is_number = column.kind == "identifier" and column.dtype.startswith(("Int", "UInt", "Float"))
    return replace(column, kind="number", role="feature") if is_number else column


def target_values(table: Table, targets: tuple[str, ...], task: str | None) -> NDArray[Any]:
    """The answers (n,) or (n, targets) as they came: text, truth values or numbers, NaN or None if
    missing. Text that is all numbers becomes numbers, unless classes are wanted."""
    columns = [_answers(table.column(name), task, len(targets) > 1) for name in targets]
    if len(columns) == 1:
        return columns[0]
    for name, column in zip(targets, columns, strict=True):
        if column.dtype.kind == "O":
            first = next((value for value in column if value is not None), "")
            raise DataError("data.target_not_numbers", target=name, value=str(first)[:60])
    return np.stack([column.astype(np.float64) for column in columns], axis=1)


def _answers(series: pl.Series, task: str | None, several: bool) -> NDArray[Any]:
    dtype = series.dtype
    if dtype == pl.String:
        wants_numbers = several or task in (None, "regression")
        written = numeral_format(series) if wants_numbers else None
        if written is not None:
            return as_numbers(series, written).to_numpy()
    elif dtype == pl.Boolean:
        if several or not series.null_count():
            values = (
                series.cast(pl.Float64).to_numpy() if series.null_count() else series.to_numpy()
            )
            return values.astype(np.float64) if several else values
        return np.asarray(series.to_list(), object)
    elif dtype.is_numeric():
        if dtype.is_integer() and not series.null_count():
            return series.to_numpy()
        return series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.asarray(as_words(series).to_list(), object)


def column_values(table: Table, name: str, role: str) -> NDArray[Any]:
    """The values (n,) of the column that groups or weighs the rows."""
    series = table.column(name)
    if role == "weight":
        try:
            return as_numbers(series).fill_null(float("nan")).to_numpy()
        except pl.exceptions.PolarsError:
            raise DataError("data.bad_weight") from None
    return np.asarray(as_words(series).fill_null("").to_list(), object)


def time_values(table: Table, name: str) -> NDArray[Any]:
    """The order (n,) of the column of times: microseconds, or its numbers. All must be there."""
    series = table.column(name)
    if series.dtype == pl.String or series.dtype.is_temporal():
        written = date_format(series) if series.dtype == pl.String else None
        fault = first_that_is_no_date(series) if series.dtype == pl.String else None
        if fault is not None:
            raise DataError("data.no_date", column=name, row=fault[0] + 1, value=fault[1][:60])
        if series.dtype == pl.String and written is None:
            raise DataError(
                "data.not_dates", column=name, value=str(series.drop_nulls().first())[:60]
            )
        series = read_dates(series, written).cast(pl.Int64)
    numbers = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    missing = np.flatnonzero(np.isnan(numbers))
    if missing.size:
        raise DataError("data.time_missing", column=name, row=int(missing[0]) + 1)
    return numbers
