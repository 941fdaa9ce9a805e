"""The remedy that begins anew: sizes stay, everything else goes to what usually works."""

from __future__ import annotations

from jaram.data.prepare import Prepared
from jaram.defaults import complete
from jaram.doctor.remedies.registry import Doses, remedy
from jaram.doctor.remedies.surgery import (
    NOISES,
    NORMS,
    Pieces,
    changed,
    divided,
    edited,
    has_weights,
    is_plain,
    pieces,
    without,
)
from jaram.network.activations import GELU
from jaram.network.layer import Layer
from jaram.recipe import Recipe
from jaram.spec import name_of

_KEPT = ("categories", "validation", "test", "split", "split_seed", "order_seed", "seed")
"""Fields of the recipe that say what is compared and not how it is trained."""


@remedy("sound_defaults")
def sound_defaults(recipe: Recipe, prepared: Prepared) -> Doses:
    """The hidden layers at their sizes with GELU and initial weights that suit it, the output layer
    and loss of the task, Adam, standardised inputs, and no regularisation but early stopping; the
    whole default network where there was no hidden layer."""
    hidden, _ = divided(pieces(recipe))
    layers = tuple(piece.layer for piece in edited(hidden, _plain))
    kept = {name: getattr(recipe, name) for name in _KEPT}
    if layers and name_of(layers[0]) == "embedding":  # tokens are no quantities
        kept["scale"] = recipe.scale
    is_empty = not any(has_weights(layer) for layer in layers)
    plain, _ = complete(Recipe(network=None if is_empty else layers, **kept), prepared)
    yield "", plain


def _plain(sequence: Pieces) -> Pieces:
    """The layers of a sequence without what is no size: GELU, its own initial weights, no norms."""
    extras = NORMS | NOISES | {"activation"}
    kept = without(lambda layer: name_of(layer) in extras)(sequence)
    return tuple(piece._replace(layer=_sound(piece.layer)) for piece in kept)


def _sound(layer: Layer) -> Layer:
    if is_plain(layer):
        return changed(layer, activation=GELU(), init=None)
    if hasattr(layer, "init"):
        return changed(layer, init=None)
    return layer
