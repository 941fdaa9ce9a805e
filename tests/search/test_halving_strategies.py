"""What strategies ask for, against schedules worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

import jaram as jr
from jaram.searches.draw import random as random_points
from jaram.searches.strategies import STRATEGIES
from jaram.searches.strategies.asha import AsynchronousHalving
from jaram.searches.strategies.ask import Ask, Strategy
from jaram.searches.strategies.halving import Halving
from jaram.searches.strategies.hyperband import Hyperband
from jaram.searches.study import Settings, Trial

SPACE = jr.Space(jr.Recipe(optimizer=jr.SGD(jr.LogUniform(1e-3, 1.0), momentum=jr.Uniform(0, 0.9))))


def settings(trials: int) -> Settings:
    return Settings("made", trials, 1, 0, "accuracy", "valid", 0.0, 100, "")


def record(ask: Ask, score: float, status: str = "done") -> Trial:
    """What a trial that scores so comes to."""
    return Trial(
        number=ask.trial,
        point=ask.point,
        values={},
        scores=(score,),
        loss=1 - score,
        epochs=1,
        seconds=0.1,
        rung=ask.rung,
        share=ask.share,
        status=status,
    )


def rounds(
    strategy: Strategy, trials: int, score: Callable[[Ask], float], diverges: Sequence[int] = ()
) -> list[list[Ask]]:
    """All that is asked for where a trial's score is a function of the ask."""
    told: list[Trial] = []
    found: list[list[Ask]] = []
    while asks := strategy.ask(SPACE, settings(trials), tuple(told)):
        assert len(found) < 100
        found.append(asks)
        told += [
            record(ask, score(ask), "diverged" if ask.trial in diverges else "done")
            for ask in sorted(asks, key=lambda ask: ask.trial)
        ]
    return found


def keys(asks: Sequence[Ask]) -> list[tuple[int, int]]:
    return [(ask.trial, ask.rung) for ask in asks]


def test_asynchronous_halving_by_hand() -> None:
    """Three jobs a wave, the best third of each rung so far goes on.

    After wave 1 trial 2 leads rung 0 (3 results, 1 goes on); after wave 2 trial 3 (5, 1); after
    wave 3 trials 3 and 6 (7, 2); after wave 4 trials 3, 6, 7 (9, 3), and at rung 1 trial 3 leads
    2, 3 and 6.
    """
    scores = [0.1, 0.2, 0.3, 0.9, 0.5, 0.6, 0.7, 0.8, 0.4]
    asked = rounds(AsynchronousHalving(wave=3), 9, lambda ask: scores[ask.trial])
    assert [keys(asks) for asks in asked] == [
        [(0, 0), (1, 0), (2, 0)],
        [(2, 1), (3, 0), (4, 0)],
        [(3, 1), (5, 0), (6, 0)],
        [(6, 1), (7, 0), (8, 0)],
        [(3, 2), (7, 1)],
    ]
    shares = {0: 1 / 9, 1: 1 / 3, 2: 1.0}
    assert all(ask.share == shares[ask.rung] for asks in asked for ask in asks)


def test_asynchronous_halving_does_not_promote_what_diverged() -> None:
    asked = rounds(AsynchronousHalving(wave=3), 6, lambda ask: ask.trial / 10, diverges=[2])
    assert (2, 1) not in [key for asks in asked for key in keys(asks)]


def test_hyperband_is_the_papers_table() -> None:
    """Li et al. (2017), table 1: R = 81, eta = 3; the shares are r_i / R."""
    strategy = Hyperband(rungs=tuple(3.0 ** (k - 4) for k in range(5)))
    table = [(81, 27, 9, 3, 1), (34, 11, 3, 1), (15, 5, 1), (8, 2), (5,)]
    assert strategy.counts(143) == [81, 34, 15, 8, 5]
    asked = rounds(strategy, 143, lambda ask: ask.trial / 143)
    begins = np.cumsum([0, 81, 34, 15, 8, 5])
    for bracket, row in enumerate(table):
        numbers = range(begins[bracket], begins[bracket + 1])
        for rung, count in enumerate(row):
            here = [ask for ask in asked[rung] if ask.trial in numbers]
            assert len(here) == count
            assert {ask.share for ask in here} == {3.0 ** (rung + bracket - 4)}
            # The best of the bracket are its last numbers.
            assert sorted(ask.trial for ask in here) == list(numbers)[-count:]
    assert len(asked) == 5


@pytest.mark.parametrize("trials", [1, 2, 3, 10, 64, 1000])
def test_hyperband_shares_out_all_trials(trials: int) -> None:
    counts = Hyperband().counts(trials)
    assert sum(counts) == trials
    asked = rounds(Hyperband(), trials, lambda ask: ask.trial)
    assert sorted(ask.trial for ask in asked[0]) == list(range(trials))
    assert any(ask.share == 1.0 for asks in asked for ask in asks)


def test_successive_halving_by_hand() -> None:
    asked = rounds(Halving(), 10, lambda ask: (ask.trial * 7 % 10) / 10)
    best = sorted(range(10), key=lambda trial: trial * 7 % 10, reverse=True)
    assert keys(asked[1]) == [(trial, 1) for trial in sorted(best[:4])]
    assert keys(asked[2]) == [(trial, 2) for trial in sorted(best[:2])]
    assert len(asked) == 3


NEEDS_TOOLS = ("tpe", "gp")
"""Strategies that ask another tool, whose package may not be there."""


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in NEEDS_TOOLS])
def test_a_strategy_is_a_function(name: str) -> None:
    """Asked twice it says the same; shares grow; a trial's rungs count from 0."""
    strategy = STRATEGIES[name]
    first = rounds(strategy, 27, lambda ask: ask.point[0])
    assert first == rounds(strategy, 27, lambda ask: ask.point[0])
    reached: dict[int, tuple[int, float]] = {}
    for asks in first:
        for ask in asks:
            rung, share = reached.get(ask.trial, (-1, 0.0))
            assert ask.rung == rung + 1
            assert share < ask.share <= 1
            assert all(0 <= place <= 1 for place in ask.point)
        reached |= {ask.trial: (ask.rung, ask.share) for ask in asks}
        assert len({ask.trial for ask in asks}) == len(asks)


@pytest.mark.parametrize("name", ["random", "caviar", "asha", "hyperband"])
def test_trials_are_those_of_a_random_search(name: str) -> None:
    points = random_points(SPACE, 0, 30)
    for asks in rounds(STRATEGIES[name], 30, lambda ask: ask.point[1]):
        for ask in asks:
            assert ask.point == tuple(points[ask.trial])
