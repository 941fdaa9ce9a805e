"""Inputs and targets far from the size that first weights and learning rates are made for."""

from __future__ import annotations

from collections.abc import Iterable

from jaram.doctor.evidence import Evidence
from jaram.doctor.hindsight import judged_again
from jaram.doctor.registry import Sighting, finds

DISTURBED = (
    "vanishing_gradient",
    "exploding_gradient",
    "diverged",
    "dead_units",
    "saturated_units",
    "learning_rate_too_high",
    "learning_rate_too_low",
    "oscillating_loss",
    "slow_convergence",
    "plateau",
    "underfitting",
    "constant_prediction",
    "layer_not_learning",
    "too_few_epochs",
)
"""What a mistake in the set-up brings with it."""


@finds("unscaled_input", reads=("recipe",), remedies=("scale_input",), explains=DISTURBED)
def unscaled_input(e: Evidence) -> Iterable[Sighting]:
    """Inputs that nothing scaled, as the pre-flight measured them; harmless if all was learnt."""
    yield from judged_again(e, "unscaled_input")


@finds("unscaled_target", reads=("recipe",), remedies=("scale_target",), explains=DISTURBED)
def unscaled_target(e: Evidence) -> Iterable[Sighting]:
    """A target that nothing scaled, as the pre-flight measured it; harmless if it was learnt."""
    yield from judged_again(e, "unscaled_target")
