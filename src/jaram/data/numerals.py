"""Numbers written as text: "1,234", "3.5%", "₩1,000", "(12)", "1.234,5"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

SIGNS = r"[₩￦$€£¥₹%\s\u00a0\u202f원]"
"""What may stand around a number: signs of currency, per cent, blanks."""
_MISSING_IN_NUMBERS = (
    "-",
    "--",
    "—",
    "–",
    ".",
    "...",
    "n.a.",
    "na",
    "nan",
    "none",
    "null",
    "?",
    "",
)
_SAMPLE = 200


@dataclass(frozen=True)
class NumeralFormat:
    """How a column of text writes its numbers.

    ``decimal`` is "." or ","; ``percent`` tells that values are in per cent and are divided by 100.
    """

    decimal: str = "."
    percent: bool = False

    def to_json(self) -> dict[str, Any]:
        """The format as plain JSON values."""
        return {"decimal": self.decimal, "percent": self.percent}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> NumeralFormat:
        """The inverse of :meth:`to_json`."""
        return cls(str(table["decimal"]), bool(table["percent"]))


def numeral_format(series: pl.Series, decimal: str = ".") -> NumeralFormat | None:
    """How the text column ``series`` writes numbers, or None if a value of it is not a number.

    A sample is tried first, so that ordinary text costs little. ``decimal`` is what the rest of the
    file uses; the other sign is tried if that fails.
    """
    present = series.drop_nulls()
    if not len(present):
        return None
    for size in (_SAMPLE, len(present)):
        part = present.head(size)
        if part.str.len_bytes().max() > 64:  # type: ignore[operator]
            return None
        found = _format_of(part, decimal)
        if found is None:
            return None
    return found


def _format_of(present: pl.Series, decimal: str) -> NumeralFormat | None:
    is_missing = present.str.strip_chars().str.to_lowercase().is_in(_MISSING_IN_NUMBERS)
    real = present.filter(~is_missing)
    if not len(real) or len(real) < len(present) / 2:
        return None
    percent = bool(real.str.contains("%", literal=True).all())
    for sign in (decimal, "," if decimal == "." else "."):
        written = NumeralFormat(sign, percent)
        if read_numerals(real, written).null_count() == 0:
            return written
    return None


def read_numerals(series: pl.Series, written: NumeralFormat) -> pl.Series:
    """The numbers of a text column (Float64); null where there is none."""
    groups = "," if written.decimal == "." else "."
    text = series.str.strip_chars().str.replace_all("−", "-", literal=True)
    negative = text.str.contains(r"^\(.*\)$")
    text = text.str.replace_all(r"[()]", "").str.replace_all(SIGNS, "")
    # A group sign must separate three digits, else "1,5" would silently become 15.
    point = "\\" + written.decimal if written.decimal == "." else ","
    group = "\\" + groups if groups == "." else ","
    well_formed = text.str.contains(
        rf"^[+-]?(\d{{1,3}}({group}\d{{3}})+|\d*)({point}\d*)?([eE][+-]?\d+)?$"
    )
    plain = text.str.replace_all(groups, "", literal=True)
    if written.decimal == ",":
        plain = plain.str.replace_all(",", ".", literal=True)
    numbers = plain.cast(pl.Float64, strict=False)
    chosen = pl.select(
        pl.when(well_formed & numbers.is_not_null())
        .then(pl.when(negative).then(-numbers).otherwise(numbers))
        .otherwise(None)
    ).to_series()
    return (chosen / 100 if written.percent else chosen).alias(series.name)


def unreadable(series: pl.Series, numbers: NDArray[np.floating[Any]]) -> pl.Series:
    """The texts of a column that say something, though no number (``numbers`` is NaN there)."""
    words = series.str.strip_chars()
    says_nothing = words.str.to_lowercase().is_in(_MISSING_IN_NUMBERS) | (words == "")
    return words.filter(~says_nothing.fill_null(True) & pl.Series(np.isnan(numbers)))
