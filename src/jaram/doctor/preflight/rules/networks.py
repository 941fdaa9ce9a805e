"""Networks that can run but can't learn, or not more than a smaller one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaram.doctor.finding import Finding
from jaram.doctor.preflight.facts import PASSES_ON, Facts, activation_of
from jaram.doctor.preflight.registry import warns
from jaram.network.initializers import Initializer
from jaram.network.layer import Layer
from jaram.spec import name_of, words

_LINEAR_MAPS = frozenset({"dense", "conv"})


@warns
def symmetric_weights(facts: Facts) -> Iterable[Finding]:
    """Hidden layers that start with all weights equal.

    A layer without a hidden one before or after it may start at zero (logistic regression does),
    and so may the last layer of a deep network, since its units meet different targets.
    """
    weighted = [
        (number, layer)
        for number, layer in enumerate(facts.layers, start=1)
        if name_of(layer) in _LINEAR_MAPS
    ]
    hidden = [(number, layer) for number, layer in weighted[:-1] if _starts_constant(layer)]
    if not hidden:
        return
    number, layer = hidden[0]
    yield Finding(
        "symmetric_weights",
        # With ReLU, zero weights stand where the slope is 0: nothing ever moves. With a random
        # layer after it, another function breaks the symmetry from outside, late but surely.
        "grave"
        if _slope_at_start_is_zero(layer) or _starts_constant(weighted[-1][1])
        else "notable",
        {
            "layer": number,
            "layers": [number for number, _ in hidden],
            "what": words(layer),
            "init": words(getattr(layer, "init", None)),
        },
        ("match_initializer",),
    )


def _starts_constant(layer: Layer) -> bool:
    init = getattr(layer, "init", None)
    if not isinstance(init, Initializer):
        return False
    drawn = init.draw(np.random.default_rng(0), (4, 4), 4, 4)
    return bool(np.ptp(drawn) == 0)


def _slope_at_start_is_zero(layer: Layer) -> bool:
    init = getattr(layer, "init", None)
    activation = activation_of(layer)
    return (
        isinstance(init, Initializer)
        and not np.any(init.draw(np.random.default_rng(0), (2, 2), 2, 2))
        and activation is not None
        and name_of(activation) in ("relu", "step")
    )


@warns
def missing_nonlinearity(facts: Facts) -> Iterable[Finding]:
    """Two linear maps with nothing but linear layers between them are one linear map."""
    first: int | None = None
    stacked: list[int] = []
    for number, layer in enumerate(facts.layers, start=1):
        activation = activation_of(layer)
        is_linear = activation is None or name_of(activation) == "identity"
        if name_of(layer) in _LINEAR_MAPS:
            if first is not None:
                stacked.append(first)
            first = number if is_linear else None
        elif name_of(layer) not in PASSES_ON or not is_linear:
            first = None
    if stacked:
        yield Finding(
            "missing_nonlinearity",
            "notable",
            {
                "layer": stacked[0],
                "layers": stacked,
                "what": words(facts.layers[stacked[0] - 1]),
            },
            ("add_nonlinearity",),
        )


@warns
def layer_not_learning(facts: Facts) -> Iterable[Finding]:
    """A step function inside a network has slope 0 wherever it has one: no gradient passes it."""
    *hidden, last = facts.layers
    for number, layer in enumerate(hidden, start=1):
        activation = activation_of(layer)
        if activation is not None and name_of(activation) == "step":
            yield Finding(
                "layer_not_learning",
                "grave",
                {"layer": number, "what": words(layer)},
                ("change_activation",),
                case="step",
            )
            return
    ended_by_step = name_of(facts.output_activation) == "step"
    if ended_by_step and facts.recipe.loss and name_of(facts.recipe.loss) != "perceptron":
        yield Finding(
            "layer_not_learning",
            "grave",
            {"layer": len(facts.layers), "what": words(last)},
            ("correct_output",),
            case="step",
        )


@warns
def dropout_out_of_place(facts: Facts) -> Iterable[Finding]:
    """Dropout on the predictions themselves, or that leaves on average less than one unit."""
    for number, (layer, shape) in enumerate(zip(facts.layers, facts.shapes, strict=False), start=1):
        if name_of(layer) != "dropout":
            continue
        rate = float(getattr(layer, "rate", 0.0))
        units = int(shape[-1]) if shape else 0
        after = facts.layers[number:]
        if rate > 0 and not any(name_of(later) not in PASSES_ON for later in after):
            yield Finding(
                "over_regularized",
                "grave",
                {"layer": number, "rate": rate},
                ("less_regularization",),
                case="dropout_on_output",
            )
        elif units * (1 - rate) < 1:
            yield Finding(
                "over_regularized",
                "notable",
                {"layer": number, "rate": rate, "units": units, "kept": units * (1 - rate)},
                ("less_regularization",),
                case="dropout",
            )
