"""Operations on networks that remedies share.

A network is handled as *pieces*: its layers in order, each with the factor on its updates, so that
a recipe's ``layer_rates`` follow their layers. The *head* is the last layer with weights and all
behind it, which make the answer; everything before is *hidden*.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from jaram.data.prepare import Prepared
from jaram.errors import RecipeError
from jaram.network.activations import ActivationFunction, Identity
from jaram.network.composition import Sequential
from jaram.network.layer import Layer
from jaram.network.network import Network, shapes
from jaram.recipe import Recipe
from jaram.spec import name_of


class Piece(NamedTuple):
    """A layer and the factor on its updates (1 inside layers made of layers)."""

    layer: Layer
    rate: float = 1.0


Pieces = tuple[Piece, ...]

EMBEDDINGS = frozenset({"embedding", "embed_categories"})
NORMS = frozenset({"batch_norm", "layer_norm"})
NOISES = frozenset({"dropout", "gaussian_noise"})
ARRANGING = frozenset({"flatten", "reshape"})
_LINEAR_MAPS = frozenset({"dense", "conv"})
_WIDTHS = ("units", "filters")


def pieces(recipe: Recipe) -> Pieces:
    """The whole network of a completed recipe, sequences opened up."""
    network = recipe.network or ()
    rates = recipe.layer_rates or (1.0,) * len(network)
    return tuple(
        Piece(inner, rate)
        for layer, rate in zip(network, rates, strict=True)
        for inner in _opened(layer)
    )


def _opened(layer: Layer) -> Network:
    if isinstance(layer, Sequential):
        return tuple(one for inner in layer.layers for one in _opened(inner))
    return (layer,)


def divided(whole: Pieces) -> tuple[Pieces, Pieces]:
    """Hidden pieces and head."""
    weighted = [place for place, piece in enumerate(whole) if has_weights(piece.layer)]
    start = weighted[-1] if weighted else len(whole)
    return whole[:start], whole[start:]


def rebuilt(
    recipe: Recipe, whole: Pieces, prepared: Prepared, *, keeps_outputs: bool = True
) -> Recipe | None:
    """The recipe with these pieces for its network; itself if they are its own.

    None if they do not fit each other or the data, or, with ``keeps_outputs``, if the last would
    give another number of outputs than before.
    """
    network = tuple(piece.layer for piece in whole)
    if not network or recipe.network is None:
        return None
    if whole == pieces(recipe):
        return recipe
    try:
        after = shapes(network, prepared.input_shape)[-1]
        before = shapes(recipe.network, prepared.input_shape)[-1]
    except RecipeError:
        return None
    if len(after) != 1 or (keeps_outputs and after != before):
        return None
    rates = tuple(piece.rate for piece in whole) if recipe.layer_rates else ()
    return dataclasses.replace(recipe, network=network, layer_rates=rates)


# --- what a layer is ----------------------------------------------------------------------------


def inside(layer: Layer) -> Network:
    """The layers that a layer is made of; () for most."""
    found = getattr(layer, "layers", None) or getattr(layer, "branches", None) or ()
    return tuple(found)


def has_weights(layer: Layer) -> bool:
    """Whether a layer, or one inside it, multiplies its input with weights."""
    if inside(layer):
        return any(has_weights(one) for one in inside(layer))
    return width(layer) is not None


def is_plain(layer: Layer) -> bool:
    """Whether it is one linear map and then an activation: a dense layer, a convolution."""
    return name_of(layer) in _LINEAR_MAPS


def width(layer: Layer) -> int | None:
    """Units (filters) of a layer with weights; None for any other, an embedding too."""
    if name_of(layer) in EMBEDDINGS or inside(layer):
        return None
    return next((getattr(layer, name) for name in _WIDTHS if hasattr(layer, name)), None)


def with_width(layer: Layer, units: int) -> Layer:
    """The layer with another number of units."""
    name = next(name for name in _WIDTHS if hasattr(layer, name))
    return changed(layer, **{name: units})


def activation_of(layer: Layer) -> ActivationFunction | None:
    """The function a layer ends with; None for a layer without one."""
    found = getattr(layer, "activation", None)
    return found if isinstance(found, ActivationFunction) else None


def is_bent(layer: Layer) -> bool:
    """Whether the layer ends in a function that is no straight line.

    Functions inside a recurrent layer, or one of somebody's own, are not counted: they belong to
    how it works.
    """
    found = activation_of(layer)
    ends_in_it = is_plain(layer) or inside(layer) or name_of(layer) == "activation"
    return bool(ends_in_it) and found is not None and not isinstance(found, Identity)


def changed(layer: Layer, /, **fields: Any) -> Layer:
    """The layer with other fields, checked."""
    made: Layer = dataclasses.replace(layer, **fields)  # type: ignore[type-var]
    return made


# --- edits --------------------------------------------------------------------------------------

Edit = Callable[[Pieces], Pieces]
"""A function on the pieces of one sequence, whose composite layers are edited already."""


def edited(sequence: Pieces, edit: Edit) -> Pieces:
    """``edit`` done to a sequence and, first, to every sequence inside its layers."""
    return edit(tuple(piece._replace(layer=_inner(piece.layer, edit)) for piece in sequence))


def _inner(layer: Layer, edit: Edit) -> Layer:
    if getattr(layer, "branches", None):
        return changed(layer, branches=tuple(_joined(_run((b,), edit)) for b in inside(layer)))
    if inside(layer):
        return changed(layer, layers=_run(inside(layer), edit))
    return layer


def _run(layers: Network, edit: Edit) -> Network:
    return tuple(piece.layer for piece in edited(tuple(Piece(one) for one in layers), edit))


def _joined(layers: Network) -> Layer:
    return layers[0] if len(layers) == 1 else Sequential(layers)


def each(edit: Callable[[Layer], Layer]) -> Edit:
    """The edit that does ``edit`` to every layer by itself."""
    return lambda sequence: tuple(piece._replace(layer=edit(piece.layer)) for piece in sequence)


def without(is_unwanted: Callable[[Layer], bool]) -> Edit:
    """The edit that takes layers out; a composite layer that nothing is left of goes too."""

    def edit(sequence: Pieces) -> Pieces:
        return tuple(p for p in sequence if not is_unwanted(p.layer) and not _is_empty(p.layer))

    return edit


def _is_empty(layer: Layer) -> bool:
    return hasattr(layer, "layers") and not inside(layer)


def with_hidden(recipe: Recipe, edit: Edit, prepared: Prepared) -> Recipe | None:
    """The recipe with ``edit`` done to all its hidden layers; None as in :func:`rebuilt`, and
    where nothing changed."""
    hidden, head = divided(pieces(recipe))
    after = edited(hidden, edit)
    return None if after == hidden else rebuilt(recipe, (*after, *head), prepared)


def hidden_layers(recipe: Recipe) -> Network:
    """All hidden layers that hold no others, also those inside others, in order."""
    hidden, _ = divided(pieces(recipe))
    return tuple(leaf for piece in hidden for leaf in leaves(piece.layer))


def leaves(layer: Layer) -> Network:
    """The layers inside a layer that hold no others; itself if it holds none."""
    if not inside(layer):
        return (layer,)
    return tuple(leaf for one in inside(layer) for leaf in leaves(one))


def rounded(value: float) -> float:
    """Three digits, as a person would write it."""
    return float(f"{value:.3g}") if math.isfinite(value) else value
