"""Batch sizes that do not fit the data or the network, and the order examples come in."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaram.doctor.finding import Finding
from jaram.doctor.preflight.facts import Facts
from jaram.doctor.preflight.registry import warns
from jaram.spec import name_of

SMALLEST_DEFAULT = 16
"""The batch size that is chosen for the smallest data."""


@warns
def batch_too_large(facts: Facts) -> Iterable[Finding]:
    """More examples a step than there are; ``"full"`` says it if one step an epoch is meant.

    Up to SMALLEST_DEFAULT nobody need have meant anything by the number.
    """
    batch, rows = facts.recipe.batch_size, len(facts.train.y)
    if isinstance(batch, int) and batch > max(rows, SMALLEST_DEFAULT):
        yield Finding(
            "batch_too_large", "notable", {"batch_size": batch, "rows": rows}, ("smaller_batch",)
        )


@warns
def batch_too_small(facts: Facts) -> Iterable[Finding]:
    """Batch normalisation over one example gives 0 for every unit, whatever the input."""
    if facts.recipe.batch_size != 1 or len(facts.train.y) == 1:
        return
    for number, (layer, shape) in enumerate(zip(facts.layers, facts.shapes, strict=False), start=1):
        if name_of(layer) == "batch_norm" and len(shape) == 1:
            yield Finding(
                "batch_too_small",
                "grave",
                {"layer": number, "batch_size": 1},
                ("larger_batch",),
                case="batch_norm",
            )
            return


@warns
def unshuffled(facts: Facts) -> Iterable[Finding]:
    """Examples sorted by class and never shuffled: each step sees one class and unlearns the
    others.

    Rows in random order change class about n·(1 − Σp²) times, with a standard deviation below the
    square root of that. Fires at a quarter fewer changes, if that is four standard deviations (a
    chance of 3 in 100,000). Fully sorted rows are not the only ones: a split puts other rows into
    the gaps that the validation rows leave.
    """
    recipe, y, rows = facts.recipe, facts.train.y, len(facts.train.y)
    if getattr(recipe, "shuffle", True) or recipe.batch_size == "full" or rows < 50:
        return
    if isinstance(recipe.batch_size, int) and recipe.batch_size >= rows:
        return
    if not facts.is_classification:
        return
    changes = int(np.count_nonzero(np.diff(y)))
    shares = np.bincount(y) / rows
    expected = rows * (1 - float(np.sum(shares**2)))
    if changes < 0.75 * expected and expected - changes > 4 * expected**0.5:
        yield Finding(
            "unshuffled",
            "notable",
            {"rows": rows, "changes": changes, "expected": round(expected)},
            ("shuffle",),
        )
