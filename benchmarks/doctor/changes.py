"""Mistakes as functions: what is done to a recipe, and what is done to data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import jaram as jr
from jaram.network.activations import Identity
from jaram.network.dense import Dense
from jaram.spec import parse

Change = Callable[[jr.Recipe], jr.Recipe]
DataChange = Callable[[jr.Data], jr.Data]


# --- recipes --------------------------------------------------------------------------------------


def fields(**values: Any) -> Change:
    """Other values of the recipe's own fields."""
    return lambda recipe: dataclasses.replace(recipe, **values)


def rate(factor: float) -> Change:
    """The learning rate times ``factor``."""

    def change(recipe: jr.Recipe) -> jr.Recipe:
        optimizer: Any = recipe.optimizer
        faster = dataclasses.replace(optimizer, learning_rate=optimizer.learning_rate * factor)
        return dataclasses.replace(recipe, optimizer=faster)

    return change


def hidden(words: str) -> Change:
    """Other hidden layers."""
    return fields(network=words if words else ())


def deep(depth: int, width: int, activation: str = "relu") -> Change:
    """``depth`` hidden layers of one width."""
    return hidden(", ".join([f"dense {width} {activation}"] * depth))


def widths(*sizes: int) -> Change:
    """As many hidden layers of these widths, activations kept in turn."""

    def change(recipe: jr.Recipe) -> jr.Recipe:
        layers = recipe.network or ()
        kept = [layers[min(i, len(layers) - 1)] for i in range(len(sizes))]
        network = tuple(
            dataclasses.replace(layer, units=size)  # type: ignore[call-arg]
            for layer, size in zip(kept, sizes, strict=True)
        )
        return dataclasses.replace(recipe, network=network)

    return change


def _each_hidden(edit: Callable[[Dense], Any]) -> Change:
    def change(recipe: jr.Recipe) -> jr.Recipe:
        layers: list[Any] = []
        for layer in recipe.network or ():
            edited = edit(layer) if isinstance(layer, Dense) else layer
            layers += edited if isinstance(edited, list) else [edited]
        return dataclasses.replace(recipe, network=tuple(layers))

    return change


def activation(words: str) -> Change:
    """The activation of every hidden layer."""
    return _each_hidden(
        lambda layer: dataclasses.replace(layer, activation=parse("activation", words))
    )


def init(words: str) -> Change:
    """The initial weights of every hidden layer."""
    return _each_hidden(lambda layer: dataclasses.replace(layer, init=parse("initializer", words)))


def after_each(words: str) -> Change:
    """A layer after every hidden layer: ``"dropout 0.9"``."""
    return _each_hidden(lambda layer: [layer, parse("layer", words)])


def no_activation() -> Change:
    """Hidden layers that are only linear."""
    return _each_hidden(lambda layer: dataclasses.replace(layer, activation=Identity()))


def output_init(words: str, units: int, last: str) -> Change:
    """An output layer with its own initial weights."""
    layer = Dense(units, parse("activation", last), init=parse("initializer", words))
    return fields(output=layer)


def frozen(place: int, factor: float = 0.0) -> Change:
    """A layer that is updated ``factor`` times as fast as the others; the last is −1."""

    def change(recipe: jr.Recipe) -> jr.Recipe:
        rates = [1.0] * (len(recipe.network or ()) + 1)
        rates[place] = factor
        return dataclasses.replace(recipe, layer_rates=tuple(rates))

    return change


def all_frozen() -> Change:
    """Hidden layers that are not updated at all."""

    def change(recipe: jr.Recipe) -> jr.Recipe:
        hidden_layers = len(recipe.network or ())
        return dataclasses.replace(recipe, layer_rates=(0.0,) * hidden_layers + (1.0,))

    return change


def all_of(*changes: Change) -> Change:
    """One after another."""

    def change(recipe: jr.Recipe) -> jr.Recipe:
        for one in changes:
            recipe = one(recipe)
        return recipe

    return change


# --- data -----------------------------------------------------------------------------------------


def _arrays(data: jr.Data) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Inputs and answers as arrays; of a table its columns of numbers without gaps."""
    if data.x is not None:
        return np.array(data.x, np.float64), np.array(data.y)
    import polars as pl

    assert data.table is not None
    frame = data.table.frame.select(pl.col(pl.Float64, pl.Int64))
    x = frame.to_numpy().astype(np.float64)
    whole = np.isfinite(x).all(axis=1)
    _, y = np.unique(np.array(data.y), return_inverse=True)
    return x[whole], y[whole]


def remade(data: jr.Data, x: Any, y: Any, **more: Any) -> jr.Data:
    """Data of the same task with other arrays."""
    return jr.Data(x, y, task=data.task.kind, name=data.name, **more)


def as_arrays(data: jr.Data) -> jr.Data:
    """A table as an array of its numbers."""
    return remade(data, *_arrays(data))


def times(factors: float | Sequence[float], plus: float = 0.0) -> DataChange:
    """Inputs in other units: columns times ``factors`` in turn, then shifted."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        scale = np.resize(np.atleast_1d(np.array(factors, float)), x.shape[1])
        return remade(data, x * scale + plus, y)

    return change


