"""Text as numbers: units, the vocabulary of a training part, and ids of a fixed length.

Ids are 0 for padding, 1 for a unit that the vocabulary lacks, and from 2 on the vocabulary's units
in order of how often they came.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from jaram.data.jamo import letters

UnitKind = Literal["character", "word", "jamo"]
UNIT_KINDS: tuple[UnitKind, ...] = get_args(UnitKind)
PADDING, UNKNOWN, FIRST_ID = 0, 1, 2
_WORD = re.compile(r"\w+|[^\w\s]")
_SPACES = re.compile(r"\s+")
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


def units_of(text: str, kind: UnitKind) -> list[str]:
    """The units of a text, in order.

    Text is brought to one form (NFC), runs of white space are one space, the ends are trimmed.
    "character" gives characters; "jamo" too, Hangul syllables taken apart; "word" gives words and
    punctuation marks in small letters.

    >>> units_of("Good,  good!", "word")
    ['good', ',', 'good', '!']
    """
    plain = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    if kind == "word":
        return _WORD.findall(plain.lower())
    return list(letters(plain) if kind == "jamo" else plain)


def usual_unit(texts: Iterable[str]) -> UnitKind:
    """Characters for Korean, Chinese and Japanese, whose words are many forms or not divided by
    spaces; words for other languages."""
    sample = "".join(texts)
    without = len(_WITHOUT_SPACES.findall(sample))
    return "character" if without > 0.2 * max(1, sum(map(str.isalpha, sample))) else "word"


@dataclass(frozen=True)
class Vocabulary:
    """The units of a training part, most frequent first."""

    kind: UnitKind
    units: tuple[str, ...]

    @classmethod
    def fit(
        cls, texts: Iterable[str], kind: UnitKind, min_count: int = 1, most: int | None = None
    ) -> Vocabulary:
        """The units that come ``min_count`` times at least in ``texts``, ``most`` of them.

        Of units that come equally often the smaller by code point is first.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(units_of(text, kind))
        often = [(unit, count) for unit, count in counts.items() if count >= min_count]
        often.sort(key=lambda found: (-found[1], found[0]))
        return cls(kind, tuple(unit for unit, _ in often[:most]))

    @property
    def size(self) -> int:
        """The number of ids: units, padding and unknown."""
        return len(self.units) + FIRST_ID

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {unit: place for place, unit in enumerate(self.units, start=FIRST_ID)}

    def ids(self, text: str) -> list[int]:
        """The ids of a text's units; one UNKNOWN for a text without any, since a series of no step
        has no last state and no mean."""
        return self.ids_of(units_of(text, self.kind)) or [UNKNOWN]

    def ids_of(self, units: Iterable[str]) -> list[int]:
        """The id of each unit."""
        known = self._ids
        return [known.get(unit, UNKNOWN) for unit in units]

    def encode(self, texts: Sequence[str], length: int) -> NDArray[np.int32]:
        """Ids (n, length) int32; longer texts lose their end, shorter ones are padded after it."""
        found = np.zeros((len(texts), length), np.int32)
        for row, text in enumerate(texts):
            ids = self.ids(text)[:length]
            found[row, : len(ids)] = ids
        return found

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The units of ids, without padding; "�" stands for an unknown one."""
        return [
            self.units[one - FIRST_ID] if one >= FIRST_ID else "\N{REPLACEMENT CHARACTER}"
            for one in map(int, ids)
            if one != PADDING
        ]

    def lengths(self, texts: Iterable[str]) -> NDArray[np.int64]:
        """The number of units (n,) of each text, at least 1."""
        return np.fromiter((max(1, len(units_of(text, self.kind))) for text in texts), np.int64)

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as plain JSON values."""
        return {"unit": self.kind, "units": list(self.units)}

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Vocabulary:
        """The inverse of :meth:`to_json`; raises KeyError or ValueError for another table."""
        if table["unit"] not in UNIT_KINDS:
            raise ValueError(table["unit"])
        return cls(table["unit"], tuple(str(unit) for unit in table["units"]))
