"""Strategies that draw all points at once and train each whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jaram.searches.draw import SAMPLERS
from jaram.searches.space import Space
from jaram.searches.strategies.ask import Ask, first_asks
from jaram.searches.strategies.registry import define
from jaram.searches.study import Settings, Trial


@dataclass(frozen=True)
class Sampled:
    """Points of one sampler (:data:`jaram.searches.draw.SAMPLERS`)."""

    sampler: str

    def ask(self, space: Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        """All trials at once, then nothing."""
        if told:
            return []
        return first_asks(SAMPLERS[self.sampler](space, settings.seed, settings.trials), 1.0)


define("random", Sampled("random"))
define("sobol", Sampled("sobol"))
define("grid", Sampled("grid"))
