"""Frames of other libraries, and dictionaries of columns, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from jaram.data.notices import shown
from jaram.data.table import Source, Table
from jaram.errors import DataError


def is_frame(value: object) -> bool:
    """Whether ``value`` is a table of named columns: a frame of some library, or a dictionary."""
    if isinstance(value, Table | pl.DataFrame | pl.LazyFrame | Mapping):
        return True
    module = type(value).__module__.partition(".")[0]
    return module in ("pandas", "pyarrow", "modin", "cudf", "duckdb", "dask", "ibis") and hasattr(
        value, "columns"
    )


def table_of(value: Any) -> Table:
    """The table of a frame; raises DataError if it is not one, or names a column twice."""
    if isinstance(value, Table):
        return value
    frame = _polars(value)
    if not frame.width:
        raise DataError("data.no_columns")
    return Table.from_frame(frame, Source(_library(value)))


def _library(value: object) -> str:
    return "dict" if isinstance(value, Mapping) else type(value).__module__.partition(".")[0]


def _polars(value: Any) -> pl.DataFrame:
    if isinstance(value, pl.DataFrame):
        return value
    if isinstance(value, pl.LazyFrame):
        return value.collect()
    try:
        if isinstance(value, Mapping):
            return pl.DataFrame({str(key): _column(column) for key, column in value.items()})
        names = [str(name) for name in getattr(value, "column_names", value.columns)]
        twice = (
            sorted({name for name in names if names.count(name) > 1}) if len(names) < 2000 else []
        )
        if twice:
            raise DataError("data.duplicate_columns", columns=", ".join(twice))
        if _library(value) == "pandas":
            value = _plain_pandas(value.set_axis(names, axis=1))
        import narwhals

        native: Any = narwhals.from_native(value)
        if hasattr(native, "collect"):
            native = native.collect()
        frame: pl.DataFrame = native.to_polars()
    except (TypeError, ValueError, pl.exceptions.PolarsError, ImportError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError("data.bad_frame", got=type(value).__name__, fault=shown(error)) from None
    return frame


def _plain_pandas(frame: Any) -> Any:
    """A pandas frame whose periods are dates and whose intervals are text, which polars knows."""
    kinds = {name: type(frame[name].dtype).__name__ for name in frame.columns}
    periods = {
        name: frame[name].dt.to_timestamp() for name in kinds if kinds[name] == "PeriodDtype"
    }
    intervals = {name: frame[name].astype(str) for name in kinds if kinds[name] == "IntervalDtype"}
    return frame.assign(**periods, **intervals) if periods or intervals else frame


def _column(values: Any) -> Any:
    if hasattr(values, "ndim") and values.ndim != 1:
        raise ValueError("a column has one axis")
    return values
