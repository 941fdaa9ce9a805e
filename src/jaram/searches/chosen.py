"""What a search chooses from the data where nothing was said."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaram.data.data import Data
from jaram.data.prepare import prepare
from jaram.defaults import complete
from jaram.network.dense import Dense
from jaram.network.regularization import Dropout, GaussianNoise
from jaram.objective.penalties import L2
from jaram.recipe import Recipe
from jaram.runs.candidates import prepare_options
from jaram.searches.distributions import Choice, Distribution, LogUniform, Uniform
from jaram.searches.space import Space, distributions_in
from jaram.searches.vary import goes_through, vary

LEFT_OPEN = (None, "auto")


def varied(recipe: Recipe, paths: Mapping[str, Any], data: Data) -> Recipe:
    """``recipe`` with a distribution, or what its words say, at each of ``paths``.

    Where a path goes into a field that the recipe leaves to be chosen, that is chosen from the
    data.
    """
    for path, values in paths.items():
        field = goes_through(path)
        if field and getattr(recipe, field, field) in LEFT_OPEN:
            recipe = with_chosen(recipe, data)
        recipe = vary(recipe, path, values)
    return recipe


def with_chosen(recipe: Recipe, data: Data) -> Recipe:
    """``recipe`` with network, optimizer, penalties and averaging as they would be chosen.

    All together, because each is chosen otherwise beside a network of somebody's own.
    """
    decided = recipe
    if any(distributions_in(recipe)):
        space = Space(recipe)
        decided = space.at(np.full(len(space.dimensions), 0.5)).recipe
    completed, _ = complete(decided, prepare(data, prepare_options(decided)))
    changes: dict[str, Any] = {
        name: getattr(completed, name)
        for name in ("optimizer", "penalties", "averaging")
        if getattr(recipe, name) in LEFT_OPEN
    }
    if recipe.network is None:  # its output layer stays to be chosen
        changes["network"] = (completed.network or ())[:-1]
    return dataclasses.replace(recipe, **changes)


def default_space(data: Data, recipe: Recipe = Recipe()) -> Space:
    """Learning rate, width of the widest layer, and how much is done against overfitting.

    Three widths, and everything else knobs: three compilations. The learning rate goes from a tenth
    of the optimizer's own to its hundredfold.
    """
    chosen = with_chosen(recipe, data)
    layers = chosen.network or ()
    usual = type(chosen.optimizer)().learning_rate  # type: ignore[misc]
    paths: dict[str, Distribution] = {
        "optimizer.learning_rate": LogUniform(usual / 10, usual * 100)
    }
    widths = [layer.units if isinstance(layer, Dense) else 0 for layer in layers]
    if widest := max(widths, default=0):
        widths_tried = Choice(max(2, widest // 2), widest, 2 * widest)
        paths[f"network[{widths.index(widest)}].units"] = widths_tried
    for place, layer in enumerate(layers):
        if isinstance(layer, GaussianNoise):
            paths[f"network[{place}].stddev"] = Uniform(0.0, 0.6)
        elif isinstance(layer, Dropout):
            paths[f"network[{place}].rate"] = Uniform(0.0, 0.5)
    for place, penalty in enumerate(chosen.penalties or ()):
        if isinstance(penalty, L2):
            paths[f"penalties[{place}].strength"] = LogUniform(1e-5, 0.1)
    return Space(varied(chosen, paths, data))
