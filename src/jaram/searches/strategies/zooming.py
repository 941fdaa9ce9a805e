"""Coarse to fine: a wide look, then narrower ones around what was good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaram.searches.distributions import Choice
from jaram.searches.draw import SAMPLERS, Points
from jaram.searches.space import Space
from jaram.searches.strategies.ask import Ask, first_asks, ranked
from jaram.searches.strategies.registry import define
from jaram.searches.study import Settings, Trial

ZOOMED = 4
"""The space is narrowed to where the best quarter lies."""


@dataclass(frozen=True)
class Box:
    """A part of the unit cube: ``low`` and ``high`` of each dimension."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def zoomed(space: Space, points: Points) -> Box:
    """The box around the first quarter of ``points``, a little wider; of a Choice, all options."""
    best = points[: max(2, len(points) // ZOOMED)]
    low, high = best.min(0), best.max(0)
    margin = (high - low) / (2 * len(best))
    low, high = np.clip(low - margin, 0, 1), np.clip(high + margin, 0, 1)
    is_choice = np.array([isinstance(one, Choice) for one in space.dimensions.values()])
    return Box(np.where(is_choice, 0.0, low), np.where(is_choice, 1.0, high))


@dataclass(frozen=True)
class CoarseToFine:
    """Points drawn in ``stages``, each from the box of the best quarter of all before it."""

    stages: int = 3

    def ask(self, space: Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        """The trials of the next stage."""
        each, rest = divmod(settings.trials, self.stages)
        counts = [each + (stage < rest) for stage in range(self.stages)]
        begins = np.cumsum([0, *counts])
        if len(told) >= settings.trials:
            return []
        stage = int(np.searchsorted(begins, len(told), side="right")) - 1
        drawn = SAMPLERS["random"](space, settings.seed + stage, counts[stage])
        if told:
            box = zoomed(space, np.array([trial.point for trial in ranked(told)]))
            drawn = box.low + drawn * (box.high - box.low)
        return first_asks(drawn, 1.0, len(told))


define("coarse_to_fine", CoarseToFine())
