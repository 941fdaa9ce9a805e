"""Inputs and targets far from the size that first weights and learning rates are made for.

Neither was found above minor in 320 healthy trainings of the suite's tuning half.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaram.doctor.evidence import Evidence
from jaram.doctor.hindsight import judged_again, weight_of
from jaram.doctor.preflight.facts import SAMPLE
from jaram.doctor.preflight.statistics import spread_rows
from jaram.doctor.registry import Sighting, finds
from jaram.spec import name_of

HARDLY = 0.01
"""Standard deviation of the inputs, or its share of their size where that is larger, below which
examples look alike: what the first layer tells apart is then a hundredth of what its weights and
biases are made for, and its gradient a hundredth as well."""
_SCALES_ITSELF = ("embedding", "batch_norm", "layer_norm")

DISTURBED = (
    "vanishing_gradient",
    "vanishing_through_time",
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
    """Inputs that nothing scaled, as the pre-flight measured them; harmless if all was learnt.

    Inputs that hardly vary are looked for where the training failed or fell short.
    """
    again = list(judged_again(e, "unscaled_input"))
    yield from again
    if not again and e.falls_short and e.recipe is not None and e.recipe.scale == "none":
        yield from _hardly_varying(e)


def _hardly_varying(e: Evidence) -> Iterable[Sighting]:
    """Quantities that differ little between examples, in all columns together."""
    assert e.recipe is not None
    first = (e.recipe.network or (None,))[0]
    if e.prepared is None or (first is not None and name_of(first) in _SCALES_ITSELF):
        return
    train = e.prepared.train
    x = train.x[spread_rows(len(train), SAMPLE)].reshape(-1, train.x[0].size).astype(np.float64)
    codes = [column for column, _ in e.prepared.preparation.embedded]
    x = np.delete(x, codes, axis=1)
    if not x.size:
        return
    spread = float(np.sqrt(np.mean(x.var(axis=0))))
    if 0 < spread < HARDLY * max(1.0, float(np.sqrt(np.mean(x**2)))):
        seen = {"spread": float(f"{spread:.3g}"), "mean": float(f"{x.mean():.3g}")}
        yield Sighting(weight_of(e, "notable"), seen, "small")


@finds("unscaled_target", reads=("recipe",), remedies=("scale_target",), explains=DISTURBED)
def unscaled_target(e: Evidence) -> Iterable[Sighting]:
    """A target that nothing scaled, as the pre-flight measured it; harmless if it was learnt."""
    yield from judged_again(e, "unscaled_target")
