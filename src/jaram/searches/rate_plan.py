"""How many rates, seeds and steps a learning-rate test can afford."""

from __future__ import annotations

from typing import NamedTuple

from jaram.errors import UsageError

COUNT, SEEDS, STEPS = 25, 20, 200
FEWEST_SEEDS = 3
BUDGET = 120.0
"""Seconds that a test takes, if nobody says more."""
SHARE = 0.7
"""Of the budget is planned with: compiling, and whoever else uses the machine, take time too."""
CUTS = (("seeds", 5), ("steps", 100), ("rates", 13), ("steps", 50), ("seeds", FEWEST_SEEDS))
"""What is cut down to what, one after the other, until the rest can be afforded: the many seeds
first, which only narrow the interval."""


class RatePlan(NamedTuple):
    """How many rates are tried, from how many seeds each, and for how many steps."""

    rates: int
    seeds: int
    steps: int

    @property
    def all_steps(self) -> int:
        """Steps of all trainings; one more at each seed stands still."""
        return (self.rates + 1) * self.seeds * self.steps


def plan_within(
    seconds: float, a_step: float, rates: int | None, seeds: int | None, steps: int | None
) -> RatePlan:
    """The plan that fits into ``seconds``, where a step takes ``a_step``; what is not None stays.

    Something is tried in any case: where even the least does not fit, it is the least.
    """
    said = {"rates": rates, "seeds": seeds, "steps": steps}
    plan = RatePlan(rates or COUNT, seeds or SEEDS, steps or STEPS)
    for name, least in CUTS:
        if plan.all_steps * a_step <= SHARE * seconds:
            break
        if said[name] is None:
            now = getattr(plan, name)
            fitting = int(now * SHARE * seconds / (plan.all_steps * a_step))
            plan = plan._replace(**{name: min(now, max(least, fitting))})
    return plan


def check_budget(budget: object) -> None:
    """Raise UsageError unless a budget is a positive number."""
    is_number = isinstance(budget, int | float) and not isinstance(budget, bool)
    if not (is_number and budget > 0):  # type: ignore[operator]
        raise UsageError("runs.bad_budget", value=budget)
