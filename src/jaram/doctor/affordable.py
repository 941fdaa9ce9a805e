"""What a trial can afford in the time it has: how many seeds, and which arms."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from jaram.doctor.trial import Arm, Measured
from jaram.training.group import Group
from jaram.training.planning import epoch_seconds

if TYPE_CHECKING:
    from jaram.data.prepare import Prepared
    from jaram.runs.run import Run

FEWEST_SEEDS = 2
"""One pair has no interval."""
FEWEST_FRESH = 4
"""Seeds of a confirmation, even beyond the time: from two pairs no gain could ever be told, since
Student's interval is four times as wide as from four."""
WORTH_A_SEED = 3
"""Remedies that are rather tried, from fewer seeds, than left out."""
TRIAL = 0.6
"""Share of the time for trying; the rest is for the confirmation."""


@dataclasses.dataclass(frozen=True)
class Purse:
    """How long trainings take here: ``slowness`` is the time of the run's epochs over what their
    operations would take one core."""

    slowness: float

    @classmethod
    def of(cls, run: Run, prepared: Prepared) -> Purse:
        """By the run itself, without its first epoch, in which it was compiled."""
        seconds = np.asarray(run.chronicle.columns["seconds"])
        if len(seconds) < 2:
            return cls(1.0)
        measured = float(seconds[-1] - seconds[0]) / (len(seconds) - 1)
        return cls(measured / epoch_seconds(Group((run.recipe,), prepared)))

    def cost(self, arm: Arm) -> float:
        """Seconds that an arm takes from one seed, if nothing ends it early."""
        epochs = arm.recipe.epochs or 1
        return self.slowness * epochs * epoch_seconds(Group((arm.recipe,), arm.prepared))

    def having_spent(self, seconds: float, measured: Sequence[Measured], seeds: int) -> Purse:
        """The purse by how long a trial has taken, which compiles and trains as what follows it
        will, on a machine as busy."""
        planned = seeds * sum(one.share * self.cost(one.arm) for one in measured)
        return Purse(self.slowness * seconds / planned) if planned else self

    def seeds(self, base: Arm, arms: Sequence[Arm], seconds: float, most: int) -> int:
        """How many seeds there is time for, ``most`` at most: enough to try the first few arms and
        to confirm one of them."""
        control, costs = self.cost(base), sorted(map(self.cost, arms))[:WORTH_A_SEED]
        a_seed = control + sum(costs) + control + max(costs, default=0.0)
        return int(min(most, max(FEWEST_SEEDS, seconds // a_seed)))

    def arms(self, base: Arm, arms: Sequence[Arm], seconds: float, seeds: int) -> list[Arm]:
        """The arms that there is time for beside the control, in their order; the cheapest in any
        case."""
        left = seconds - seeds * self.cost(base)
        cheapest = min(arms, key=self.cost)
        left -= seeds * self.cost(cheapest)
        kept = []
        for arm in arms:
            price = 0.0 if arm is cheapest else seeds * self.cost(arm)
            if price <= max(left, 0.0):
                kept.append(arm)
                left -= price
        return kept
