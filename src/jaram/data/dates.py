"""Dates: recognised in text, and made into numbers a network can use."""

from __future__ import annotations

import polars as pl

FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y. %m. %d",
    "%Y. %m. %d.",
    "%Y년 %m월 %d일",
    "%Y년 %m월",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%b %d, %Y",
    "%d %b %Y",
    "%B %d, %Y",
    "%d %B %Y",
    "%Y-%m",
    "%Y/%m",
    "%Y%m%d",
)
"""Ways to write a date, tried in this order; where both fit all values, the day comes first."""

_SAMPLE = 50
PARTS = ("days", "month", "weekday", "hour")
"""What a date becomes: days since the first of the training part (with their fraction), month 1–12,
weekday 1–7 from Monday, and the hour 0–24 if the column has times of day."""


def date_format(series: pl.Series) -> str | None:
    """The format that fits every value of a text column, or None."""
    present = series.drop_nulls().str.strip_chars()
    if not len(present):
        return None
    head = present.head(_SAMPLE)
    if not head.str.contains(r"^.{0,40}$").all() or not head.str.contains(r"\d").all():
        return None
    for written in FORMATS:
        if read_dates(head, written).null_count() or read_dates(present, written).null_count():
            continue
        return written
    return None


MOSTLY = 0.8
"""A column of text of whose values so many are dates was meant as dates."""


def first_that_is_no_date(series: pl.Series) -> tuple[int, str] | None:
    """Row (from 0) and text of the first value that is no date, where most of a text column's are.

    None where all are dates, or where most are none.
    """
    present = series.is_not_null()
    for written in FORMATS:
        is_read = read_dates(series.str.strip_chars(), written).is_not_null()
        if int(is_read.sum()) >= MOSTLY * max(1, int(present.sum())):
            faults = (present & ~is_read).arg_true()
            return (int(faults[0]), str(series[int(faults[0])])) if len(faults) else None
    return None


def read_dates(series: pl.Series, written: str | None) -> pl.Series:
    """The dates of a column (Datetime, microseconds); null where there is none."""
    if series.dtype.is_integer():
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        text = series.str.strip_chars()
        written = written or date_format(series) or FORMATS[0]
        if written in ("%Y-%m", "%Y/%m"):
            text, written = text + "-01", f"{written}-%d"
        if "%H" not in written:
            days = text.str.to_date(written, strict=False)
            return days.cast(pl.Datetime("us"))
        return text.str.to_datetime(written, strict=False, time_unit="us")
    if series.dtype == pl.Datetime and getattr(series.dtype, "time_zone", None):
        series = series.dt.replace_time_zone(None)
    return series.cast(pl.Datetime("us"), strict=False)


def days_since_1970(dates: pl.Series) -> pl.Series:
    """Days (Float64, with fraction) since the first of January 1970."""
    return dates.dt.epoch("us").cast(pl.Float64) / 86_400e6


def date_part(dates: pl.Series, part: str, origin: float = 0.0) -> pl.Series:
    """One of :data:`PARTS` of a Datetime column, as Float64; ``origin`` in days since 1970."""
    if part == "days":
        return days_since_1970(dates) - origin
    if part == "hour":
        return dates.dt.hour().cast(pl.Float64) + dates.dt.minute().cast(pl.Float64) / 60
    return (dates.dt.month() if part == "month" else dates.dt.weekday()).cast(pl.Float64)


def parts_of(dates: pl.Series) -> tuple[str, ...]:
    """The parts worth having for a column: those that are not the same for all its values."""
    present = dates.drop_nulls()
    # The weekday of the first of a month says nothing about a month.
    is_monthly = bool((present.dt.day() == 1).all())
    parts = ("month", "hour") if is_monthly else ("month", "weekday", "hour")
    return ("days", *(part for part in parts if date_part(present, part).n_unique() > 1))
