"""Data whose validation score is better than life: leaks of the target, rows seen in training."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaram.data.prepare import Part
from jaram.data.streamed import pieces
from jaram.doctor.finding import Finding, Severity
from jaram.doctor.preflight.facts import Facts
from jaram.doctor.preflight.registry import warns
from jaram.doctor.preflight.statistics import (
    Floats,
    Ints,
    chance_of_equal_rows,
    class_gap,
    determination,
    one_column_errors,
    ranks,
    row_hashes,
)

FEWEST_ROWS = 50
"""Below this a column of noise has a real chance to sort the classes."""
_FIRST_LOOK = 256
"""Rows on which every column is tried first; only those that pass are tried on all the sampled
ones."""
PERFECT = 0.01
"""Share of wrong rows up to which one column alone tells the class. On the tables people learn
with, the best single column leaves 4% (iris), 8% (breast cancer), 25% (pima) wrong."""
GOOD = 0.5
"""Wrong rows, as a part of those of a column of noise, up to which a column tells much of the
class."""
FEW_PERFECT = 0.25
"""Part of the columns that may be perfect in a leak. Where more are, the task is easy (setosa
against the rest, blobs far apart), which is no leak."""
COPY = 0.995
"""Share of a column's variance between the classes above which it is the class written otherwise,
if the other columns are ordinary: two class means lie 28 standard deviations apart, against 5 for
the petals of setosa and the rest."""
EXACT_COPY = 0.9998
"""... and whatever the other columns are: 140 standard deviations."""
EXPLAINED = 0.999
"""R² of a line or of ranks from one column to the target."""
RUNNER_UP = 0.9
"""R² that no other column may reach; neighbouring lags of a smooth series all do."""
SAME = 1 - 1e-6
"""R² that is the target itself up to float32 rounding, whatever the other columns do."""

TWIN_SHARE = 0.02
TWIN_ROWS = 3
"""Validation rows that stand in the training part, as a share and a number, from which the score is
touched: two points at most below it, and pairs measured alike occur in healthy tables (iris has
one)."""
_BY_CHANCE = 0.1
"""Part of the found twins that chance may explain. Tables of a few small categories repeat rows by
nature."""
_CONTRADICTING = 0.05
"""Share of twins with another target from which rows were measured twice rather than copied."""


@warns
def leakage(facts: Facts) -> Iterable[Finding]:
    """A single column that gives the target away."""
    if facts.is_like_an_image or len(facts.sample) < FEWEST_ROWS:
        return
    names, x = facts.leak_columns
    if x.shape[1] == 0:
        return
    if facts.is_classification:
        yield from _class_leak(facts, names, x)
    elif facts.task.kind == "regression":
        yield from _number_leak(facts, names, x)


def _class_leak(facts: Facts, names: list[str], x: Floats) -> Iterable[Finding]:
    labels, k = facts.train.y[facts.sample].astype(np.int64), facts.classes
    few = slice(None, None, max(1, len(x) // _FIRST_LOOK))
    first = one_column_errors(x[few], labels[few], k)
    # On the first look a leak may show three times the errors it has.
    candidates = np.flatnonzero(first <= 3 * PERFECT)
    if not len(candidates):
        return
    errors = one_column_errors(x[:, candidates], labels, k)
    perfect = candidates[errors <= PERFECT]
    if not len(perfect):
        return
    leaks = [int(j) for j in perfect if _is_exact_copy(x[:, j], labels, k)]
    severity: Severity = "grave"
    if not leaks:
        leaks, severity = _standing_out(x, labels, k, perfect, first)
    if leaks:
        best = float(errors[np.isin(candidates, leaks)].min())
        yield Finding(
            "leakage",
            severity,
            {
                "columns": [names[j] for j in leaks],
                "right": round(1 - best, 4),
                "rows": len(labels),
            },
        )


def _is_exact_copy(column: Floats, labels: Ints, k: int) -> bool:
    """Whether a column is the class in other words: a value for each, or all of a class at one."""
    if len(np.unique(column)) <= k or class_gap(column, labels, k) >= EXACT_COPY:
        return True
    # "Days since leaving" is 0 for all who stayed and positive for all who left.
    for c in range(k):
        own = column[labels == c]
        if len(own) >= 10 and np.all(own == own[0]) and not np.any(column[labels != c] == own[0]):
            return True
    return False


def _standing_out(
    x: Floats, labels: Ints, k: int, perfect: Ints, first: Floats
) -> tuple[list[int], Severity]:
    """Which perfect columns stand out from the others, and how bad that is.

    ``first`` are the errors of all columns at first look. A column of noise changes class between
    neighbours in 1 − Σp² of the rows, and scores half of that.
    """
    others = np.delete(first, perfect)
    if len(first) < 3 or len(perfect) > max(1, FEW_PERFECT * len(first)):
        return [], "notable"
    shares = np.bincount(labels, minlength=k) / len(labels)
    noise = (1 - float(np.sum(shares**2))) / 2
    copies = [int(j) for j in perfect if class_gap(x[:, j], labels, k) >= COPY]
    if copies and np.median(others) > GOOD * noise:
        return copies, "grave"
    if len(first) > 4 and len(perfect) == 1 and others.min() > GOOD * noise:
        return [int(j) for j in perfect], "notable"
    return [], "notable"


def _number_leak(facts: Facts, names: list[str], x: Floats) -> Iterable[Finding]:
    if len(names) < 2:  # y = f(x) is the task then
        return
    targets = facts.train.y[facts.sample].astype(float).reshape(len(facts.sample), -1)
    for y in targets.T:
        straight = determination(x, y)
        explained = np.maximum(straight, determination(ranks(x), ranks(y[:, None])[:, 0]))
        best = int(explained.argmax())
        others = np.delete(explained, best)
        if explained[best] >= SAME or (explained[best] >= EXPLAINED and others.max() < RUNNER_UP):
            yield Finding(
                "leakage",
                "grave",
                {
                    "columns": [names[best]],
                    "right": round(float(explained[best]), 5),
                    "rows": len(y),
                },
                case="number",
            )
            return


@warns
def duplicate_rows(facts: Facts) -> Iterable[Finding]:
    """Rows that stand in the validation part and in the training part."""
    if facts.valid is None or not len(facts.valid.x):
        return
    train, valid = _hashes(facts.train), _hashes(facts.valid)
    # Sorted against sorted the look-up walks through memory in order: 0.05 s for 2 million rows,
    # where looking up unsorted hashes took a second.
    in_order, wanted = np.sort(train), np.sort(valid)
    place = np.minimum(np.searchsorted(in_order, wanted), len(train) - 1)
    shared = wanted[in_order[place] == wanted]
    if not len(shared):
        return
    twins = np.flatnonzero(np.isin(valid, shared))
    share = len(twins) / len(valid)
    if len(twins) < TWIN_ROWS or share < TWIN_SHARE:
        return
    chance = chance_of_equal_rows(facts.sample_x) * len(train)
    if chance > _BY_CHANCE * share or _were_measured_twice(facts, train, valid, twins):
        return
    yield Finding(
        "duplicate_rows",
        "grave" if share > 0.1 else "notable",
        {
            "count": len(twins),
            "share": round(share, 4),
            "valid_rows": len(valid),
            "rows": [int(row) for row in facts.valid.rows[twins[:20]]],
        },
    )


def _hashes(part: Part) -> Ints:
    return np.concatenate([row_hashes(x) for _, x in pieces(part.x)])


def _were_measured_twice(facts: Facts, train: Ints, valid: Ints, twins: Ints) -> bool:
    """Whether equal rows disagree on the target often enough to be different examples that look
    alike."""
    assert facts.valid is not None
    order = np.argsort(train, kind="stable")
    partner = order[np.searchsorted(train, valid[twins], sorter=order)]
    same = facts.train.y[partner] == facts.valid.y[twins]
    return bool(np.mean(~same.reshape(len(twins), -1).all(axis=1)) > _CONTRADICTING)
