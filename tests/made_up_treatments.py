"""Treatments made up for tests: what a trial leaves behind, without a trial."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

import jaram as jr
from jaram.doctor.diagnosis import Diagnosis
from jaram.doctor.finding import Finding, Picture
from jaram.doctor.interval import paired_gain
from jaram.doctor.trial import Arm, Measured
from jaram.doctor.verdict import Confirmation, Treatment, Verdict

BEFORE = jr.Recipe(network=(jr.Dense(8, "sigmoid"),), optimizer=jr.SGD(learning_rate=10.0))
AFTER = dataclasses.replace(BEFORE, optimizer=jr.SGD(learning_rate=0.1))

TOO_HIGH = Finding(
    "learning_rate_too_high",
    "grave",
    {"learning_rate": 10.0},
    ("lower_learning_rate",),
    symptoms=("dead_units", "plateau"),
    picture=Picture.of({"train/loss": np.array([1.0, 3.0, 2.0, 4.0])}, mark=2),
)
NOISE = Finding(
    "label_noise",
    "grave",
    {
        "rate": 0.21,
        "looked_at": 80,
        "count": 3,
        "rows": [7, 3, 41],
        "given": ["cat", "dog", "cat"],
        "likely": ["dog", "cat", "dog"],
    },
    case="classes",
)
SICK = Diagnosis(
    (TOO_HIGH,),
    (
        Finding("dead_units", "grave", {"layer": 1}, picture=Picture.of({"1 dense": np.ones(3)})),
        Finding("plateau", "notable"),
    ),
    ("leakage", "label_noise"),
)


def measured(scores: Sequence[float], recipe: jr.Recipe = AFTER, *remedies: str) -> Measured:
    """An arm whose seeds came to ``scores``, each rising evenly to it over four epochs; all but the
    first seed stopped an epoch early."""
    curves = np.outer(scores, [0.25, 0.5, 0.75, 1.0])
    curves[1:, 3] = np.nan
    nothing: Any = None
    arm = Arm(recipe, nothing, remedies, tuple("÷ 100" for _ in remedies))
    return Measured(arm, np.array(scores, float), curves, 1.0, nothing, ())


CONTROL = measured([0.30, 0.32, 0.34], BEFORE)


def verdict(scores: Sequence[float], *remedies: str, share: float = 1.0) -> Verdict:
    found = measured(scores, AFTER, *remedies)
    return Verdict(
        remedies=found.arm.remedies,
        doses=found.arm.doses,
        gain=paired_gain(CONTROL.scores, found.scores, comparisons=2),
        share=share,
        cured=None if share < 1 else found.mean > 0.9,
        recipe=AFTER,
        measured=found,
    )


def confirmation(scores: Sequence[float], has_test: bool = True) -> Confirmation:
    treated = measured(scores, AFTER, "lower_learning_rate")
    gain = paired_gain(CONTROL.scores, treated.scores)
    return Confirmation(
        gain=gain,
        control=CONTROL,
        treated=treated,
        chance=0.4,
        test_gain=gain if has_test else None,
        test_control=CONTROL.scores if has_test else None,
        test_treated=treated.scores if has_test else None,
        test_rows=34 if has_test else 0,
    )


def treatment(
    diagnosis: Diagnosis = SICK,
    verdicts: Sequence[Verdict] | None = None,
    confirmed: Confirmation | None = None,
    metric: str = "accuracy",
    **fields: Any,
) -> Treatment:
    """One that helped, unless ``verdicts`` and ``confirmed`` say otherwise."""
    if verdicts is None:
        verdicts = (
            verdict([0.95, 0.96, 0.97], "lower_learning_rate"),
            verdict([0.35, 0.31, 0.36], "clip_gradients"),
            verdict([0.28, 0.30, 0.30], "add_momentum", share=0.25),
        )
        confirmed = confirmation([0.94, 0.96, 0.95])
    helped = confirmed is not None and confirmed.holds
    run: Any = None
    return Treatment(
        diagnosis=diagnosis,
        before=BEFORE,
        verdicts=tuple(verdicts),
        confirmation=confirmed,
        recipe=AFTER if helped else BEFORE,
        run=run,
        part="valid",
        metric=metric,
        seconds=12.3,
        **{"untreatable": None, **fields},
    )
