"""A learning-rate test ends in time: what it tries hangs on what a step costs, and on the clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jaram as jr
from jaram.data.prepare import prepare
from jaram.runs.candidates import candidates_of
from jaram.searches import rate_test
from jaram.searches.rate_plan import RatePlan, plan_within
from jaram.searches.rate_test import learning_rate_test
from jaram.training.group import Group
from jaram.training.planning import step_seconds

NOTHING: dict[str, None] = {"rates": None, "seeds": None, "steps": None}


@given(st.floats(1e-7, 0.02), st.floats(60, 600))
def test_what_is_planned_fits(a_step: float, budget: float) -> None:
    plan = plan_within(budget, a_step, **NOTHING)
    assert plan.all_steps * a_step <= budget or plan == RatePlan(13, 3, 50)
    assert plan.rates >= 13 and plan.seeds >= 3 and plan.steps >= 50


def test_a_quick_network_is_tried_in_full_and_a_slow_one_less() -> None:
    assert plan_within(120, 1e-4, **NOTHING) == RatePlan(25, 20, 200)
    assert plan_within(120, 1e-3, **NOTHING) == RatePlan(25, 16, 200)  # the interval first
    slow = plan_within(120, 0.02, **NOTHING)
    assert (slow.rates, slow.seeds) == (13, 5) and 50 <= slow.steps < 100


def test_what_is_said_stays() -> None:
    assert plan_within(1, 1.0, rates=7, seeds=9, steps=11) == RatePlan(7, 9, 11)
    assert plan_within(1, 1.0, rates=None, seeds=9, steps=None) == RatePlan(13, 9, 50)


def test_the_cost_of_a_step_is_that_of_its_products() -> None:
    data = jr.load("iris")
    recipes = [
        jr.Recipe(network=(jr.Dense(units, "tanh"),), batch_size=16) for units in (2000, 4000)
    ]
    one, two = (candidates_of([recipe], data)[0] for recipe in recipes)
    costs = [step_seconds(Group((found.recipe,), found.prepared)) for found in (one, two)]
    of_products = 6 * 2000 * (4 + 3) * 16 / 5e10
    assert costs[1] - costs[0] == pytest.approx(of_products, rel=0.05)
    assert len(prepare(data).train) > 16


class Late:
    """A clock whose time is over after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def __call__(self, seconds: float) -> Any:
        self.seconds = seconds
        return self

    def is_late(self) -> bool:
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize(("looks", "seeds"), [(0, 3), (1, 4), (9, 5)])
def test_after_the_time_no_further_seed_is_begun_but_three_are(
    monkeypatch: pytest.MonkeyPatch, looks: int, seeds: int
) -> None:
    monkeypatch.setattr(rate_test, "SEEDS", 5)
    monkeypatch.setattr("jaram.searches.rate_plan.SEEDS", 5)
    monkeypatch.setattr(rate_test, "Clock", Late(looks))
    recipe = jr.Recipe(network=(jr.Dense(2),), optimizer=jr.SGD(), batch_size=16)
    seen: list[tuple[float, int]] = []
    found = learning_rate_test(
        recipe, jr.load("iris"), count=5, steps=8, progress=lambda *told: seen.append(told)
    )
    assert found.losses.shape == (5, seeds) and found.is_cut is (seeds < 5)
    assert ("Fewer than usual" in found.report("en")) is found.is_cut
    assert seen[-1] == (seeds, 5) and np.all(np.diff([done for done, _ in seen]) > 0)


def test_seeds_that_are_asked_for_are_all_trained_unless_a_budget_is_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Late(9)
    monkeypatch.setattr(rate_test, "Clock", clock)
    recipe = jr.Recipe(network=(jr.Dense(2),), optimizer=jr.SGD(), batch_size=16)
    wishes: dict[str, Any] = {"count": 5, "seeds": 4, "steps": 8}
    assert learning_rate_test(recipe, jr.load("iris"), **wishes).losses.shape == (5, 4)
    assert clock.seconds == np.inf
    learning_rate_test(recipe, jr.load("iris"), **wishes, budget=30.0)
    assert clock.seconds == 30.0


@pytest.mark.parametrize("budget", [0, -1.0, "2m", True])
def test_a_budget_that_is_none(budget: Any) -> None:
    with pytest.raises(jr.JaramError, match="budget"):
        learning_rate_test(jr.Recipe(), jr.load("iris"), budget=budget)
