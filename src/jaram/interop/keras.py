"""What Keras' ``fit`` returns, read without importing Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaram.interop.log import Log, of_columns

OPTIMIZERS = {
    "sgd": "sgd",
    "adam": "adam",
    "adamw": "adamw",
    "rmsprop": "rmsprop",
    "adagrad": "adagrad",
    "lion": "lion",
}
"""Registered names of Keras' optimizers, by the name of their class in small letters."""


def is_history(value: object) -> bool:
    """Whether this is a Keras ``History``: it has the columns and knows the epochs."""
    return isinstance(getattr(value, "history", None), Mapping) and (
        hasattr(value, "params") or hasattr(value, "epoch")
    )


def log_of(history: Any) -> Log:
    """The log in a ``History``.

    With ``validation_freq`` Keras validates in every k-th epoch only, and writes the validation's
    columns without a gap; their places are found again here.
    """
    columns = {str(name): list(values) for name, values in history.history.items()}
    epochs = max((len(values) for values in columns.values()), default=0)
    spread = {
        name: _spread(values, epochs) if name.startswith("val_") else values
        for name, values in columns.items()
    }
    return of_columns("History", spread)


def _spread(values: list[Any], epochs: int) -> list[Any]:
    """Values of every k-th epoch, with None between them."""
    if not values or len(values) == epochs:
        return values
    every = epochs // len(values)
    if epochs // every != len(values):
        return values  # of some epochs, which the history does not tell: their lengths differ
    found: list[Any] = [None] * epochs
    found[every - 1 :: every] = values
    return found


def optimizer_of(history: Any) -> tuple[str | None, float | None]:
    """Registered name and rate of the optimizer that the history's model was compiled with; None
    for what can't be told."""
    optimizer = getattr(getattr(history, "model", None), "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)  # behind a scaled loss
    name = OPTIMIZERS.get(type(optimizer).__name__.lower())
    if name == "sgd" and getattr(optimizer, "momentum", None):
        name = "nesterov" if getattr(optimizer, "nesterov", False) else "momentum"
    if name == "adam" and getattr(optimizer, "amsgrad", False):
        name = "amsgrad"
    try:
        rate: Any = getattr(optimizer, "learning_rate", None)
        value = rate.numpy() if hasattr(rate, "numpy") else rate
        return name, None if value is None else float(np.asarray(value).item())
    except (TypeError, ValueError, RuntimeError, AttributeError):
        return name, None
