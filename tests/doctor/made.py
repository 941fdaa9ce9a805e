"""Evidence made by hand: curves, vital signs and scores as a training would have left them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.baselines import Reference
from jaram.doctor.evidence import Curves, Evidence, Vitals
from jaram.doctor.finding import Finding
from jaram.doctor.registry import all_definitions
from jaram.network.layer import Layer
from jaram.recipe import Recipe
from jaram.training.probe import VITAL_SIGNS

GOOD, POOR, CHANCE = 0.97, 0.51, 0.5
EPOCHS = 10


def vitals(*layers: str, **signs: Any) -> Vitals:
    """The same signs after each of ``EPOCHS`` epochs: one number, or None, for each layer.

    Norms that are not told are 1.
    """
    found = np.full((EPOCHS, len(layers), len(VITAL_SIGNS)), np.nan, np.float32)
    for sign in ("gradient_norm", "weight_norm", "update_ratio"):
        found[:, :, VITAL_SIGNS.index(sign)] = 1.0
    for sign, values in signs.items():
        told = [np.nan if value is None else value for value in values]
        found[:, :, VITAL_SIGNS.index(sign)] = told
    return Vitals(layers, found)


def training(
    score: float = POOR,
    *,
    network: Sequence[Layer] | None = None,
    inputs: int = 4,
    reference: Reference | None = None,
    steps: NDArray[np.float64] | None = None,
    **fields: Any,
) -> Evidence:
    """A finished training that reached ``score`` on both parts, where simple models reach
    ``GOOD``."""
    flat = np.full(EPOCHS, score)
    recipe = fields.pop("recipe", None)
    if network is not None:
        recipe = Recipe(network=tuple(network), output=None)
    fields.setdefault("curves", Curves(1 - flat, 1 - flat, flat, flat, "accuracy", steps=steps))
    found = Evidence(
        recipe=recipe,
        input_shape=None if recipe is None else (inputs,),
        learning_rate=0.01,
        ending=fields.pop("ending", "completed"),
        best_epoch=fields.pop("best_epoch", EPOCHS),
        chance=CHANCE,
        **fields,
    )
    told = Reference(CHANCE, GOOD, GOOD, GOOD, 0.01, 100) if reference is None else reference
    found.__dict__["reference"] = told  # a cached property, which would want data
    return found


def judged(name: str, evidence: Evidence) -> list[Finding]:
    """What the definition of ``name`` finds; its words have to be there in both languages."""
    definition = all_definitions()[name]
    found = definition.judge(evidence) if all(map(evidence.has, definition.reads)) else []
    for finding in found:
        for language in ("en", "ko"):
            assert "{" not in finding.explain(language)
    return found
