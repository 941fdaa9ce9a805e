"""Population-based training: trials that copy the better ones and vary their knobs on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jaram.searches.draw import SAMPLERS
from jaram.searches.space import Space
from jaram.searches.strategies.ask import Ask, asked_on, first_asks
from jaram.searches.strategies.registry import define
from jaram.searches.study import Settings, Trial
from jaram.training.group import structure


@dataclass(frozen=True)
class PopulationBased:
    """Population-based training (Jaderberg et al., 2017).

    After each of ``rounds`` equal parts of the training (fewer where there are fewer epochs), the
    worst ``fifth`` and those that diverged take the weights and knobs of one of the best fifth
    (exploit), and then each knob moves by ``step`` of its range, up or down (explore). Who copies
    whom is the record's ``parent``. Structure is fixed when it is drawn, so that copying goes on
    among trials of one structure; who stands alone goes on as it is. Trials are compared by the
    score of their last epoch, since a copied state brings its best one along.
    """

    rounds: int = 10
    fifth: float = 0.2
    step: float = 0.1

    def ask(self, space: Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        """The whole population once more, up to the end of the next part."""
        epochs = space.recipe.epochs
        rounds = min(self.rounds, epochs) if isinstance(epochs, int) else self.rounds
        if not told:
            points = SAMPLERS["random"](space, settings.seed, settings.trials)
            return first_asks(points, 1 / rounds)
        rung = max(trial.rung for trial in told)
        if rung + 1 == rounds:
            return []
        share = 1.0 if rung + 2 == rounds else (rung + 2) / rounds
        families: dict[object, list[Trial]] = {}
        for trial in told:
            if trial.rung == rung:
                families.setdefault(_family(space, trial.point), []).append(trial)
        return [
            ask
            for family in families.values()
            for ask in self._next(space, settings.seed, family, share)
        ]

    def _next(self, space: Space, seed: int, family: list[Trial], share: float) -> list[Ask]:
        """The trials of one structure: some from others' states, the rest from their own."""
        ranked = sorted(family, key=_standing, reverse=True)
        healthy = [trial for trial in ranked if trial.status != "diverged"]
        if not healthy:
            return []
        count = max(1, round(self.fifth * len(family))) if len(family) > 1 else 0
        best = healthy[:count]
        weak = {trial.number for trial in ranked[len(ranked) - count :]}
        asks = []
        for trial in family:
            rng = np.random.default_rng([seed, trial.rung, trial.number])
            parent = best[rng.integers(len(best))] if best else trial
            is_lost = trial.number in weak or trial.status == "diverged"
            if is_lost and _standing(parent) > _standing(trial):
                point = self._explored(space, parent.point, rng)
                asks.append(Ask(trial.number, point, share, trial.rung + 1, parent.number))
            else:
                asks.append(asked_on(trial, share))
        return asks

    def _explored(
        self, space: Space, point: tuple[float, ...], rng: np.random.Generator
    ) -> tuple[float, ...]:
        """The point with each of its knobs a step up or down, back from the edges of the range."""
        found = list(point)
        family = _family(space, point)
        used = space.at(np.array(point)).values
        for place, (path, distribution) in enumerate(space.dimensions.items()):
            way = self.step * (1 if rng.random() < 0.5 else -1)
            if path not in used or distribution.levels is not None:
                continue
            moved = point[place] + way
            moved = moved if 0 <= moved <= 1 else point[place] - way
            changed = (*point[:place], moved, *point[place + 1 :])
            if _family(space, changed) == family:  # a float that decides a structure stays
                found[place] = moved
        return tuple(found)


def _family(space: Space, point: tuple[float, ...]) -> object:
    """What trials must share to go on from one another's states."""
    return structure(space.at(np.array(point)).recipe)


def _standing(trial: Trial) -> tuple[bool, float, float]:
    """How good a trial is now; higher is better."""
    now = trial.curve[-1] if trial.curve else -np.inf
    return trial.status != "diverged", now, trial.rank[1]


define("pbt", PopulationBased())
