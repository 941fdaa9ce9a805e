"""Successive halving: many at once, of which the better part goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jaram.searches.draw import SAMPLERS
from jaram.searches.space import Space
from jaram.searches.strategies.ask import Ask, asked_on, better_share, first_asks
from jaram.searches.strategies.registry import define
from jaram.searches.study import Settings, Trial


@dataclass(frozen=True)
class Halving:
    """Successive halving (Jamieson & Talwalkar, 2016).

    rungs: shares of the full length. eta: after each rung but the last the better of so many go on,
    rounded up; those that diverged do not.
    """

    rungs: tuple[float, ...] = (1 / 9, 1 / 3, 1.0)
    eta: int = 3

    def ask(self, space: Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        """The trials that go on to the next rung."""
        if not told:
            points = SAMPLERS["random"](space, settings.seed, settings.trials)
            return first_asks(points, self.rungs[0])
        rung = max(trial.rung for trial in told)
        if rung + 1 == len(self.rungs):
            return []
        kept = better_share([trial for trial in told if trial.rung == rung], self.eta)
        return [asked_on(trial, self.rungs[rung + 1]) for trial in kept]


define("caviar", Halving())
