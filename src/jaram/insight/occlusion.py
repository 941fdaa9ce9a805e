"""The words that mattered: how much an answer loses when one unit of a text is hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.jamo import syllables
from jaram.data.prepare import Part
from jaram.data.text import TextColumn
from jaram.data.vocabulary import PADDING, UNKNOWN
from jaram.insight.choice import told_of, worth_seeing
from jaram.insight.saliency import class_logits
from jaram.training.outputs import Answers

if TYPE_CHECKING:
    from jaram.runs.run import Run

EXAMPLES = 10
MOST_UNITS = 150
"""Units of a text, from its first, that are hidden in turn; the rest is shown without colour."""

_TAILS = range(0x1160, 0x1200)
"""Letters of Hangul that continue a syllable."""


def texts_read(run: Run, part: Part, found: Answers) -> dict[str, Any]:
    """The surest mistakes and some right answers, each with its units and their effects.

    ``units`` holds ``[text, effect]`` pairs, effect in units of the logit; None where it was not
    measured. It takes as many answers as the texts have units, by the program that is compiled
    already. Nothing for targets that are no classes.
    """
    text = run.preparation.text
    if text is None or not run.task.has_classes:
        return {}
    shown = worth_seeing(run.task, part, found, EXAMPLES)
    ids = np.asarray(part.x[shown], np.int32)

    def logits(some: NDArray[np.int32]) -> NDArray[np.float32]:
        return np.asarray(class_logits(run.examine(some).logits))

    examples = [
        told_of(run, part, found, int(row))
        | {
            "units": paired(text, one, effects),
            "is_cut": part.is_cut is not None and bool(part.is_cut[row]),
        }
        for row, one, effects in zip(shown, ids, occluded(logits, ids, MOST_UNITS), strict=True)
    ]
    return {
        "kind": "text",
        "unit": text.vocabulary.kind,
        "between": " " if text.vocabulary.kind == "word" else "",
        "examples": examples,
    }


def occluded(
    logits: Callable[[NDArray[np.int32]], NDArray[Any]], ids: NDArray[np.int32], most: int
) -> list[NDArray[np.float64]]:
    """For each text, how far the logit of its predicted class falls when a unit is made unknown.

    logits: from ids ``(n, length)`` to ``(n, classes)``; it is asked once. ids: ``(n, length)``, 0
    is padding. Of each text the first ``most`` units are hidden in turn; ``(units,)`` float64 each.
    A unit that is unknown already has the effect 0 (Zeiler and Fergus, 2014, on pictures; Li et
    al., 2016, on words).
    """
    counts = [min(most, int((one != PADDING).sum())) for one in ids]
    hidden = [ids]
    for one, count in zip(ids, counts, strict=True):
        others = np.repeat(one[np.newaxis], count, axis=0)
        others[np.arange(count), np.arange(count)] = UNKNOWN
        hidden.append(others)
    found = np.asarray(logits(np.concatenate(hidden)), np.float64)
    whole, rest = found[: len(ids)], found[len(ids) :]
    effects, start = [], 0
    for before, count in zip(whole, counts, strict=True):
        predicted = int(before.argmax())
        effects.append(before[predicted] - rest[start : start + count, predicted])
        start += count
    return effects


def paired(
    text: TextColumn, ids: NDArray[np.int32], effects: Sequence[float] | NDArray[np.float64]
) -> list[list[Any]]:
    """``[unit, effect]`` of every unit of a text; letters of Hangul are put together to syllables,
    whose effect is the sum of theirs."""
    units = text.vocabulary.decode(ids)
    known = [float(effect) for effect in effects]
    pairs: list[list[Any]] = []
    for place, unit in enumerate(units):
        effect = known[place] if place < len(known) else None
        continues = text.vocabulary.kind == "jamo" and len(unit) == 1 and ord(unit) in _TAILS
        if continues and pairs:
            pairs[-1][0] += unit
            both = (pairs[-1][1], effect)
            pairs[-1][1] = None if None in both else sum(both)
        else:
            pairs.append([unit, effect])
    return [[syllables(unit), effect] for unit, effect in pairs]
