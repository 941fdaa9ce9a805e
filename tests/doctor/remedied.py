"""Recipes, sick and healthy, for the tests of remedies."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from seeded import classes, inputs, labels, multilabel, prepared_for, regression

from jaram.data.data import Data
from jaram.data.prepare import Prepared
from jaram.defaults import complete
from jaram.doctor.remedies.registry import Prescription, all_remedies
from jaram.recipe import Recipe
from jaram.spec import words


def images(n: int = 200) -> Data:
    """Pictures of 4 × 4 pixels in three classes."""
    x = inputs(n, 16)
    return Data(x.reshape(n, 4, 4), labels(x, 3))


def uneven(n: int = 200) -> Data:
    """Two classes, one of them a tenth."""
    x = inputs(n)
    return Data(x, (x[:, 0] > np.quantile(x[:, 0], 0.9)).astype(int))


def series(n: int = 200) -> Data:
    """Series of 12 steps and 2 channels in three classes."""
    x = inputs(n, 24)
    return Data(x.reshape(n, 12, 2), labels(x, 3))


DATA: dict[str, Data] = {
    "classes": classes(),
    "two": classes(k=2),
    "numbers": regression(),
    "labels": multilabel(),
    "images": images(),
    "uneven": uneven(),
    "series": series(),
}


@cache
def prepared_as(data: str, recipe: Recipe) -> Prepared:
    return prepared_for(recipe, DATA[data])


def ready(data: str, recipe: Recipe) -> Prepared:
    """The data as the recipe prepares it; recipes that say the same of it share it."""
    names = (
        *("scale", "scale_target", "categories", "class_weight"),
        *("validation", "test", "split", "split_seed"),
    )
    return prepared_as(data, Recipe(**{name: getattr(recipe, name) for name in names}))


def completed(data: str, **fields: Any) -> Recipe:
    """The recipe with these fields, completed for the data."""
    recipe = Recipe(**fields)
    return complete(recipe, ready(data, recipe))[0]


def prescribed(name: str, data: str, recipe: Recipe | None = None, **fields: Any) -> Any:
    """The doses of a remedy for a recipe, or for the one with these fields."""
    recipe = completed(data, **fields) if recipe is None else recipe
    return all_remedies()[name].prescriptions(recipe, ready(data, recipe))


def first(name: str, data: str, recipe: Recipe | None = None, **fields: Any) -> Recipe:
    """The recipe after the first dose of a remedy."""
    found: tuple[Prescription, ...] = prescribed(name, data, recipe, **fields)
    assert found, f"{name} does not apply"
    return found[0].recipe


def network_of(recipe: Recipe) -> str:
    """The network in words, its layers with commas between."""
    return ", ".join(words(layer) for layer in recipe.network or ())


SICK: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("classes", {"network": "dense 16 relu, dense 16 relu"}),
    "default": ("classes", {}),
    "deep sigmoid": (
        "two",
        {"network": ", ".join(["dense 8 sigmoid"] * 6), "optimizer": "sgd 0.01"},
    ),
    "zeros": ("numbers", {"network": "dense 16 tanh zeros, dense 16 tanh zeros", "stop": None}),
    "straight": ("classes", {"network": "dense 16, dense 16, batch_norm, dense 8"}),
    "linear": ("two", {"network": (), "optimizer": "momentum 1e-5"}),
    "one softmax": ("two", {"network": "dense 8 relu, dense 1 softmax", "output": None}),
    "no output": ("classes", {"network": "dense 32 relu", "output": None, "loss": "mse"}),
    "doubled": ("classes", {"network": "dense 16 relu, dense 3 softmax", "optimizer": "rmsprop"}),
    "held back": (
        "labels",
        {
            "network": "gaussian_noise 3, dense 32 relu, dropout 0.9, dense 16 relu, dropout 0.9",
            "penalties": ("l2 1", "l1 0.1", "max_norm 0.01"),
            "averaging": "ema 0.9999",
            "optimizer": "adamw weight_decay=1",
            "loss": "bce 0.4",
        },
    ),
    "wild": (
        "numbers",
        {
            "network": "dense 16 relu (random_normal 10), dense 1 sigmoid",
            "output": None,
            "optimizer": "sgd 100",
            "batch_size": 1,
            "scale": "none",
            "scale_target": False,
            "shuffle": False,
            "epochs": 3,
            "stop": None,
        },
    ),
    "pictures": (
        "images",
        {
            "network": "dense 8 relu, flatten, dense 16 selu, residual (dense 16 relu)",
            "clip": "norm 5",
            "schedule": "warm_up 0.1",
            "batch_size": "full",
        },
    ),
    "forgetful": (
        "series",
        {
            "network": "rnn 8 return_sequences=true recurrent_init=(random_normal 0.01), "
            "bidirectional (rnn 4 truncate=3 return_sequences=true), lstm 6, dense 8 relu",
            "layer_rates": (1.0, 0.5, 2.0, 1.0, 1.0),
        },
    ),
    "composed": (
        "uneven",
        {
            "network": "sequential (dense 8 gelu, dense 8 gelu), parallel (dense 8 relu, dense 8), "
            "activation tanh, maxout 8",
            "optimizer": "lbfgs",
            "batch_size": "full",
            "layer_rates": (1.0, 0.5, 0.25, 1.0, 2.0),
            "schedule": "reduce_on_plateau",
        },
    ),
}
"""Data and fields of recipes that give every remedy something to do."""


@cache
def sick(name: str) -> tuple[str, Recipe]:
    """A recipe of :data:`SICK` with the name of its data."""
    data, fields = SICK[name]
    return data, completed(data, **fields)
