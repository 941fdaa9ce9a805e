"""Small populations of each task, trained once for all tests of ensembles."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np

import jaram as jr

RECIPE = jr.Recipe(
    network=(jr.Dense(6, "relu"), jr.Dropout(0.2)),
    optimizer=jr.Adam(learning_rate=0.02),
    penalties=(),
    averaging=None,
    batch_size=16,
    epochs=3,
    test=0.2,
    stop=None,
)
TASKS = ("binary", "multiclass", "multilabel", "regression", "two targets")


def problem(task: str) -> jr.Data:
    """120 rows that three epochs do not learn well, so that the members differ."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(120, 4)).astype(np.float32)
    score = x[:, 0] * x[:, 1] + x[:, 2] + 0.3 * rng.normal(size=120)
    if task == "binary":
        return jr.Data(x, np.where(score > 0, "yes", "no"))
    if task == "multiclass":
        return jr.Data(x, np.digitize(score, [-0.6, 0.6]), task="multiclass")
    if task == "multilabel":
        labels = np.stack([score > 0, x[:, 3] + score > 0], axis=1).astype(int)
        return jr.Data(x, labels, task="multilabel")
    y = 100 + 30 * np.stack([score, score**2], axis=1)
    return jr.Data(x, y[:, 0] if task == "regression" else y, task="regression")


@cache
def trained(task: str, size: int = 4) -> list[jr.Run]:
    recipes = [dataclasses.replace(RECIPE, seed=seed) for seed in range(size)]
    return jr.train(recipes, problem(task))


def data_of(run: jr.Run) -> jr.Data:
    """The problem that a run of :func:`trained` was trained on."""
    return next(problem(task) for task in TASKS if run in trained(task))
