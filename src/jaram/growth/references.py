"""Simple models of the same rows: what a network has to beat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Prepared
from jaram.doctor.baselines import judged, reference
from jaram.doctor.patient import chance
from jaram.doctor.threads import one_openmp_thread

MOST_TREE_ROWS = 50_000
"""Training rows that the trees learn from, at most."""
SEED = 0


@dataclass(frozen=True)
class Baseline:
    """A simple model's score on the validation part and its standard error.

    name: constant, linear, neighbours, kernel or trees.
    """

    name: str
    score: float
    error: float


def baselines(prepared: Prepared) -> tuple[Baseline, ...]:
    """The best constant, a linear model, nearest neighbours, kernel ridge regression and
    gradient-boosted trees, fitted on training rows, scored on validation rows.

    The first four learn from a sample (:mod:`jaram.doctor.baselines`), the trees from all rows up
    to ``MOST_TREE_ROWS``: scikit-learn's histogram gradient boosting as it comes. Only the
    constant answers every step of an example.
    """
    if prepared.task.has_steps:
        return (_most_frequent(prepared),)
    known = reference(prepared)
    found = [
        Baseline(name, getattr(known, name), known.error)
        for name in ("constant", "linear", "neighbours", "kernel")
    ]
    return (*found, _trees(prepared))


def _most_frequent(prepared: Prepared) -> Baseline:
    """The most frequent class at every step of the validation part."""
    assert prepared.valid is not None
    share = chance(prepared.task, prepared, None) or 0.0
    steps = int(np.sum(prepared.valid.y >= 0))
    return Baseline("constant", share, math.sqrt(share * (1 - share) / max(1, steps)))


def _trees(prepared: Prepared) -> Baseline:
    from sklearn import ensemble

    assert prepared.valid is not None
    train, valid, task = prepared.train, prepared.valid, prepared.task
    rows = np.unique(np.linspace(0, len(train) - 1, min(len(train), MOST_TREE_ROWS)).astype(int))
    x, asked = (part.reshape(len(part), -1) for part in (train.x[rows], valid.x[:]))
    made: Any = (
        ensemble.HistGradientBoostingRegressor
        if task.kind == "regression"
        else ensemble.HistGradientBoostingClassifier
    )
    weight = None if train.weight is None else train.weight[rows]

    def answers(y: NDArray[Any]) -> NDArray[Any]:
        if len(np.unique(y)) < 2:  # nothing to be learnt
            return np.full(len(asked), y[0])
        # Stopping early draws rows of its own, which a class of few rows may have none of.
        # One thread: several that wait for each other were 18 times slower on two busy cores.
        with one_openmp_thread():
            model = made(random_state=SEED, early_stopping=False).fit(x, y, sample_weight=weight)
            return np.asarray(model.predict(asked))

    if task.has_classes:
        count = len(task.classes)
        told = np.eye(count)[answers(train.y[rows]).astype(int)]
        truth = np.eye(count)[valid.y.astype(int)]
    else:
        y = train.y[rows].reshape(len(rows), -1)
        told = np.stack([answers(column) for column in y.T], axis=1)
        truth = valid.y.reshape(len(valid), -1)
    result = judged(task, np.asarray(truth, np.float64), np.asarray(told, np.float64))
    return Baseline("trees", result.score, result.error)


def better_than(one: Baseline, score: float, deviation: float, rows: int, is_share: bool) -> bool:
    """Whether a baseline beats a network's mean ``score`` beyond both errors.

    deviation: standard error of the network's mean over seeds. An accuracy's own error counts its
    validation ``rows``, though both answer the same ones: a cautious sum.
    """
    own = math.sqrt(max(score * (1 - score), 1 / rows) / rows) if is_share else one.error
    return one.score - score > 2 * math.sqrt(one.error**2 + own**2 + deviation**2)
