"""A language model's data: one running text, cut into windows whose answers are what comes next.

Window i reads the units i · length … of the text; its answers are the same units one place later.
Windows do not overlap, and the parts follow each other in the text, so that no answer of one part
is an answer of another. Ids are those of :mod:`jaram.data.vocabulary`; the class of a unit is its
id - 1, so that padding is class -1, which counts nothing, and class 0 is an unknown unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaram.data.data import Data
from jaram.data.jamo import letters, syllables
from jaram.data.splits import Rows
from jaram.data.table import Source
from jaram.data.targets import TargetCoding
from jaram.data.task import Task
from jaram.data.text import TextWishes
from jaram.data.tokens import Tokens
from jaram.data.vocabulary import FIRST_ID, PADDING, UNKNOWN, UnitKind, Vocabulary
from jaram.errors import DataError

if TYPE_CHECKING:
    from jaram.data.prepare import Part

Ids = NDArray[np.int32]
LENGTH = 100
"""Units of a window, if nobody says."""
FEWEST_WINDOWS = 5
"""With a fifth of them for validation, one is."""
UNKNOWN_NAME = "\N{REPLACEMENT CHARACTER}"
_WORD = re.compile(r" ?\w+| ?[^\w\s]|\s")


def pieces(text: str, kind: UnitKind) -> list[str]:
    """The units of a running text, in order; joined they give it back.

    Text is brought to one form (NFC), line breaks are "\\n". A word keeps the space before it.

    >>> pieces("It is, it is.", "word")
    ['It', ' is', ',', ' it', ' is', '.']
    """
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    if kind == "word":
        return _WORD.findall(plain)
    return list(letters(plain) if kind == "jamo" else plain)


def joined(units: Iterable[str]) -> str:
    """The text of units, letters of Hangul put together again."""
    return syllables("".join(units))


def windows(ids: Ids, length: int) -> tuple[Ids, Ids]:
    """Ids (n, length) that are read, and the classes (n, length) that follow, of a text's ``ids``
    (units,); the last window is padded."""
    count = max(1, -(-(len(ids) - 1) // length))
    filled = np.full(count * length + 1, PADDING, np.int32)
    filled[: len(ids)] = ids
    x = filled[:-1].copy()
    x[len(ids) - 1 :] = PADDING  # nothing follows the last unit, so it is not read
    return x.reshape(count, length), filled[1:].reshape(count, length) - 1


def language_data(
    text: str,
    wishes: TextWishes,
    *,
    name: str = "",
    source: Source | None = None,
    valid: str | None = None,
    test: str | None = None,
) -> Data:
    """The windows of a text, with every unit that comes in it known; :func:`fitted` narrows that to
    the training part. ``valid`` and ``test`` are texts that come apart.

    Raises DataError for a text that is too short or has one unit only.
    """
    kind, length = wishes.unit or "character", wishes.length or LENGTH
    units = pieces(text, kind)
    if len(units) < FEWEST_WINDOWS:
        raise DataError("data.no_running_text", units=len(units), needed=FEWEST_WINDOWS)
    if len(units) <= (FEWEST_WINDOWS - 1) * length:
        needed = (FEWEST_WINDOWS - 1) * length + 1
        raise DataError("data.text_too_short", units=len(units), length=length, needed=needed)
    vocabulary = Vocabulary(kind, tuple(unit for unit, _ in Counter(units).most_common()))
    if len(vocabulary.units) < 2:
        raise DataError("data.one_unit", unit=vocabulary.units[0])
    coding = coding_of(vocabulary)

    def apart(other: str | None) -> tuple[Ids, Ids] | None:
        return None if other is None else windows_of(other, vocabulary, length)

    x, y = windows(np.asarray(vocabulary.ids_of(units), np.int32), length)
    return Data(
        x,
        y,
        coding=coding,
        valid=apart(valid),
        test=apart(test),
        name=name,
        time=np.arange(len(x)),
        source=source,
        intake=Tokens(vocabulary.size, vocabulary),
        text=wishes,
    )


def windows_of(text: str, vocabulary: Vocabulary, length: int) -> tuple[Ids, Ids]:
    """:func:`windows` of another text; DataError if nothing follows anything in it."""
    units = pieces(text, vocabulary.kind)
    if len(units) < 2:
        raise DataError("data.text_too_short", units=len(units), length=length, needed=2)
    return windows(np.asarray(vocabulary.ids_of(units), np.int32), length)


def coding_of(vocabulary: Vocabulary) -> TargetCoding:
    """The coding of what comes next: an unknown unit, or one of the vocabulary's."""
    classes = (UNKNOWN_NAME, *vocabulary.units)
    return TargetCoding(Task("language", classes, len(classes), ("next",)))


