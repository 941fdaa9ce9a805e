"""Weights that start alike or at the wrong size, and layers that are linear all the way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.evidence import MATTERS, SURE, Evidence
from jaram.doctor.hindsight import noted, weight_of
from jaram.doctor.passage import activation_of, layer_words, matrices, suffers, weighted
from jaram.doctor.preflight.facts import PASSES_ON
from jaram.doctor.registry import Sighting, finds
from jaram.network.layer import Layer
from jaram.network.network import shapes
from jaram.spec import name_of, with_fields, words

ALIKE = 1e-3
"""What the units of a layer differ by, relative to their weights, where they are still alike; sums
taken in another order make differences of 1e-6."""
FAR_OFF = 30.0
"""Factor by which the first weights of all layers together make signals larger or smaller than
weights matched to the activations would."""
FAR_OFF_AT_ONCE = 8.0
"""The same of one hidden layer, where it is too large and the function saturates."""
_LINEAR = frozenset({"dense", "conv"})
_NORMS = frozenset({"batch_norm", "layer_norm"})

_SETUP = (
    "vanishing_gradient",
    "vanishing_through_time",
    "exploding_gradient",
    "diverged",
    "dead_units",
    "saturated_units",
    "learning_rate_too_high",
    "oscillating_loss",
    "slow_convergence",
    "plateau",
    "underfitting",
    "constant_prediction",
    "layer_not_learning",
    "too_few_epochs",
)


@finds(
    "symmetric_weights",
    reads=("recipe",),
    remedies=("match_initializer",),
    explains=(*_SETUP, "learning_rate_too_low"),
)
def symmetric_weights(evidence: Evidence) -> Iterable[Sighting]:
    """Hidden units that start alike, judged by whether they stayed so and by what was learnt.

    A layer whose units are alike is worth one unit. Where other layers break the symmetry, all may
    end well.
    """
    first = evidence.first_params
    network = evidence.recipe.network if evidence.recipe is not None else None
    if first is None or network is None:
        return
    places = [place for place in weighted(evidence)[:-1] if are_alike(first[place])]
    if not places:
        return
    stayed = places
    if evidence.params is not None:
        stayed = [place for place in places if are_alike(evidence.params[place])]
    severity = weight_of(evidence, "notable")
    if not stayed and not suffers(evidence):
        severity = "minor"
    layer = network[(stayed or places)[0]]
    told = {
        "layer": (stayed or places)[0] + 1,
        "layers": [place + 1 for place in stayed or places],
        "what": words(layer),
        "init": words(getattr(layer, "init", None)),
        "stayed": len(stayed),
    }
    yield Sighting(severity, told)


def are_alike(params: Any) -> bool:
    """Whether a layer has several units, and all have the same incoming weights."""
    found = list(matrices(params))
    return bool(found) and all(_is_one_unit(weight) for weight in found)


def _is_one_unit(weight: NDArray[np.float64]) -> bool:
    if weight.shape[-1] < 2:
        return False
    size = float(np.linalg.norm(weight))
    apart = float(np.linalg.norm(weight - weight.mean(axis=-1, keepdims=True)))
    return math.isfinite(size) and apart <= ALIKE * size


@finds(
    "bad_initialization",
    reads=("recipe",),
    remedies=("match_initializer", "insert_batch_norm", "insert_layer_norm"),
    explains=(*_SETUP, "learning_rate_too_low"),
)
def bad_initialization(evidence: Evidence) -> Iterable[Sighting]:
    """First weights far from the size that keeps signals alike from layer to layer, and a training
    that suffered.

    Each layer's weights are compared with those that its activation asks for (He, Glorot, LeCun);
    their ratios multiply through the network. A normalisation makes a layer's size irrelevant.
    """
    if not (evidence.falls_short or evidence.has_diverged or suffers(evidence)):
        return
    found = ratios(evidence)
    if not found:
        return
    together = math.prod(found.values())
    worst = max(found, key=lambda place: abs(math.log(found[place])))
    hidden_largest = max(
        (found[place] for place in weighted(evidence)[:-1] if place in found), default=1.0
    )
    is_large = together >= FAR_OFF or hidden_largest >= FAR_OFF_AT_ONCE
    if not is_large and together > 1 / FAR_OFF:
        return
    told = {
        "layer": worst + 1,
        "what": layer_words(evidence, worst),
        "ratio": found[worst] if is_large else 1 / found[worst],
        "together": together if is_large else 1 / together,
        "layers": [place + 1 for place in found],
    }
    yield Sighting(weight_of(evidence, "notable"), told, "large" if is_large else "small")


def ratios(evidence: Evidence) -> dict[int, float]:
    """Size of the first weights over that of matched ones, by place, where it could matter.

    Left out: layers whose weights start alike (:func:`symmetric_weights`), and those whose outputs
    are normalised next.
    """
    first = evidence.first_params
    network = evidence.recipe.network if evidence.recipe is not None else None
    if first is None or network is None or evidence.input_shape is None:
        return {}
    sizes = shapes(network, evidence.input_shape)
    found: dict[int, float] = {}
    for place in weighted(evidence):
        layer = network[place]
        if getattr(layer, "init", None) is None or _is_normalised(network, place):
            continue
        matched = with_fields(layer, init=None).initial_params(
            np.random.default_rng(0), sizes[place]
        )
        ratio = _size(first[place]) / _size(matched)
        if ratio > 0 and not are_alike(first[place]) and _deviates(first[place]):
            found[place] = ratio
    return found


def _size(params: Any) -> float:
    return math.sqrt(sum(float(np.sum(weight**2)) for weight in matrices(params)))


def _deviates(params: Any) -> bool:
    return any(float(np.ptp(weight)) > 0 for weight in matrices(params))


def _is_normalised(network: Sequence[Layer], place: int) -> bool:
    after = (name_of(layer) for layer in network[place + 1 :])
    return next((name for name in after if name not in ("dropout", "activation")), "") in _NORMS


@finds(
    "missing_nonlinearity",
    reads=("recipe",),
    remedies=("add_nonlinearity",),
    explains=_SETUP,
)
def missing_nonlinearity(evidence: Evidence) -> Iterable[Sighting]:
    """Linear layers one after another: worth what one is worth.

    It matters where the whole network is linear, the simple models that can bend do better than a
    linear one, and the network does not.
    """
    notes = list(noted(evidence, "missing_nonlinearity"))
    if not notes:
        return
    severity, note = weight_of(evidence, "notable"), notes[0]
    reference, outcome = evidence.reference, evidence.outcome
    if not is_linear(evidence):
        severity = "minor"
    elif reference is not None:
        bends = max(reference.neighbours, reference.kernel)
        margin = max(MATTERS, SURE * reference.error)
        is_behind = outcome is None or bends - outcome > margin
        if not is_behind or bends - reference.linear <= margin:
            severity = "minor"
    yield Sighting(severity, note.evidence, note.case)


def is_linear(evidence: Evidence) -> bool:
    """Whether nothing before the last layer with weights bends."""
    network = evidence.recipe.network if evidence.recipe is not None else None
    if not network:
        return False
    places = weighted(evidence)
    last = places[-1] if places else len(network) - 1
    return all(
        name_of(layer) in _LINEAR | PASSES_ON and activation_of(layer) == "identity"
        for layer in network[:last]
    )
