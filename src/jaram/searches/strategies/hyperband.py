"""Hyperband: successive halving from several starts, since nobody knows which is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jaram.searches.draw import SAMPLERS
from jaram.searches.space import Space
from jaram.searches.strategies.ask import Ask, asked_on, first_asks, ranked
from jaram.searches.strategies.registry import define
from jaram.searches.study import Settings, Trial


@dataclass(frozen=True)
class Hyperband:
    """Hyperband (Li et al., 2017, algorithm 1), its brackets side by side.

    Bracket s begins s rungs below the whole training: many trials cut early where s is large, few
    trained whole where it is 0. Each costs about the same. The trials are shared out among the
    brackets in the paper's proportions, (s_max + 1) / (s + 1) · eta^s.

    rungs: shares of the full length, each eta times the one before.
    """

    rungs: tuple[float, ...] = (1 / 27, 1 / 9, 1 / 3, 1.0)
    eta: int = 3

    def counts(self, trials: int) -> list[int]:
        """How many trials each bracket begins with, the one that cuts earliest first."""
        brackets = len(self.rungs)
        weights = np.array([brackets / (s + 1) * self.eta**s for s in reversed(range(brackets))])
        shares = trials * weights / weights.sum()
        counts = np.floor(shares).astype(int)
        largest = np.argsort(counts - shares, kind="stable")  # the largest remainders first
        counts[largest[: trials - counts.sum()]] += 1
        return [int(count) for count in counts]

    def ask(self, space: Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        """The next rung of every bracket that has one."""
        counts = self.counts(settings.trials)
        begins = np.cumsum([0, *counts]).tolist()
        points = SAMPLERS["random"](space, settings.seed, settings.trials)
        if not told:
            return [
                ask
                for bracket, share in enumerate(self.rungs)
                for ask in first_asks(
                    points[begins[bracket] : begins[bracket + 1]], share, begins[bracket]
                )
            ]
        rung = max(trial.rung for trial in told)
        asks: list[Ask] = []
        for bracket, count in enumerate(counts):
            if bracket + rung + 1 >= len(self.rungs):
                break
            numbers = range(begins[bracket], begins[bracket + 1])
            here = [trial for trial in told if trial.rung == rung and trial.number in numbers]
            kept = ranked(here)[: max(1, count // self.eta ** (rung + 1))]
            asks += [
                asked_on(trial, self.rungs[bracket + rung + 1])
                for trial in kept
                if trial.status != "diverged"
            ]
        return asks


define("hyperband", Hyperband())
