"""Remedies of overfitting, and of too much against it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from jaram.data.prepare import Prepared
from jaram.defaults import penalty_strength
from jaram.doctor.remedies.registry import Doses, remedy
from jaram.doctor.remedies.surgery import (
    EMBEDDINGS,
    NOISES,
    NORMS,
    Edit,
    Piece,
    Pieces,
    each,
    edited,
    is_bent,
    pieces,
    rebuilt,
    rounded,
    width,
    with_hidden,
    without,
)
from jaram.network.layer import Layer
from jaram.network.regularization import Dropout, GaussianNoise
from jaram.objective.penalties import L1, L2, MaxNorm, Penalty
from jaram.optimizer.averaging import ExponentialAverage
from jaram.recipe import Recipe
from jaram.spec import name_of

FEWEST_DROPPED = 4
"""Units below which a layer is too narrow to lose any."""
STRONGEST = 0.1
"""L2 that no data has been seen to want more of; the default is bounded by it as well."""
NO_LIMIT = 1e6
"""A max-norm that no weight reaches."""


# --- more ---------------------------------------------------------------------------------------


@remedy("add_dropout")
def add_dropout(recipe: Recipe, prepared: Prepared) -> Doses:
    """After every hidden activation, at 0.3, 0.1 or 0.5; what drops more already stays."""
    for rate in (0.3, 0.1, 0.5):
        if (to := with_hidden(recipe, _dropping(rate), prepared)) is not None:
            yield f"{rate:g}", to


def _dropping(rate: float) -> Edit:
    def edit(sequence: Pieces) -> Pieces:
        made: list[Piece] = []
        units, is_due = None, False
        for piece in sequence:
            layer = piece.layer
            if isinstance(layer, Dropout):
                layer, is_due = Dropout(max(layer.rate, rate)), False
            elif is_due and name_of(layer) not in NORMS:
                made.append(Piece(Dropout(rate), piece.rate))
                is_due = False
            made.append(piece._replace(layer=layer))
            units = width(layer) or units
            is_due = is_due or (is_bent(layer) and (units or FEWEST_DROPPED) >= FEWEST_DROPPED)
        if is_due:
            made.append(Piece(Dropout(rate), made[-1].rate))
        return tuple(made)

    return edit


@remedy("add_l2")
def add_l2(recipe: Recipe, prepared: Prepared) -> Doses:
    """The strength that suits the number of examples (:func:`jaram.defaults.penalty_strength`), a
    tenth and ten times that, where they are more than there is and at most 0.1."""
    penalties = recipe.penalties or ()
    now = max((one.strength for one in penalties if isinstance(one, L2)), default=0.0)
    suits = penalty_strength(prepared)
    for strength in dict.fromkeys((suits, suits / 10, min(STRONGEST, 10 * suits))):
        if strength <= 1.5 * now:
            continue
        to: tuple[Penalty, ...] = tuple(
            dataclasses.replace(one, strength=rounded(strength)) if isinstance(one, L2) else one
            for one in penalties
        )
        if not now:
            to = (*(one for one in penalties if not isinstance(one, L2)), L2(rounded(strength)))
        yield f"{rounded(strength):g}", dataclasses.replace(recipe, penalties=to)


@remedy("add_noise")
def add_noise(recipe: Recipe, prepared: Prepared) -> Doses:
    """Normal noise on the inputs, of 0.1 or 0.3 of their deviation; for inputs on one scale."""
    spread = _deviation(prepared)
    if recipe.scale == "none" or spread is None:
        return
    whole = pieces(recipe)
    coded = bool(whole) and name_of(whole[0].layer) in EMBEDDINGS  # codes are no quantities
    first, rest = (whole[:1], whole[1:]) if coded else ((), whole)
    now = rest[0].layer if rest and isinstance(rest[0].layer, GaussianNoise) else None
    for share in (0.1, 0.3):
        noise = GaussianNoise(rounded(share * spread))
        if now is None:
            to = rebuilt(recipe, (*first, Piece(noise), *rest), prepared)
        elif noise.stddev > now.stddev:
            to = rebuilt(recipe, (*first, rest[0]._replace(layer=noise), *rest[1:]), prepared)
        else:
            continue
        if to is not None:
            yield f"{share:g}", to


def _deviation(prepared: Prepared) -> float | None:
    """The median of the columns' deviations; None if no column varies."""
    x = prepared.train.x[:5000]
    spread = x.reshape(len(x), -1).std(axis=0)
    spread = spread[spread > 0]
    return float(np.median(spread)) if spread.size else None


# --- less ---------------------------------------------------------------------------------------


@remedy("less_regularization")
def less_regularization(recipe: Recipe, prepared: Prepared) -> Doses:
    """None of it, or a tenth: dropout, noise, penalties, decay, averaging, smoothed labels."""
    for dose, network, weaker in (("0", _without_noise, _none_of), ("÷ 10", _less_noise, _tenth)):
        whole = edited(pieces(recipe), network)
        if whole == pieces(recipe):
            changed_network: Recipe | None = recipe
        else:
            changed_network = rebuilt(recipe, whole, prepared)
        if changed_network is not None:
            to = weaker(changed_network)
            if to != recipe:
                yield dose, to


_without_noise: Edit = without(lambda layer: name_of(layer) in NOISES)


def _thinned(layer: Layer) -> Layer:
    if isinstance(layer, Dropout):
        return Dropout(rounded(layer.rate / 10))
    if isinstance(layer, GaussianNoise):
        return GaussianNoise(rounded(layer.stddev / 10))
    return layer


_less_noise: Edit = each(_thinned)


def _none_of(recipe: Recipe) -> Recipe:
    """Without penalties, averaging, weight decay and smoothed labels."""
    to = _scaled(recipe, lambda strength: 0.0)
    return dataclasses.replace(to, penalties=(), averaging=None)


def _tenth(recipe: Recipe) -> Recipe:
    """A tenth of each, a max-norm ten times as far out, an average over a tenth of the steps."""
    penalties: list[Penalty] = []
    for one in recipe.penalties or ():
        if isinstance(one, L1 | L2):
            penalties.append(dataclasses.replace(one, strength=rounded(one.strength / 10)))
        elif isinstance(one, MaxNorm):
            penalties.append(MaxNorm(min(NO_LIMIT, 10 * one.limit)))
        else:
            penalties.append(one)
    averaging = recipe.averaging
    if isinstance(averaging, ExponentialAverage):
        averaging = ExponentialAverage(max(0.0, rounded(1 - 10 * (1 - averaging.decay))))
    to = dataclasses.replace(recipe, penalties=tuple(penalties), averaging=averaging)
    return _scaled(to, lambda strength: rounded(strength / 10))


def _scaled(recipe: Recipe, by: Callable[[float], float]) -> Recipe:
    """With another weight decay in the optimizer and another smoothing in the loss."""
    fields: dict[str, Any] = {}
    for owner, name in (("optimizer", "weight_decay"), ("loss", "label_smoothing")):
        value = getattr(recipe, owner)
        if getattr(value, name, 0.0) > 0:
            fields[owner] = dataclasses.replace(value, **{name: by(getattr(value, name))})
    return dataclasses.replace(recipe, **fields)
