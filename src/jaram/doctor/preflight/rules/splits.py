"""Validation parts that can't tell how good the network is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.finding import Finding
from jaram.doctor.preflight.facts import Facts
from jaram.doctor.preflight.registry import warns
from jaram.doctor.preflight.statistics import determination, ranks

FEWEST = 10
"""Rows of a validation part below which one row moves the accuracy by more than ten points."""
_SHIFT = 6.0
"""Standard errors between the parts' shares or means that no random split gives (chance 10⁻⁹)."""
_HALF_SPREAD = 0.5
"""... and at least half a standard deviation, so that it matters: with a million rows six standard
errors are nothing."""
_OTHER_CLASSES = 0.25
"""Share of validation rows that would have to change class to look like the training part: a
quarter moves the accuracy by up to 25 points."""
_EXPECTED = 10.0
"""Rows of a class that a random split would have given to a part that has none: by chance once in
e¹⁰ = 22,000."""

SORTED = 0.99
"""R² between the ranks of row and target above which rows are sorted by it. Series with a trend
stay below: 0.8 for airline passengers over twelve years."""


@warns
def validation_too_small(facts: Facts) -> Iterable[Finding]:
    """A validation score that hangs on a few rows; on a few steps, where each has an answer."""
    if facts.valid is None:
        return
    valid, train = (_answers(facts, part.y) for part in (facts.valid, facts.train))
    if valid < FEWEST <= train:
        yield Finding(
            "validation_too_small",
            # Little data is no mistake; a small share of much is.
            "notable" if 10 * valid < train else "minor",
            {"rows": valid, "train_rows": train, "step": FEWEST},
            ("larger_validation",),
        )


def _answers(facts: Facts, y: NDArray[Any]) -> int:
    """How many answers a score is the mean of."""
    return int((y >= 0).sum()) if facts.task.has_steps else len(y)


@warns
def unlike_parts(facts: Facts) -> Iterable[Finding]:
    """Training and validation parts with different targets.

    Called ``ordered_split`` where the split took the rows in their order,
    ``unrepresentative_validation`` where the data came with its own parts. A split by time or group
    may differ in earnest and is left alone.
    """
    if facts.valid is None or facts.task.kind == "multilabel" or facts.task.has_steps:
        return
    brought = facts.data.valid is not None
    if not brought and facts.prepared.summary["split"]["kind"] in ("time", "group"):
        return
    evidence = _unlike_classes(facts) if facts.is_classification else _unlike_numbers(facts)
    ordered = not brought and facts.recipe.split == "ordered"
    if evidence and not (ordered and _may_be_a_series(facts)):
        yield Finding(
            "ordered_split" if ordered else "unrepresentative_validation",
            "grave",
            evidence,
            ("shuffled_split",) if ordered else (),
            case="classes" if facts.is_classification else "numbers",
        )


def _may_be_a_series(facts: Facts) -> bool:
    """Whether numbers divided in order drift like a series instead of being sorted by size."""
    if facts.is_classification:
        return False
    y = facts.train.y[facts.sample].astype(float).reshape(len(facts.sample), -1)
    in_time = ranks(facts.train.rows[facts.sample][:, None].astype(float))
    return float(determination(ranks(y), in_time[:, 0]).max()) < SORTED


def _unlike_classes(facts: Facts) -> dict[str, object]:
    assert facts.valid is not None
    in_train = np.bincount(facts.train.y, minlength=facts.classes)
    in_valid = np.bincount(facts.valid.y, minlength=facts.classes)
    share_train, share_valid = in_train / in_train.sum(), in_valid / in_valid.sum()
    # Total variation distance: the share of validation rows that would have to change class. By
    # chance it is about half the sum of k standard errors sqrt(p(1-p)/n).
    distance = float(np.abs(share_train - share_valid).sum() / 2)
    even = (in_train + in_valid) / (in_train.sum() + in_valid.sum())
    error = float(np.sqrt(even * (1 - even) * (1 / in_train.sum() + 1 / in_valid.sum())).sum() / 2)
    unseen = np.flatnonzero((in_train == 0) & (share_valid > 0.05))
    absent = np.flatnonzero((in_valid == 0) & (share_train * in_valid.sum() >= _EXPECTED))
    if len(unseen) or len(absent) or distance > max(3 * error, _OTHER_CLASSES):
        return {
            "distance": round(distance, 3),
            "valid_rows": len(facts.valid.y),
            "classes": [str(facts.task.classes[k]) for k in (*unseen, *absent)],
        }
    return {}


def _unlike_numbers(facts: Facts) -> dict[str, object]:
    assert facts.valid is not None
    train = facts.train.y.reshape(len(facts.train.y), -1).astype(float)
    valid = facts.valid.y.reshape(len(facts.valid.y), -1).astype(float)
    spread = train.std(axis=0)
    shift = np.abs(train.mean(axis=0) - valid.mean(axis=0))
    error = spread * np.sqrt(1 / len(train) + 1 / len(valid))
    far = np.flatnonzero((shift > _SHIFT * error) & (shift > _HALF_SPREAD * spread))
    if not len(far):
        return {}
    j = int(far[0])
    return {
        "train_mean": float(f"{train[:, j].mean():.4g}"),
        "valid_mean": float(f"{valid[:, j].mean():.4g}"),
        "deviations": round(float(shift[j] / spread[j]), 1),
    }
