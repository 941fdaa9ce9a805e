"""What each column of a table is: the rules by which kinds are inferred.

In order, for a column with ``n`` rows:

- no value at all, or one value and nothing missing: *constant*, left out;
- dates and times of the file format, or text of which every value is a date: *date*;
- truth values and polars' categories: *category*;
- text of which every value is a number ("1,234", "3.5%", "₩1,000"): *number*;
- text with a value of more than 200 characters: *text*;
- other text: *identifier* if all of more than :data:`FEW_ROWS` values differ and are single words;
  *text* if there are more than 50 levels and more than one for ten rows, or more than 10 levels and
  more than one for two rows; else *category*;
- integers: *identifier* if all of more than :data:`FEW_ROWS` values differ, none is missing, and
  the column is called like one ("id", "번호") or counts on without a gap and stands first;
- all other numbers: *number*, also integers with few levels: 1, 2, 3 may be an amount.

Identifiers, text and constants are left out of the features; what a person says wins always.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import polars as pl

from jaram.data.dates import date_format
from jaram.data.numerals import NumeralFormat, numeral_format
from jaram.errors import DataError
from jaram.messages.nearest import suggestion

ColumnKind = Literal["number", "category", "date", "text", "identifier", "constant"]
COLUMN_KINDS: tuple[ColumnKind, ...] = get_args(ColumnKind)
Role = Literal["feature", "left out", "target", "group", "time", "weight"]

FEW_ROWS = 10
LONGEST_LEVEL = 200
"""Characters that the name of a level has at most; a column with longer ones is text."""
LONGEST_IDENTIFIER = 40
"""Characters that an identifier of text has at most, on the average."""
MANY_LEVELS = 50
_ID_NAME = re.compile(
    r"^(id|index|idx|no\.?|nr|rowid|row|row[ _]?(id|no|number)|unnamed: ?0|uuid|guid|_?id"
    r"|.*[ _\-]id|.*[a-z]I[dD]|.*번호|순번|연번|일련번호|아이디|식별자|색인|)$"
)


@dataclass(frozen=True)
class Column:
    """A column of the input, what it is taken for and what it is used for.

    ``dtype`` is the storage type as polars calls it; ``numerals`` how numbers in text are written
    and ``date_format`` how dates are (None where it does not apply).
    """

    name: str
    kind: ColumnKind
    role: Role = "feature"
    dtype: str = ""
    missing: int = 0
    numerals: NumeralFormat | None = None
    date_format: str | None = None


def column_kind(word: object) -> ColumnKind:
    """The kind a person means by ``word``; raises DataError if there is none."""
    key = str(word).strip().lower()
    key = {
        "numeric": "number",
        "categorical": "category",
        "ignore": "identifier",
        "id": "identifier",
    }.get(key, key)
    for kind in COLUMN_KINDS:
        if key == kind:
            return kind
    raise DataError(
        "data.unknown_kind",
        kind=str(word),
        known=", ".join(COLUMN_KINDS),
        suggestion=suggestion(key, COLUMN_KINDS),
    )


def infer_column(
    series: pl.Series, *, said: ColumnKind | None = None, is_first: bool = False, decimal: str = "."
) -> Column:
    """The column of ``series``: of the kind ``said``, or of the one inferred."""
    numerals = written = None
    dtype = series.dtype
    if dtype == pl.String and said in (None, "number"):
        numerals = numeral_format(series, decimal)
        if said == "number" and numerals is None:
            raise DataError("data.not_numbers", column=series.name, value=_first(series))
    is_text = dtype == pl.String or (said == "date" and dtype.is_integer())
    if is_text and numerals is None and said in (None, "date"):
        written = date_format(series.cast(pl.String))
        if said == "date" and written is None:
            raise DataError("data.not_dates", column=series.name, value=_first(series))
    kind = said or _inferred(series, numerals is not None, written is not None, is_first)
    missing = series.null_count()
    if dtype.is_float():
        missing = int(np.isnan(series.to_numpy()).sum())
    return Column(
        series.name,
        kind,
        "feature" if kind in ("number", "category", "date") else "left out",
        str(dtype),
        missing,
        numerals if kind == "number" else None,
        written if kind == "date" else None,
    )


def _inferred(series: pl.Series, is_numerals: bool, is_date: bool, is_first: bool) -> ColumnKind:
    dtype = series.dtype
    if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
        return "text"
    if is_constant(series):
        return "constant"
    if dtype in (pl.Date, pl.Datetime) or is_date:
        return "date"
    if dtype in (pl.Duration, pl.Time) or is_numerals:
        return "number"
    if dtype in (pl.Boolean, pl.Categorical, pl.Enum):
        return "category"
    if dtype == pl.String:
        return _words(series)
    if is_whole(series) and _is_identifier(series, is_first):
        return "identifier"
    return "number"


def is_constant(series: pl.Series) -> bool:
    """Whether the column tells nothing: no value at all, or one everywhere."""
    if series.null_count() == len(series):
        return True
    if series.dtype.is_numeric():
        values = series.to_numpy()
        return bool((values == values[0]).all() or np.isnan(values).all())
    return not series.null_count() and bool((series == series.first()).all())


def is_whole(series: pl.Series) -> bool:
    """Whether the column holds whole numbers only, whatever its type."""
    if series.dtype.is_integer():
        return True
    if not series.dtype.is_float():
        return False
    values = series.to_numpy()
    # A look at the first values settles most columns.
    for some in (values[:100], values):
        present = some[np.isfinite(some)]
        if (present != np.floor(present)).any():
            return False
    return bool(present.size)


def _words(series: pl.Series) -> ColumnKind:
    present = series.drop_nulls()
    if present.str.contains(rf"(?s)^.{{{LONGEST_LEVEL + 1}}}").any():
        return "text"
    n, levels = len(present), present.n_unique()
    if levels == n and n > FEW_ROWS:
        is_single_word = int(present.str.contains(r"\s").sum()) <= n / 5
        is_short = int(present.str.len_chars().sum()) <= LONGEST_IDENTIFIER * n
        return "identifier" if is_single_word and is_short else "text"
    if (levels > MANY_LEVELS and levels > n / 10) or (levels > FEW_ROWS and levels > n / 2):
        return "text"
    return "category"


def _is_identifier(series: pl.Series, is_first: bool) -> bool:
    n = len(series)
    if n <= FEW_ROWS or series.null_count():
        return False
    numbers = series.to_numpy()
    span = float(numbers.max()) - float(numbers.min()) + 1
    named = is_identifier_name(series.name)
    if span < n or (not named and not (is_first and span == n)):
        return False
    return series.n_unique() == n


def is_identifier_name(name: str) -> bool:
    """Whether a column is called like an identifier."""
    return bool(_ID_NAME.match(name.strip()) or _ID_NAME.match(name.strip().lower()))


def _first(series: pl.Series) -> str:
    present = series.drop_nulls()
    return str(present[0])[:60] if len(present) else ""
