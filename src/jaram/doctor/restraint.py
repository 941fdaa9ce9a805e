"""What holds a network back: dropout, noise and penalties, each on a scale from none to all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from jaram.spec import name_of, words

if TYPE_CHECKING:
    from jaram.doctor.evidence import Evidence
    from jaram.network.layer import Layer

STRONG_DROPOUT = 0.75
"""Share of the paths through the network that are cut at each step; one layer's 0.5, the usual
strongest, cuts half of them, two of them three quarters."""
STRONG_NOISE = 0.5
"""Share of noise in the variance of standardised inputs: as much noise as signal."""
STRONG_PENALTY = 0.2
"""Share of what is minimised that is penalty, or of the weights' first size that it has taken away
beyond half (so that a network that shrank to a tenth has 0.8 of it)."""
GROWN = 1.5
"""How many times their first size weights are that no penalty holds (0.7 at most in 16 trainings
that one held back): where steps are far too long, the weights outgrow it, and it makes most of the
loss without having kept them."""
STRONG_LIMIT = 0.5
"""Share of the first weights' size that max-norm does not allow."""

Kind = Literal["dropout", "noise", "penalty", "max_norm"]


@dataclass(frozen=True)
class Restraint:
    """One of them: in words, how strong on [0, 1], and from where that is called strong."""

    kind: Kind
    words: str
    strength: float
    strong: float

    @property
    def is_strong(self) -> bool:
        return self.strength >= self.strong


def restraints(evidence: Evidence) -> list[Restraint]:
    """Everything in the recipe that restrains the network."""
    recipe = evidence.recipe
    if recipe is None:
        return []
    layers = list(_every_layer(recipe.network or ()))
    found: list[Restraint] = []
    dropouts = [layer for layer in layers if name_of(layer) == "dropout"]
    if dropouts:
        kept = math.prod(1 - float(getattr(layer, "rate", 0.0)) for layer in dropouts)
        told = ", ".join(words(layer) for layer in dropouts)
        found.append(Restraint("dropout", told, 1 - kept, STRONG_DROPOUT))
    for layer in layers:
        if name_of(layer) == "gaussian_noise":
            variance = float(getattr(layer, "stddev", 0.0)) ** 2
            found.append(Restraint("noise", words(layer), variance / (1 + variance), STRONG_NOISE))
    for penalty in recipe.penalties or ():
        if name_of(penalty) == "max_norm":
            denied = _denied(evidence, float(getattr(penalty, "limit", math.inf)))
            found.append(Restraint("max_norm", words(penalty), denied, STRONG_LIMIT))
        else:
            share = 0.0 if growth(evidence) >= GROWN else _penalty_share(evidence, penalty)
            strength = max(share, shrunk(evidence))
            found.append(Restraint("penalty", words(penalty), strength, STRONG_PENALTY))
    return found


def _every_layer(layers: Iterable[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        yield from _every_layer(getattr(layer, "layers", ()))
        yield from _every_layer(getattr(layer, "branches", ()))


def _penalty_share(evidence: Evidence, penalty: Any) -> float:
    """Share of the objective that is this penalty's, at the weights that count."""
    if evidence.params is None or not evidence.curves.epochs:
        return 0.0
    term = float(penalty.loss_term(evidence.params))
    loss = float(evidence.curves.loss[evidence.best])
    if not (math.isfinite(term) and math.isfinite(loss)) or term <= 0:
        return 0.0
    return term / (term + max(loss, 0.0))


def shrunk(evidence: Evidence) -> float:
    """How far beyond half the weights have shrunk from their first size, on [0, 1]."""
    return max(0.0, 1 - 2 * growth(evidence))


def growth(evidence: Evidence) -> float:
    """How many times their first size the weights are that count; 1 where that is not known."""
    first = evidence.first_params
    if evidence.params is None or first is None:
        return 1.0
    before, after = _size(first), _size(evidence.params)
    return after / before if before > 0 else 1.0


def _size(params: Any) -> float:
    return math.sqrt(sum(float(np.sum(np.square(weight))) for weight in _weights(params)))


def _denied(evidence: Evidence, limit: float) -> float:
    """Share of the first weights' size, a unit's incoming ones together, that ``limit`` denies."""
    weights = [weight for weight in _weights(evidence.first_params) if weight.ndim >= 2]
    if not weights:
        return 0.0
    sizes = np.concatenate(
        [np.sqrt(np.sum(np.square(w), axis=tuple(range(w.ndim - 1)))) for w in weights]
    )
    return max(0.0, 1 - limit / float(np.median(sizes))) if np.median(sizes) > 0 else 0.0


def _weights(params: Any) -> Iterator[np.ndarray[Any, Any]]:
    """The arrays named ``weight``, however deep."""
    for layer in params or ():
        yield from _named_weight(layer)


def _named_weight(params: Any) -> Iterator[np.ndarray[Any, Any]]:
    for name, value in params.items() if isinstance(params, dict) else ():
        if isinstance(value, dict):
            yield from _named_weight(value)
        elif name == "weight":
            yield np.asarray(value, np.float64)
