"""The weights that the first layers of a network bring from another that is trained."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from jaram.begin import TrainedLayers
from jaram.data.origin import Origin
from jaram.data.prepare import Prepared
from jaram.errors import RecipeError
from jaram.network.frozen import Frozen, placed, weights_of
from jaram.network.network import (
    Network,
    NetworkParams,
    NetworkState,
    initial_params,
    initial_state,
)
from jaram.recipe import Recipe
from jaram.spec import words

KEPT_RATE = 0.1
"""Factor on the updates of trained layers that are trained on: of Adam's 0.01 it leaves them the
0.001 that is usual. On MNIST's digits 5 to 9, ten of each, after a training on 0 to 4, it was among
the best (docs/en/fine-tuning.md); 0.001 for all layers was 2 points worse."""
Drawn = tuple[NetworkParams, NetworkState]
"""A member's first weights and network state, NumPy."""


def trained(network: Network, begin: TrainedLayers, origin: Origin, fresh: Drawn) -> Drawn:
    """``fresh`` with the origin's weights and statistics in the first layers, frozen or not.

    Raises RecipeError if the network or the origin has fewer layers than that, and for the first
    layer whose weights would be of another shape.
    """
    misfit = _misfit(network, begin, origin, fresh)
    if misfit is not None:
        raise misfit
    params, state = map(list, fresh)
    for place in range(begin.layers):
        params[place], state[place] = _brought(network, origin, place)
    return tuple(params), tuple(state)


def still_fits(recipe: Recipe, prepared: Prepared) -> bool:
    """Whether a completed recipe can begin with what it says; true if it says nothing."""
    network, shape = recipe.network or (), prepared.input_shape
    if recipe.begin is None or prepared.origin is None:
        return True
    fresh = initial_params(network, recipe.seed, shape), initial_state(network, shape)
    return _misfit(network, recipe.begin, prepared.origin, fresh) is None


def _misfit(
    network: Network, begin: TrainedLayers, origin: Origin, fresh: Drawn
) -> RecipeError | None:
    for whose, layers in (("recipe", network), ("run", origin.network)):
        if len(layers) < begin.layers:
            return RecipeError(
                f"recipe.begin_too_long_for_{whose}", layers=begin.layers, got=len(layers)
            )
    for place in range(begin.layers):
        ours = fresh[0][place], fresh[1][place]
        if _shapes(ours) != _shapes(_brought(network, origin, place)):
            return RecipeError(
                "recipe.begin_misfit",
                number=place + 1,
                layer=words(network[place]),
                trained=words(origin.network[place]),
            )
    return None


def _brought(network: Network, origin: Origin, place: int) -> tuple[Any, Any]:
    """Parameters and state that the layer at ``place`` begins with."""
    own = origin.params[place], origin.network_state[place]
    return placed(network[place], *weights_of(origin.network[place], *own))


def _shapes(tree: Any) -> Any:
    """The arrays of a tree by their path, with their shapes."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path): np.shape(leaf) for path, leaf in leaves}


def kept_rates(begin: TrainedLayers, network: Network) -> tuple[float, ...]:
    """A factor on the updates of each layer: what comes trained takes small steps, so that it is
    not lost before the new layers, which begin at random, have learned to use it."""
    return tuple(KEPT_RATE if place < begin.layers else 1.0 for place in range(len(network)))


def beginning_told(begin: TrainedLayers, network: Network) -> dict[str, Any]:
    """How many layers come trained, how many of them are frozen, and how many are new."""
    frozen = sum(isinstance(layer, Frozen) for layer in network[: begin.layers])
    return {
        "layers": begin.layers,
        "frozen": frozen,
        "kept": begin.layers - frozen,
        "new": len(network) - begin.layers,
    }


def with_beginning(recipe: Recipe, prepared: Prepared) -> Network | None:
    """The recipe's network; the trained layers that it begins with, if it says none."""
    if recipe.network is not None or recipe.begin is None or prepared.origin is None:
        return recipe.network
    return tuple(prepared.origin.network[: recipe.begin.layers])
