"""Columns of a table as numbers: sources of numbers, and categories.

Both are fitted values: frozen, readable as JSON, and applied in the same way to the training part
and to a table that comes a year later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jaram.data.dates import date_part, days_since_1970, parts_of, read_dates
from jaram.data.kinds import Column
from jaram.data.notices import Notice, listed
from jaram.data.numerals import NumeralFormat, read_numerals
from jaram.errors import DataError

CategoryKind = Literal["onehot", "embed"]
CATEGORY_KINDS: tuple[CategoryKind, ...] = get_args(CategoryKind)


@dataclass(frozen=True)
class NumberSource:
    """Where one number of an example comes from: a column, or a part of a column of dates.

    ``part`` is "value", or one of :data:`jaram.data.dates.PARTS`; ``origin`` is the first day of
    the training part, in days since 1970.
    """

    column: str
    part: str = "value"
    numerals: NumeralFormat | None = None
    date_format: str | None = None
    origin: float = 0.0

    @property
    def feature(self) -> str:
        """The name of the number: ``age``, or ``joined:month``."""
        return self.column if self.part == "value" else f"{self.column}:{self.part}"

    def read(self, series: pl.Series) -> NDArray[np.floating[Any]]:
        """The numbers of ``series`` (n,), float64 (float32 stays), NaN where there is none.

        Raises DataError for an infinite number, with its row.
        """
        if self.part != "value":
            dates = read_dates(series, self.date_format)
            return date_part(dates, self.part, self.origin).to_numpy()
        numbers = as_numbers(series, self.numerals).to_numpy()
        infinite = np.isinf(numbers)
        if infinite.any():
            row = int(np.flatnonzero(infinite)[0]) + 1
            raise DataError("data.infinite", column=self.column, row=row)
        return numbers

    def to_json(self) -> dict[str, Any]:
        """The source as plain JSON values."""
        table: dict[str, Any] = {"column": self.column, "part": self.part}
        if self.part != "value":
            table |= {"date_format": self.date_format, "origin": self.origin}
        elif self.numerals is not None:
            table["numerals"] = self.numerals.to_json()
        return table

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> NumberSource:
        """The inverse of :meth:`to_json`."""
        numerals = table.get("numerals")
        return cls(
            str(table["column"]),
            str(table["part"]),
            None if numerals is None else NumeralFormat.from_json(numerals),
            table.get("date_format"),
            float(table.get("origin", 0.0)),
        )


def as_numbers(series: pl.Series, numerals: NumeralFormat | None = None) -> pl.Series:
    """A column as floats: truth values are 0 and 1, times seconds, text is read as numerals."""
    dtype = series.dtype
    if dtype == pl.String:
        return read_numerals(series, numerals or NumeralFormat())
    if dtype == pl.Duration:
        return series.dt.total_microseconds().cast(pl.Float64) / 1e6
    if dtype == pl.Time:
        return series.cast(pl.Int64).cast(pl.Float64) / 1e9
    if dtype in (pl.Float32, pl.Float64):
        return series
    try:
        return series.cast(pl.Float64, strict=False)
    except pl.exceptions.PolarsError:
        raise DataError("data.not_numbers", column=series.name, value=str(dtype)) from None


@dataclass(frozen=True)
class Category:
    """A column of categories: its levels in the training part, in the order of their codes.

    ``has_missing`` tells that values were missing in training; missing is then a level of its own,
    the last. A level that was never seen is *unknown*: all zeros when one-hot, code 0 when
    embedded.
    """

    column: str
    levels: tuple[str, ...]
    has_missing: bool

    @classmethod
    def fit(cls, series: pl.Series) -> Category:
        """The category of a training part."""
        words = as_words(series)
        levels = words.drop_nulls().unique().to_list()
        return cls(series.name, tuple(sorted(levels, key=_by_number)), words.null_count() > 0)

    @property
    def width(self) -> int:
        """The number of one-hot columns."""
        return len(self.levels) + self.has_missing

    @property
    def cardinality(self) -> int:
        """The number of codes when embedded: levels, unknown (0), and missing if it was seen."""
        return self.width + 1

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the one-hot columns: ``sex=male``."""
        missing = (f"{self.column}:missing",) if self.has_missing else ()
        return (*(f"{self.column}={level}" for level in self.levels), *missing)

    def codes(self, series: pl.Series) -> tuple[NDArray[np.int64], tuple[Notice, ...]]:
        """The codes (n,) of ``series``, 0 for unknown, and what there is to say about those."""
        words = as_words(series)
        known = dict(zip(self.levels, range(1, len(self.levels) + 1), strict=True))
        codes = words.replace_strict(known, default=0, return_dtype=pl.Int64)
        missing = words.is_null().to_numpy()
        found = codes.fill_null(0).to_numpy().copy()
        found[missing] = len(self.levels) + 1 if self.has_missing else 0
        notices = []
        unseen = words.filter(pl.Series((found == 0) & ~missing))
        if len(unseen):
            notices.append(
                Notice(
                    "data.unseen_levels",
                    {
                        "column": self.column,
                        "count": len(unseen),
                        "levels": listed(unseen.unique(maintain_order=True).to_list()),
                    },
                )
            )
        if missing.any() and not self.has_missing:
            values = {"column": self.column, "count": int(missing.sum())}
            notices.append(Notice("data.newly_missing", values))
        return found, tuple(notices)

    def to_json(self) -> dict[str, Any]:
        """The category as plain JSON values."""
        return {"column": self.column, "levels": list(self.levels), "missing": self.has_missing}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Category:
        """The inverse of :meth:`to_json`."""
        return cls(str(table["column"]), tuple(table["levels"]), bool(table["missing"]))


def as_words(series: pl.Series) -> pl.Series:
    """The levels of a column as text; a whole number is without a point, whatever its type."""
    if series.dtype == pl.String:
        return series
    if series.dtype.is_float():
        values = series.fill_nan(None)
        whole = (values % 1 == 0) & (values.abs() < 2**53)
        return pl.select(
            pl.when(whole)
            .then(values.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(values.cast(pl.String))
        ).to_series()
    return series.cast(pl.String)


def _by_number(level: str) -> tuple[int, float, str]:
    try:
        return 0, float(level), level
    except ValueError:
        return 1, 0.0, level


def sources_of(column: Column, series: pl.Series) -> tuple[NumberSource, ...]:
    """The numbers that come of a column of kind number or date; ``series`` is its training part."""
    if column.kind == "number":
        return (NumberSource(column.name, numerals=column.numerals),)
    dates = read_dates(series, column.date_format)
    first = days_since_1970(dates).min()
    origin = float(first) if isinstance(first, float) else 0.0
    return tuple(
        NumberSource(column.name, part, date_format=column.date_format, origin=origin)
        for part in parts_of(dates)
    )
