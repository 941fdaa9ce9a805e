"""Data sets with and without a mistake in them, all seeded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.data import Data
from jaram.data.options import PrepareOptions
from jaram.data.prepare import Prepared, prepare
from jaram.defaults import complete
from jaram.doctor.finding import Finding
from jaram.doctor.preflight import preflight
from jaram.recipe import Recipe

Array = NDArray[Any]


def prepared_for(recipe: Recipe, data: Data) -> Prepared:
    """What the recipe's own preparation makes of the data."""
    return prepare(
        data,
        PrepareOptions(
            scale=recipe.scale,
            categories=recipe.categories,
            validation=recipe.validation,
            test=recipe.test,
            split=recipe.split,
            split_seed=recipe.split_seed,
            scale_target=recipe.scale_target,
            class_weight=recipe.class_weight,
        ),
    )


def flight(data: Data, **fields: Any) -> tuple[Finding, ...]:
    """The pre-flight of a recipe with these fields on the data."""
    recipe = Recipe(**fields)
    prepared = prepared_for(recipe, data)
    return preflight(complete(recipe, prepared)[0], prepared, data)


def flight_of_parts(data: Data, edit: Any, **fields: Any) -> tuple[Finding, ...]:
    """As :func:`flight`, with the training part replaced by ``edit(train)`` after preparation."""
    recipe = Recipe(**fields)
    prepared = prepared_for(recipe, data)
    broken = replace(prepared, train=edit(prepared.train))
    return preflight(complete(recipe, prepared)[0], broken, data)


def inputs(n: int = 200, columns: int = 5, seed: int = 0) -> Array:
    """Independent normal columns ``(n, columns)``."""
    return np.random.default_rng(seed).standard_normal((n, columns))


def labels(x: Array, k: int = 3, seed: int = 1) -> Array:
    """Classes 0 … k − 1 of one size that depend on several columns, with noise ``(n,)``."""
    score = x[:, 0] + x[:, 1] - x[:, 2] + np.random.default_rng(seed).standard_normal(len(x))
    return np.argsort(np.argsort(score)) * k // len(x)


def numbers(x: Array, seed: int = 1) -> Array:
    """A target of about size 1 that depends on several columns, with noise ``(n,)``."""
    noise = np.random.default_rng(seed).standard_normal(len(x))
    return 0.5 * (x[:, 0] - x[:, 1] * x[:, 2]) + 0.3 * noise


def classes(n: int = 200, k: int = 3, columns: int = 5, seed: int = 0) -> Data:
    """A healthy classification."""
    x = inputs(n, columns, seed)
    return Data(x, labels(x, k, seed + 1))


def regression(n: int = 200, columns: int = 5, seed: int = 0) -> Data:
    """A healthy regression."""
    x = inputs(n, columns, seed)
    return Data(x, numbers(x, seed + 1), task="regression")


def multilabel(n: int = 200, seed: int = 0) -> Data:
    """A healthy multi-label task with three labels."""
    x = inputs(n, 5, seed)
    noise = inputs(n, 3, seed + 1)
    return Data(x, (x[:, :3] + noise > 0).astype(int), task="multilabel")


def with_column(x: Array, column: Array) -> Array:
    """``x`` with one column more, at the end."""
    return np.column_stack([x, column])
