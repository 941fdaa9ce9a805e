"""Healthy trainings: sensible choices of every kind, on the sets of each part.

Each line of healthy.txt is a set, its networks, and ways to train them; every network meets every
way, and each pair is trained at several rates. Kept are those that are not markedly below the best
that is known of their set (see :func:`is_sound`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from bodies import SCALES, sections
from proofs import score_of, shows_parts
from sets import data_of, is_there

import jaram as jr
from jaram.doctor.evidence import Evidence

RATES = (0.5, 1.0, 2.0)
"""What each rate of the table is multiplied by: a sensible rate is a range, not a number."""
BELOW = 0.03
"""Points below the best known of the set from which a training is no longer taken for healthy …"""
ERRORS = 2.0
"""… unless that is less than so many standard errors of a score on its validation part."""


@dataclass(frozen=True, eq=False)
class Healthy:
    """A healthy training."""

    name: str
    part: str
    set: str
    data: jr.Data
    recipe: jr.Recipe


def healthy_of(part: str) -> Iterator[Healthy]:
    """Candidates of a part; which of them count is said by :func:`is_sound`."""
    number = 0
    for of, networks, ways in sections("healthy.txt")[part]:
        if not is_there(of):
            continue
        for network in networks.split(";"):
            for way in ways.split(";"):
                optimizer, batch, epochs = (word.strip() for word in way.split(","))
                for factor in RATES:
                    number += 1
                    recipe = jr.Recipe(
                        network=network.strip(),
                        optimizer=optimizer,
                        batch_size=int(batch),
                        epochs=int(epochs),
                        stop="auto" if number % 2 else None,
                        scale=SCALES.get(of, "standard"),
                        seed=number,
                    )
                    found: object = recipe.optimizer
                    rate = recipe.optimizer.learning_rate * factor  # type: ignore[union-attr]
                    faster = replace(found, learning_rate=rate)  # type: ignore[type-var]
                    name = f"{of} {network.strip()} {optimizer} x{factor:g}"
                    yield Healthy(
                        name.replace(" ", "_").replace(",", ""),
                        part,
                        of,
                        data_of(of),
                        replace(recipe, optimizer=faster),
                    )


def best_known(trained: list[Evidence]) -> float:
    """The best known of a set: the 90th percentile of its trainings' scores, or a simple model's if
    that is better."""
    return max(float(np.quantile([score_of(one) for one in trained], 0.9)), simple(trained[0]))


def is_sound(evidence: Evidence, best: float) -> bool:
    """Whether a training is not markedly below the best known of its set, and did not overfit by
    the last epoch so much that the proof ``parts`` would call it so."""
    rows, score = evidence.valid_rows or 1, score_of(evidence)
    spread = max(best * (1 - best), 0.0025)
    error = float(np.sqrt(2 * spread / rows))
    return score >= best - max(BELOW, ERRORS * error) and not shows_parts(evidence)


def simple(evidence: Evidence) -> float:
    """Validation score of the better of two simple models, of scikit-learn."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    prepared = evidence.prepared
    assert prepared is not None and prepared.valid is not None
    is_number = prepared.task.kind == "regression"
    models = (
        [Ridge(), KNeighborsRegressor()]
        if is_number
        else [LogisticRegression(max_iter=500), KNeighborsClassifier()]
    )
    train, valid = prepared.train, prepared.valid
    y, truth = (part.y[:, 0] if is_number else part.y for part in (train, valid))
    return float(max(model.fit(train.x, y).score(valid.x, truth) for model in models))
