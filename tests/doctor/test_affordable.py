"""A trial ends in time: few seeds and arms where a training is long, and it says what it does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.data.prepare import prepare
from jaram.defaults import complete
from jaram.doctor import treatment
from jaram.doctor.affordable import Purse
from jaram.doctor.treatment import _Treating
from jaram.doctor.trial import Arm, run_trial
from jaram.runs.candidates import prepare_options


@pytest.fixture(scope="module")
def iris() -> jr.Data:
    return jr.load("iris")


def arm(data: jr.Data, epochs: int) -> Arm:
    recipe = jr.Recipe(network=(jr.Dense(8, "tanh"),), epochs=epochs, stop=None)
    prepared = prepare(data, prepare_options(recipe))
    return Arm(complete(recipe, prepared)[0], prepared, (f"{epochs}",), ("",))


def priced(data: jr.Data, epochs: int) -> Purse:
    """A purse by which so many epochs cost a second."""
    return Purse(1 / Purse(1.0).cost(arm(data, epochs)))


def test_epochs_cost_what_the_run_took_for_them(iris: jr.Data) -> None:
    run = jr.train(jr.Recipe(network=(jr.Dense(8, "tanh"),), epochs=6, stop=None), iris)
    columns = dict(run.chronicle.columns) | {"seconds": np.array([9, 11, 13, 15, 17, 19.0])}
    watched: Any = SimpleNamespace(
        recipe=run.recipe, chronicle=run.chronicle._replace(columns=columns)
    )
    purse = Purse.of(watched, prepare(iris))
    assert purse.cost(arm(iris, 6)) == pytest.approx(12, rel=0.3)  # the parts are as large


def test_seeds_and_arms_are_those_that_fit(iris: jr.Data) -> None:
    purse = priced(iris, 10)
    base, arms = arm(iris, 10), [arm(iris, epochs) for epochs in (100, 20, 10, 30)]
    # A seed: 1 s and 1 + 2 + 3 s to try, 1 s and 3 s to confirm.
    assert purse.seeds(base, arms, 1000, most=5) == 5
    assert purse.seeds(base, arms, 34, most=5) == 3
    assert purse.seeds(base, arms, 1, most=5) == 2
    fitting = purse.arms(base, arms, 2 * (1 + 1 + 2 + 3) + 0.1, seeds=2)
    assert [one.remedies for one in fitting] == [("20",), ("10",), ("30",)]
    assert [one.remedies for one in purse.arms(base, arms, 0, seeds=2)] == [("10",)]
    assert purse.arms(base, arms, np.inf, seeds=5) == arms


def test_what_a_trial_took_tells_what_follows_takes(iris: jr.Data) -> None:
    """A busy machine, and compilations: the confirmation was planned as if there were neither."""
    purse, arms = priced(iris, 10), [arm(iris, 10), arm(iris, 20)]
    found: Any = [SimpleNamespace(arm=arms[0], share=1.0), SimpleNamespace(arm=arms[1], share=0.25)]
    later = purse.having_spent(12.0, found, seeds=2)  # 2 · (1 + 0.5) s were planned
    assert later.cost(arms[0]) == pytest.approx(4.0)
    assert purse.having_spent(12.0, [], seeds=2) is purse


def test_the_whole_treatment_keeps_to_its_time(
    iris: jr.Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The confirmation took as long as it wanted, from ten seeds."""
    run = jr.train(jr.Recipe(network=(jr.Dense(8, "tanh"),), epochs=10, stop=None), iris)
    told: list[tuple[str, dict[str, Any]]] = []
    treating = _Treating(run, iris, None, 60.0, lambda *one: told.append(one))
    treating.purse = priced(iris, 10)
    base, arms = treating.arm(treating.before), [arm(iris, epochs) for epochs in (1000, 20)]
    monkeypatch.setattr(treatment, "TRIAL", 0.4)
    assert [one.remedies for one in treating.affordable(base, arms)] == [("20",)]
    assert told == [("doctor.stage_left_out", {"arms": 1, "time": "1:00"})]
    seeds = len(treating.seeds)
    assert seeds == 2  # the arm of 1,000 epochs would be among the first few
    assert [len(part) for part in treating.fresh_seeds(arms[1])] == [2, 2]
    treating.budget = 1e-3
    (part,) = treating.fresh_seeds(arms[1])
    assert len(part) == 4 and not set(part) & set(treating.seeds)


def test_seeds_that_are_asked_for_stay(iris: jr.Data) -> None:
    run = jr.train(jr.Recipe(network=(jr.Dense(8, "tanh"),), epochs=10, stop=None), iris)
    treating = _Treating(run, iris, 4, 1.0, lambda *_: None)
    treating.purse = priced(iris, 1)
    treating.affordable(treating.arm(treating.before), [arm(iris, 20)])
    assert len(treating.seeds) == 4


def test_a_trial_tells_how_far_it_is(iris: jr.Data) -> None:
    seen: list[tuple[int, int]] = []
    arms = [arm(iris, epochs) for epochs in (4, 5, 6)]
    run_trial(arms, (0, 1), "accuracy", (0.5, 1.0), lambda: False, lambda *one: seen.append(one))
    assert seen == [(1, 3), (2, 3), (3, 3), (1, 2), (2, 2)]


def test_it_is_told_now_and_then(iris: jr.Data, monkeypatch: pytest.MonkeyPatch) -> None:
    run = jr.train(jr.Recipe(network=(jr.Dense(8, "tanh"),), epochs=2, stop=None), iris)
    told: list[str] = []
    treating = _Treating(run, iris, 2, None, lambda key, _: told.append(key))
    treating.told_of(1, 9)
    assert told == []
    monkeypatch.setattr(treatment, "TOLD_EVERY", -1.0)
    treating.told_of(2, 9)
    assert told == ["doctor.stage_under_way"]
