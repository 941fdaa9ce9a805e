"""Rows that a trial does not use, for the confirmation of what it chose."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Part, Prepared
from jaram.doctor.trial import WORST, Measured
from jaram.training.outputs import answers

CONFIRMED_ROWS = 40
"""Validation rows from which half of them are kept for the confirmation, if there is no test
part."""


def set_aside(prepared: Prepared) -> tuple[Prepared, Part | None]:
    """The data for the trial, and the rows kept for its confirmation.

    The test part if there is one; else every other validation row, if they are ``CONFIRMED_ROWS``
    or more; else none.
    """
    if prepared.test is not None and len(prepared.test):
        return prepared, prepared.test
    valid = prepared.valid
    if valid is None or len(valid) < CONFIRMED_ROWS:
        return prepared, None
    halves = [valid.take(np.arange(start, len(valid), 2)) for start in (0, 1)]
    return dataclasses.replace(prepared, valid=halves[0]), halves[1]


def kept_scores(found: Measured, kept: Part, metric: str) -> NDArray[np.float64]:
    """Scores ``(seeds,)`` of an arm's members on rows that it never saw."""
    from jaram.objective.metrics import evaluate

    arm, worst = found.arm, WORST.get(metric, 0.0)
    scores = []
    for params, state in found.params:
        given = answers(arm.recipe, params, state, kept.x, arm.prepared.task, kept.y)
        task = arm.prepared.task
        of = np.nan_to_num(given.answer if task.kind == "regression" else given.probability)
        answer = given.answer if task.has_steps else None
        with np.errstate(invalid="ignore", over="ignore"):
            value = evaluate(task, kept.y, of, answer=answer)[metric]
        scores.append(max(worst, value) if np.isfinite(value) else worst)
    return np.array(scores)
