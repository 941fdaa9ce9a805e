"""What a strategy is: a pure function from what is known to what is trained next.

The search asks, trains all that was asked, and asks again with what came of it; nothing asked ends
it. Since nothing else is remembered, an interrupted search is gone on with by asking again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from jaram.searches.draw import Points
from jaram.searches.space import Space
from jaram.searches.study import Settings, Trial


@dataclass(frozen=True)
class Ask:
    """A trial to be trained (on).

    trial: its number, from 0. point: of the unit cube; its knobs may differ from those of its last
    rung, its structure may not. share: of the full length, which it is to reach, (0, 1]. rung:
    counts a trial's asks from 0. parent: the trial whose state at its own latest rung this one goes
    on from (population-based training); None for its own.
    """

    trial: int
    point: tuple[float, ...]
    share: float
    rung: int
    parent: int | None = None


class Strategy(Protocol):
    """How to search."""

    def ask(self, space: Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        """What to train next; an empty list ends the search.

        told: every record of a trial at a rung so far, in the order of the rounds that asked for
        them and within one of the trials; empty at first. The same arguments give the same answer.
        """


def first_asks(points: Points, share: float, first: int = 0) -> list[Ask]:
    """New trials at ``points``, numbered from ``first``, to be trained up to ``share``."""
    return [
        Ask(number, tuple(float(place) for place in point), share, 0)
        for number, point in enumerate(points, start=first)
    ]


def asked_on(trial: Trial, share: float) -> Ask:
    """The trial once more, with the same knobs, up to ``share``."""
    return Ask(trial.number, trial.point, share, trial.rung + 1)


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """The best first; of equals the first."""
    return sorted(trials, key=lambda trial: trial.rank, reverse=True)


def better_share(trials: Sequence[Trial], eta: int) -> list[Trial]:
    """The better of each ``eta`` (rounded up) that has not diverged, in the order of numbers."""
    count = -(-len(trials) // eta)
    kept = [trial for trial in ranked(trials)[:count] if trial.status != "diverged"]
    return sorted(kept, key=lambda trial: trial.number)