def fitted(data: Data, train: Rows) -> Data:
    """The data with the vocabulary of the windows ``train``; other units become unknown.

    Raises DataError if fewer than two units come often enough.
    """
    assert isinstance(data.intake, Tokens) and data.intake.vocabulary is not None
    assert data.x is not None
    raw, wishes = data.intake.vocabulary, data.text or TextWishes()
    counts = np.bincount(data.x[train].reshape(-1), minlength=raw.size)
    often = [one for one in range(FIRST_ID, raw.size) if counts[one] >= wishes.min_count]
    often.sort(key=lambda one: (-counts[one], raw.units[one - FIRST_ID]))
    kept = often[: wishes.vocabulary]
    units = tuple(raw.units[one - FIRST_ID] for one in kept)
    if len(units) < 2:
        raise DataError("data.one_unit", unit="".join(units))
    now = np.full(raw.size, UNKNOWN, np.int32)
    now[PADDING] = PADDING
    now[kept] = np.arange(FIRST_ID, FIRST_ID + len(kept))

    def read(part: Data | None) -> tuple[Ids, Ids] | None:
        return None if part is None else (now[part.x], now[part.y + 1] - 1)

    vocabulary = Vocabulary(raw.kind, units)
    x, y = now[data.x], now[data.y + 1] - 1
    return Data(
        x,
        y,
        coding=coding_of(vocabulary),
        valid=read(data.valid),
        test=read(data.test),
        name=data.name,
        time=data.time,
        source=data.source,
        notices=data.notices,
        intake=Tokens(vocabulary.size, vocabulary),
        text=data.text,
        how=data.how,
    ).within(data.memory)


def baselines(train: Part, part: Part, classes: int) -> dict[str, float]:
    """Bits per unit that counts of the training part need on ``part``.

    "unigram" foretells each unit by how often it comes, "bigram" by how often it comes after the
    one before. Both are smoothed as Witten & Bell (1991): with n the count of what was seen and T
    of how many different ones, p = (count + T · p_shorter) / (n + T); below the unigram all classes
    are equal.
    """
    seen = train.y >= 0
    unit, before = train.y[seen].astype(np.int64), train.x[seen].astype(np.int64)
    counts = np.bincount(unit, minlength=classes)
    different = np.count_nonzero(counts)
    alone = (counts + different / classes) / (len(unit) + different)
    pairs, times = np.unique(before * classes + unit, return_counts=True)
    after = np.bincount(before, minlength=classes + 1)
    kinds = np.bincount(pairs // classes, minlength=classes + 1)
    there = part.y >= 0
    asked, given = part.y[there].astype(np.int64), part.x[there].astype(np.int64)
    key = given * classes + asked
    place = np.minimum(np.searchsorted(pairs, key), len(pairs) - 1)
    together = np.where(pairs[place] == key, times[place], 0)
    weight = np.maximum(after[given] + kinds[given], 1)
    both = np.where(
        after[given] > 0, (together + kinds[given] * alone[asked]) / weight, alone[asked]
    )
    return {
        "unigram": float(-np.log2(alone[asked]).mean()),
        "bigram": float(-np.log2(both).mean()),
    }
