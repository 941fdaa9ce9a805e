"""Panda: one model looked after, its knobs changed while it trains by what the curve says.

Ng's lectures call this way of searching the panda's, which raises one child, beside the caviar's,
many at once. The rules are those of a person at the curve (Ng, Deep Learning Specialization, course
2; Godbole et al., Deep Learning Tuning Playbook, 2023, on instability and on overfitting; dividing
the rate at a plateau as in He et al., 2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaram.errors import UsageError
from jaram.searches.optuna_params import share_of
from jaram.searches.space import Space
from jaram.searches.strategies.ask import Ask
from jaram.searches.strategies.registry import define
from jaram.searches.study import Settings, Trial

RATE = "learning_rate"
AGAINST_OVERFITTING = ("rate", "stddev", "strength", "weight_decay")
"""Fields of dropout, noise, penalties and decay."""
MIDDLE = 0.5


@dataclass(frozen=True)
class Decision:
    """What was seen at a look, and what was done.

    seen: diverged, rising, overfitting, plateau, slow or steady. epoch: of the look. losses: of the
    training and the validation part, before and now. back_to: the trial that training goes on from,
    None from the start. point: the knobs to go on with.
    """

    seen: str
    epoch: int
    before: tuple[float, float] | None
    now: tuple[float, float] | None
    back_to: int | None
    point: tuple[float, ...]

    @property
    def goes_back(self) -> bool:
        """Whether what was trained since the last look is given up."""
        return self.seen in ("diverged", "rising")


@dataclass(frozen=True)
class Panda:
    """One training, looked at ``looks`` times (each epoch, where there are fewer).

    It begins in the middle of the space. At each look, the first of these that is so:

    - diverged: back to the last look, the rate divided by 10;
    - the training loss rose by more than ``rise`` (and by more than ``noise`` of the highest seen,
      while nothing was added against overfitting): back to the last look, the rate divided by 3;
    - the validation loss rose while the training loss fell: more against overfitting, a step of
      ``step`` of each range;
    - the training loss fell by less than ``still``: the rate divided by 2;
    - it fell by less than ``slow``: the rate times 1.5, but never near one that was given up;
    - otherwise on as before.

    Each stretch is a trial, its parent the one it goes on from; ``trials`` limits their number.
    """

    looks: int = 20
    rise: float = 0.1
    still: float = 0.005
    slow: float = 0.03
    step: float = 0.1
    noise: float = 0.01

    def ask(self, space: Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        """The next stretch."""
        if not any(path.endswith(RATE) for path in space.dimensions):
            raise UsageError("search.panda_needs_rate")
        if len(told) >= settings.trials:
            return []
        epochs = space.recipe.epochs
        looks = min(self.looks, epochs) if isinstance(epochs, int) else self.looks
        is_last = len(told) + 1 == settings.trials
        if not told:
            middle = (MIDDLE,) * len(space.dimensions)
            return [Ask(0, middle, 1.0 if is_last else 1 / looks, 0)]
        if _has_stopped(told, epochs):
            return []
        done = self.decided(space, told)
        if done.goes_back and done.point == told[-1].point:
            return []  # it would diverge again
        come = 0.0 if done.back_to is None else told[done.back_to].share
        if come >= 1:
            return []
        share = (round(come * looks) + 1) / looks
        share = 1.0 if is_last or share > 1 - 1e-9 else share
        return [Ask(len(told), done.point, share, 0, done.back_to)]

    def decided(self, space: Space, told: Sequence[Trial]) -> Decision:
        """What the last of the stretches shows, and what is done about it."""
        last = told[-1]
        before = None if last.parent is None else told[last.parent].ends
        seen = self._seen(space, told, last)
        factor = {"diverged": 0.1, "rising": 1 / 3, "plateau": 0.5, "slow": 1.5}.get(seen)
        point = last.point
        if factor is not None:
            point = _at_rate(space, last, factor)
        elif seen == "overfitting":
            point = _regularized(space, last, self.step)
        if seen == "slow" and _is_near_lost(space, point, self._lost(space, told)):
            seen, point = "steady", last.point
        if seen == "rising" and point == last.point:  # it is not the rate, which can't be lower
            seen = "steady"
        is_lost = seen in ("diverged", "rising")
        back_to = last.parent if is_lost else last.number
        return Decision(seen, len(last.curve), before, last.ends, back_to, point)

    def _seen(self, space: Space, told: Sequence[Trial], last: Trial) -> str:
        if last.status == "diverged" or last.ends is None:
            return "diverged"
        parent = None if last.parent is None else told[last.parent]
        if parent is None or parent.ends is None:
            return "steady"
        (train_before, valid_before), (train, valid) = parent.ends, last.ends
        fell = (train_before - train) / max(abs(train_before), 1e-12)
        if fell < -self.rise:
            highest = max(one.ends[0] for one in told if one.ends)
            is_noise = train - train_before < self.noise * highest
            is_held_back = any(
                last.point[place] > parent.point[place]
                for place in _places(space, last, AGAINST_OVERFITTING)
            )
            return "steady" if is_noise or is_held_back else "rising"
        if valid > valid_before and fell > 0:
            return "overfitting"
        if fell < self.still:
            return "plateau"
        return "slow" if fell < self.slow else "steady"

    def _lost(self, space: Space, told: Sequence[Trial]) -> list[Trial]:
        """The stretches that were given up."""
        return [one for one in told if self._seen(space, told, one) in ("diverged", "rising")]

    def log(self, space: Space, records: Sequence[Trial]) -> list[Decision]:
        """Every decision of a search, in order; none at its end."""
        return [self.decided(space, records[: end + 1]) for end in range(len(records) - 1)]


def _has_stopped(told: Sequence[Trial], epochs: object) -> bool:
    """Whether early stopping has ended the training."""
    last = told[-1]
    if last.status == "diverged":
        return False
    if isinstance(epochs, int):
        return len(last.curve) < math.ceil(last.share * epochs)
    return last.parent is not None and len(last.curve) == len(told[last.parent].curve)


def _places(space: Space, trial: Trial, fields: Sequence[str]) -> list[int]:
    """The dimensions that were drawn and whose field is one of ``fields``."""
    return [
        place
        for place, (path, distribution) in enumerate(space.dimensions.items())
        if path in trial.values
        and distribution.levels is None
        and path.rpartition(".")[2] in fields
    ]


def _at_rate(space: Space, trial: Trial, factor: float) -> tuple[float, ...]:
    """The trial's point with its learning rate times ``factor``, within the range."""
    point = list(trial.point)
    ranges = list(space.dimensions.values())
    for place in _places(space, trial, (RATE,)):
        low = ranges[place].at(0.0)
        value = max(low, ranges[place].at(point[place]) * factor)
        point[place] = min(1.0, share_of(ranges[place], value))
    return tuple(point)


def _regularized(space: Space, trial: Trial, step: float) -> tuple[float, ...]:
    point = list(trial.point)
    for place in _places(space, trial, AGAINST_OVERFITTING):
        point[place] = min(1.0, point[place] + step)
    return tuple(point)


def _is_near_lost(space: Space, point: tuple[float, ...], lost: Sequence[Trial]) -> bool:
    """Whether a rate is two thirds of one that was given up, or more."""
    return any(
        _at_rate(space, one, 2 / 3)[place] <= point[place] + 1e-9
        for one in lost
        for place in _places(space, one, (RATE,))
    )


PANDA = Panda()
define("panda", PANDA)
