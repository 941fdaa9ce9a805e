"""Pictures that a network was asked about: its surest mistakes, where it looked, what its first
filters see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Part, Prepared
from jaram.insight.choice import told_of, worth_seeing
from jaram.insight.pixels import Pixels, as_they_came, pixels_of
from jaram.insight.saliency import (
    EXAMPLES,
    Look,
    first_convolution,
    first_filters,
    look,
    maps_place,
)
from jaram.network.network import NetworkParams, NetworkState
from jaram.recipe import Recipe
from jaram.spec import words
from jaram.training.outputs import Answers

if TYPE_CHECKING:
    from jaram.runs.run import Run

MOST_FILTERS = 64
MOST_MAPS = 32


def pictures_seen(run: Run, part: Part, found: Answers) -> dict[str, Any]:
    """The surest mistakes and some right answers with their saliency, the filters of the first
    convolution and, if that is a layer of its own, its feature maps of the first of these
    pictures."""
    network = run.recipe.network or ()
    place, first = maps_place(network), first_filters(network, run.params, run.network_state)
    shown = worth_seeing(run.task, part, found, EXAMPLES)
    x = np.asarray(part.x[shown])
    looked = look(
        run.recipe, run.params, run.network_state, x, place, run.task.kind == "regression"
    )
    pictures = as_they_came(run.preparation, x)
    examples = [
        told_of(run, part, found, int(row))
        | {"picture": pixels_of(picture), "saliency": pixels_of(heat)}
        for row, picture, heat in zip(shown, pictures, heats(looked.gradient), strict=True)
    ]
    told: dict[str, Any] = {"kind": "pictures", "examples": examples}
    if first is not None:
        told["filters"] = {
            "layer": words(first.layer),
            "pictures": filter_pictures(first.kernels[:MOST_FILTERS]),
        }
    if first is not None and first.place == first_convolution(network):
        told["maps"] = {"picture": pixels_of(pictures[0]), "pictures": map_pictures(looked)}
    return told


def compile_look(
    recipe: Recipe, params: NetworkParams, state: NetworkState, prepared: Prepared
) -> None:
    """Compile what :func:`pictures_seen` will want, if the examples are pictures."""
    if prepared.preparation.kind == "pictures":
        place, is_regression = maps_place(recipe.network or ()), prepared.task.kind == "regression"
        look(recipe, params, state, prepared.train.x[:EXAMPLES], place, is_regression)


def heats(gradient: NDArray[np.float32]) -> NDArray[np.float32]:
    """Saliency ``(n, height, width)`` from 0 to 1 of gradients ``(n, height, width, channels)``:
    the largest size over the channels, as a share of the picture's own largest."""
    size = np.abs(gradient).max(axis=-1)
    most = size.max(axis=(1, 2), keepdims=True)
    return size / np.where(most > 0, most, 1.0)  # type: ignore[no-any-return]


def filter_pictures(weights: NDArray[np.float32]) -> list[Pixels]:
    """Each of the filters ``(filters, height, width, channels)`` from its most negative weight or
    the opposite of its largest (black) to the opposite of that (white); 0 is the middle."""
    most = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
    return [pixels_of(one) for one in 0.5 + 0.5 * weights / np.where(most > 0, most, 1.0)]


def map_pictures(looked: Look) -> list[Pixels]:
    """The feature maps of the first example, on one scale from the least to the largest value."""
    maps = np.moveaxis(looked.maps[0], -1, 0)[:MOST_MAPS]
    low, high = float(maps.min()), float(maps.max())
    return [pixels_of(one) for one in (maps - low) / max(high - low, 1e-12)]
