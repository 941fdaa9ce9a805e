"""Strategies: what a search tries, how long, and what it makes of what it saw.

Three independent choices make a strategy: how points are drawn, after which shares of the full
training the weaker ones are dropped, and how often the space is narrowed around the better ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaram.searches.distributions import Choice
from jaram.searches.draw import SAMPLERS, Points
from jaram.searches.space import Space

KEPT = 3
"""At each rung the better third goes on."""
ZOOMED = 4
"""The space is narrowed to where the best quarter lies."""


@dataclass(frozen=True)
class Strategy:
    """How to search.

    sampler: name of how points are drawn. rungs: shares of the full length; after each but the last
    the better third of the trials goes on. stages: how often points are drawn, each time from the
    box of the best quarter so far.
    """

    sampler: str = "random"
    rungs: tuple[float, ...] = (1.0,)
    stages: int = 1

    def points(self, space: Space, seed: int, trials: int, stage: int, box: Box) -> Points:
        """The points of one stage, of ``trials`` in all."""
        counts = self.counts(trials)
        drawn = SAMPLERS[self.sampler](space, seed + stage, counts[stage])
        return box.low + drawn * (box.high - box.low)

    def counts(self, trials: int) -> list[int]:
        """How many trials each stage has."""
        each, rest = divmod(trials, self.stages)
        return [each + (stage < rest) for stage in range(self.stages)]


@dataclass(frozen=True)
class Box:
    """A part of the unit cube: ``low`` and ``high`` of each dimension."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @staticmethod
    def whole(space: Space) -> Box:
        """The whole cube."""
        count = len(space.dimensions)
        return Box(np.zeros(count), np.ones(count))


def zoomed(space: Space, points: Points) -> Box:
    """The box around the first quarter of ``points``, a little wider; of a Choice, all options."""
    best = points[: max(2, len(points) // ZOOMED)]
    low, high = best.min(0), best.max(0)
    margin = (high - low) / (2 * len(best))
    low, high = np.clip(low - margin, 0, 1), np.clip(high + margin, 0, 1)
    is_choice = np.array([isinstance(one, Choice) for one in space.dimensions.values()])
    return Box(np.where(is_choice, 0.0, low), np.where(is_choice, 1.0, high))


STRATEGIES = {
    "random": Strategy(),
    "grid": Strategy(sampler="grid"),
    "sobol": Strategy(sampler="sobol"),
    "caviar": Strategy(rungs=(1 / 9, 1 / 3, 1.0)),
    "coarse_to_fine": Strategy(stages=3),
}
"""random: independent points, trained whole. grid: for teaching. sobol: even points. caviar: many
at once, the better third of whom goes on twice (successive halving, Jamieson & Talwalkar, 2016).
coarse_to_fine: a wide third, then two narrower ones."""