def target(factor: float, plus: float = 0.0) -> DataChange:
    """The target in another unit."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        return remade(data, x, (y - y.mean()) / y.std() * factor + plus)

    return change


def rows(count: int, seed: int = 0) -> DataChange:
    """Only so many rows."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        kept = np.random.default_rng(seed).permutation(len(x))[:count]
        return remade(data, x[kept], y[kept])

    return change


def noise(deviation: float, seed: int = 0) -> DataChange:
    """Noise on standardised inputs."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        x = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-9)
        more = np.random.default_rng(seed).normal(size=x.shape)
        return remade(data, x + deviation * more, y)

    return change


def target_noise(deviation: float, seed: int = 0) -> DataChange:
    """Noise on a number to be predicted, in its standard deviations."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        return remade(
            data, x, y + deviation * y.std() * np.random.default_rng(seed).normal(size=len(y))
        )

    return change


def useless_columns(count: int, seed: int = 0) -> DataChange:
    """Columns of noise beside those that count."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        x = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-9)
        more = np.random.default_rng(seed).normal(size=(len(x), count))
        return remade(data, np.hstack([x, more]), y)

    return change


def in_turn(*changes: DataChange) -> DataChange:
    """One after another."""

    def change(data: jr.Data) -> jr.Data:
        for one in changes:
            data = one(data)
        return data

    return change


def shuffled_labels(seed: int = 0) -> DataChange:
    """Answers dealt out at random: no input tells anything of them."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        return remade(data, x, np.random.default_rng(seed).permutation(y))

    return change


def noise_only(columns: int, seed: int = 0) -> DataChange:
    """Inputs that have nothing to do with the answers."""

    def change(data: jr.Data) -> jr.Data:
        _, y = _arrays(data)
        return remade(data, np.random.default_rng(seed).normal(size=(len(y), columns)), y)

    return change


def wrong_labels(share: float, seed: int = 0) -> DataChange:
    """A share of the labels replaced by another class, chosen at random; the whole set's."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        rng = np.random.default_rng(seed)
        wrong, classes = rng.random(len(y)) < share, int(y.max()) + 1
        other = (y + rng.integers(1, classes, len(y))) % classes
        return remade(data, x, np.where(wrong, other, y))

    return change


def leak(how: str, seed: int = 0) -> DataChange:
    """A column that is made of the answer: the answer, with noise, in another unit, or by class."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        rng = np.random.default_rng(seed)
        spread = (y - y.mean()) / y.std()
        column = {
            "copy": spread,
            "noisy": spread + 0.02 * rng.normal(size=len(y)),
            "unit": -4.2 * spread + 17,
            "bent": np.exp(spread),
            "filled": np.where(y == y.max(), rng.uniform(5, 90, len(y)), 0.0),
        }[how]
        return remade(data, np.column_stack([x, column]), y)

    return change


def imbalance(one_in: int, spread: float = 0.0, seed: int = 0, n: int = 2000) -> DataChange:
    """Class 1 kept once in ``one_in`` rows, ``n`` rows drawn anew with noise on the inputs."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        rng = np.random.default_rng(seed)
        few = max(20, n // one_in)
        of = [rng.choice(np.flatnonzero(y == 0), n - few), rng.choice(np.flatnonzero(y == 1), few)]
        chosen = rng.permutation(np.concatenate(of))
        x = (x[chosen] - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-9)
        return remade(data, x + spread * rng.normal(size=x.shape), y[chosen])

    return change


def binary(rest: Sequence[int]) -> DataChange:
    """Two classes: those in ``rest`` are 1."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        return jr.Data(x, np.isin(y, rest).astype(int), task="binary", name=data.name)

    return change


def numbers_of_classes() -> DataChange:
    """A regression on the class numbers."""

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        return jr.Data(x, y.astype(float), task="regression", name=data.name)

    return change


def validated_elsewhere(how: str, amount: float = 0.25, seed: int = 0) -> DataChange:
    """A validation part from another distribution than the rest.

    ``"column"``: the rows with the largest first input; ``"class"``: only some classes;
    ``"shift"``: inputs moved by ``amount`` deviations; ``"target"``: the largest targets.
    """

    def change(data: jr.Data) -> jr.Data:
        x, y = _arrays(data)
        rng = np.random.default_rng(seed)
        apart = rng.random(len(y)) < 0.2
        if how == "column":
            apart = x[:, 0] > np.quantile(x[:, 0], 1 - amount)
        elif how == "target":
            apart = y > np.quantile(y, 1 - amount)
        elif how == "class":
            apart = (y == y.max()) & (rng.random(len(y)) < 0.6)
        other = x[apart] + (amount * x.std(axis=0) if how == "shift" else 0.0)
        return remade(data, x[~apart], y[~apart], valid=(other, y[apart]))

    return change
