"""Text as input: what a person says about it, and the fitted way from a column to ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jaram.data.encoding import as_words
from jaram.data.notices import Notice
from jaram.data.vocabulary import UNIT_KINDS, UNKNOWN, UnitKind, Vocabulary, usual_unit
from jaram.errors import DataError
from jaram.messages.nearest import suggestion

PERCENTILE = 95.0
"""Texts of the training part, in percent, that the chosen length takes whole."""
LONGEST = 512
"""Units that the chosen length has at most."""
MOST_UNITS = 20_000
MANY_UNKNOWN = 0.33
"""Share of the units of new texts from which on it is told that they are unknown."""
MOST_OF_LETTER = 3
"""Units that a letter becomes at most: jamo of a syllable of Hangul."""
_LOOKED_AT = 1000


@dataclass(frozen=True)
class TextWishes:
    """What a person says about text.

    - ``column``: which column holds it; None if there is only one it can be;
    - ``unit``: "character", "word" or "jamo"; None chooses by the language;
    - ``length``: units of an example; None takes the 95th percentile of the training part's;
    - ``vocabulary``: units known at most; ``min_count``: how often one must come to be known.

    Raises DataError for anything else.
    """

    column: str | None = None
    unit: UnitKind | None = None
    length: int | None = None
    vocabulary: int = MOST_UNITS
    min_count: int = 2

    def __post_init__(self) -> None:
        if self.unit is not None and self.unit not in UNIT_KINDS:
            raise DataError(
                "data.unknown_option",
                option="unit",
                value=self.unit,
                known=", ".join(UNIT_KINDS),
                suggestion=suggestion(str(self.unit), UNIT_KINDS),
            )
        for option in ("length", "vocabulary", "min_count"):
            value = getattr(self, option)
            if value is not None and not (isinstance(value, int) and value >= 1):
                raise DataError("data.needs_count", option=option, value=value)

    def of(self, column: str) -> TextWishes:
        """The same for a column that was found."""
        return replace(self, column=column)


@dataclass(frozen=True)
class TextColumn:
    """A column of text, the vocabulary of its training part and the length of an example."""

    column: str
    vocabulary: Vocabulary
    length: int

    @classmethod
    def fit(cls, series: pl.Series, wishes: TextWishes) -> TextColumn:
        """The way that fits a training part; raises DataError if there is no text in it."""
        texts = texts_of(series)
        if not any(text.strip() for text in texts):
            raise DataError("data.no_text", column=series.name)
        unit = wishes.unit or usual_unit(texts[:_LOOKED_AT])
        vocabulary = Vocabulary.fit(texts, unit, wishes.min_count, wishes.vocabulary)
        lengths = vocabulary.lengths(texts)
        usual = int(np.percentile(lengths, PERCENTILE, method="higher"))
        return cls(series.name, vocabulary, wishes.length or min(usual, LONGEST))

    def ids(self, series: pl.Series) -> tuple[NDArray[np.int32], tuple[Notice, ...]]:
        """Ids (n, length) of a column, and what there is to say about it."""
        texts = texts_of(series)
        ids = self.vocabulary.encode(texts, self.length)
        notices = []
        empty = sum(not text.strip() for text in texts)
        if empty:
            notices.append(Notice("data.empty_texts", {"column": self.column, "count": empty}))
        return ids, tuple(notices)

    def unknown_told(self, ids: NDArray[Any], told: Sequence[Notice] = ()) -> tuple[Notice, ...]:
        """What to say of new texts, ids (n, length), of which many units are unknown: an answer to
        what was never seen is a guess. ``told``: what was said of them, empty ones among it."""
        empty = sum(one.values["count"] for one in told if one.key == "data.empty_texts")
        is_unknown, is_there = ids == UNKNOWN, ids > 0
        share = (is_unknown.sum() - empty) / max(1, is_there.sum() - empty)
        if share <= MANY_UNKNOWN:
            return ()
        count = int((is_unknown == is_there).all(axis=1).sum()) - empty
        values = {"column": self.column, "share": f"{share:.0%}", "unit": self.vocabulary.kind}
        return (Notice("data.unknown_units", values | {"count": count, "n": len(ids) - empty}),)

    def is_cut(self, series: pl.Series) -> NDArray[np.bool_]:
        """Which texts (n,) of a column lose what goes beyond the length of an example."""
        texts = texts_of(series)
        found = np.zeros(len(texts), np.bool_)
        # Most are too short for that in any unit: a letter of a text is at most so many.
        some = [row for row, text in enumerate(texts) if MOST_OF_LETTER * len(text) > self.length]
        found[some] = self.vocabulary.lengths(texts[row] for row in some) > self.length
        return found

    def facts(self, ids: NDArray[np.int32]) -> dict[str, Any]:
        """What a summary tells of ids (n, length): their vocabulary, length, share of padding and
        of unknown units."""
        return facts_of(self.vocabulary, ids)

    def to_json(self) -> dict[str, Any]:
        """The way as plain JSON values."""
        return {"column": self.column, "length": self.length, **self.vocabulary.to_json()}

    @classmethod
    def from_json(cls, table: Mapping[str, Any] | None) -> TextColumn | None:
        """The inverse of :meth:`to_json`; None for None."""
        if table is None:
            return None
        return cls(str(table["column"]), Vocabulary.from_json(table), int(table["length"]))


def facts_of(vocabulary: Vocabulary, ids: NDArray[np.int32]) -> dict[str, Any]:
    """What a summary tells of ids (n, length) and their vocabulary."""
    there = ids > 0
    return {
        "unit": vocabulary.kind,
        "vocabulary": vocabulary.size,
        "length": ids.shape[1],
        "padding": round(1 - float(there.mean()), 4) if ids.size else 0.0,
        "unknown": round(float((ids == UNKNOWN).sum() / max(1, there.sum())), 4),
    }


def texts_of(series: pl.Series) -> Sequence[str]:
    """The texts (n) of a column; what is missing is empty."""
    return as_words(series).fill_null("").to_list()
