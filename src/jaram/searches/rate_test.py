"""The learning-rate test: short real trainings at many rates, from several seeds, side by side.

The classical test raises the rate within one training (Smith, 2017): each rate is tried for a step
or two on a network that the rates before have changed, and the answer is read off one noisy curve.
Here each rate has trainings of its own. The learning rate is a knob, so that they are one program,
compiled once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Prepared
from jaram.errors import UsageError
from jaram.recipe import Recipe
from jaram.runs.candidates import as_data, candidates_of
from jaram.searches.clock import Clock
from jaram.searches.rate_estimate import NEAR, beyond, interval, shares_fallen
from jaram.searches.rate_plan import (
    BUDGET,
    COUNT,
    FEWEST_SEEDS,
    SEEDS,
    STEPS,
    check_budget,
    plan_within,
)
from jaram.spec import undecided_in
from jaram.training import engine, planning
from jaram.training.group import Group
from jaram.training.order import probe_rows

if TYPE_CHECKING:
    from jaram.messages import Language

STILL = 1e-30
"""The rate of one more training, which stays where it began and tells the loss there."""
AROUND = 1000.0
"""Rates are tried from a thousandth to the thousandfold of the optimizer's usual one."""

Watcher = Callable[[float, int], None]
"""Told how many seeds are done, with the share of the one under way, and of how many."""


@dataclasses.dataclass(frozen=True, eq=False)
class RateTest:
    """What a learning-rate test found.

    learning_rate, low, high: the recommendation and its 95% interval over seeds; where the best
    rate lies :attr:`beyond` those tried, the best of these and NaN for its interval. rates: tried,
    in order ``(K,)``. losses: mean training loss over each short training ``(K, S)``, infinite
    where it diverged. start: each seed's loss before the first step ``(S,)``. recipe: the one that
    was asked about, with the recommended rate; what it leaves to be chosen from the data stays so,
    but for the optimizer.
    epochs, steps: length of each training. name: of the data. is_cut: whether the time did not
    suffice for the usual number of rates, seeds and steps.
    """

    learning_rate: float
    low: float
    high: float
    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    start: NDArray[np.float64]
    recipe: Recipe
    epochs: int
    steps: int
    name: str = ""
    is_cut: bool = False

    def __repr__(self) -> str:
        return f"RateTest({self.learning_rate:.3g}, {self.low:.3g} to {self.high:.3g})"

    @property
    def shares(self) -> NDArray[np.float64]:
        """How far the log loss fell at each rate, as a share of the best rate's fall ``(K,)``."""
        mean: NDArray[np.float64] = shares_fallen(self.losses, self.start).mean(axis=1)
        return mean

    @property
    def ends_open(self) -> tuple[bool, bool]:
        """Whether the lowest and the highest rate tried are among the good ones, so that better
        ones may lie beyond."""
        shares = self.shares
        return bool(shares[0] > NEAR), bool(shares[-1] > NEAR)

    @property
    def beyond(self) -> Literal["low", "high"] | None:
        """The end of the rates tried at which the loss fell most: the best rate lies beyond it, and
        no interval can be told. None where lower and higher ones were worse."""
        return beyond(self.shares)

    def report(self, lang: Language | None = None) -> str:
        """The test in words, with a bar for each rate."""
        from jaram.searches.rate_telling import told

        return told(self, lang)

    def draw(self, path: str | Path, lang: Language | None = None) -> Path:
        """Write the picture of loss against rate to a PNG file; raises RunError if it can't be."""
        from jaram.report.rate_picture import write_png

        return write_png(self, Path(path), lang)


def learning_rate_test(
    recipe: Recipe | None = None,
    data: Any = None,
    *,
    rates: tuple[float, float] | None = None,
    count: int | None = None,
    seeds: int | None = None,
    steps: int | None = None,
    budget: float | None = None,
    progress: Watcher | None = None,
) -> RateTest:
    """Find a learning rate by short trainings at many, with an interval.

    recipe, data: what :func:`jaram.train` takes; None is chosen from the data. rates: lowest and
    highest, by default a thousandth to a thousandfold of the optimizer's usual one. count: how many
    rates, evenly on the log scale, 5 at least. seeds: trainings at each, 3 at least, each with
    first weights and an order of minibatches of its own, which all rates share. steps: length of a
    training, rounded up to whole epochs; of a larger training part so many minibatches are taken.
    budget: seconds that it should take, two minutes if None. What of count, seeds and steps is None
    is 25, 20 and 200, or less where that would take too long by the operations of a step; after the
    time no further seed is begun, but three are, and all that are asked for without a budget.

    What the recipe says of schedule, averaging and early stopping is left out: the rate is constant
    and each training goes on to its end. A short training favours a rate that is quick early on; a
    long one with a schedule may bear a little less or more.

    Raises a subclass of :class:`~jaram.errors.JaramError` for wrong input, and UsageError if the
    loss falls at no rate.
    """
    _check_counts(count=(count, 5), seeds=(seeds, FEWEST_SEEDS), steps=(steps, 1))
    if budget is not None:
        check_budget(budget)
    asked = recipe or Recipe()
    if fields := tuple(undecided_in(asked)):
        raise UsageError("runs.undecided", fields=", ".join(fields), count=len(fields))
    loaded = as_data(data)
    candidate = candidates_of([asked], loaded)[0]
    a_step = planning.step_seconds(Group((candidate.recipe,), candidate.prepared))
    plan = plan_within(budget or BUDGET, a_step, count, seeds, steps)
    clock = Clock(np.inf if seeds is not None and budget is None else budget or BUDGET)
    short, prepared = _shortened(candidate.recipe, candidate.prepared, plan.steps)
    low, high = rates if rates is not None else _usual_range(short)
    _check_range(low, high)
    tried = np.geomspace(low, high, plan.rates)
    losses: list[NDArray[np.float64]] = []
    while len(losses) < plan.seeds and not (len(losses) >= FEWEST_SEEDS and clock.is_late()):
        told = None if progress is None else _from(len(losses), plan.seeds, progress)
        losses.append(_trained(short, prepared, [STILL, *tried], len(losses), told))
    start, found = np.split(np.stack(losses, axis=1), [1])  # (1, S), (K, S)
    shares = shares_fallen(found, start[0])
    if not shares.any():
        raise UsageError("rate.none_learns", low=f"{low:.3g}", high=f"{high:.3g}")
    end = beyond(shares.mean(axis=1))
    if end is None:
        chosen, least, most = (float(10**one) for one in interval(np.log10(tried), shares))
    else:
        chosen, least, most = float(tried[0 if end == "low" else -1]), np.nan, np.nan
    optimizer = _at_rate(short.optimizer, chosen)
    return RateTest(
        learning_rate=chosen,
        low=least,
        high=most,
        rates=tried,
        losses=found,
        start=start[0],
        recipe=dataclasses.replace(asked, optimizer=optimizer),
        epochs=short.epochs or 1,
        steps=(short.epochs or 1) * Group((short,), prepared).steps,
        name=loaded.name,
        is_cut=(plan.rates, len(losses), plan.steps)
        != (count or COUNT, seeds or SEEDS, steps or STEPS),
    )


def _from(done: int, seeds: int, progress: Watcher) -> Callable[[float], None]:
    """Tells of the share of the seed that comes after ``done`` of them."""
    return lambda share: progress(done + share, seeds)


def _check_counts(**counts: tuple[object, int]) -> None:
    for name, (value, least) in counts.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UsageError("search.bad_count", name=name, least=least, value=value)


def _check_range(low: object, high: object) -> None:
    numbers = [
        isinstance(one, int | float) and not isinstance(one, bool) and 0 < one < np.inf
        for one in (low, high)
    ]
    if not all(numbers) or not low < high:  # type: ignore[operator]
        raise UsageError("rate.bad_range", low=low, high=high)


def _usual_range(recipe: Recipe) -> tuple[float, float]:
    usual = type(recipe.optimizer)().learning_rate  # type: ignore[misc]
    return usual / AROUND, usual * AROUND


def _shortened(recipe: Recipe, prepared: Prepared, steps: int) -> tuple[Recipe, Prepared]:
    """The recipe with so many steps at a constant rate, and the examples that they need."""
    whole = Group((recipe,), prepared)
    size = whole.batch_size
    if whole.steps > steps:
        rows = probe_rows(len(prepared.train), steps * size)
        prepared = dataclasses.replace(prepared, train=prepared.train.take(rows))
    epochs = max(1, -(-steps // min(whole.steps, steps)))
    short = dataclasses.replace(
        recipe, batch_size=size, epochs=epochs, schedule=None, averaging=None, stop=None
    )
    return short, prepared


def _at_rate(optimizer: Any, rate: float) -> Any:
    return dataclasses.replace(optimizer, learning_rate=rate)


def _trained(
    recipe: Recipe,
    prepared: Prepared,
    rates: Sequence[float],
    seed: int,
    progress: Callable[[float], None] | None,
) -> NDArray[np.float64]:
    """Mean training loss over the epochs of one training at each rate ``(K,)``, infinite where it
    diverged.

    The loss is that of the whole training part (a sample, if it is large) after each epoch, not of
    minibatches: it is what the rate did, without the noise of which examples came last. Its mean
    over the training rewards both a quick fall and a steady one.
    """
    recipes = tuple(
        dataclasses.replace(
            recipe,
            optimizer=_at_rate(recipe.optimizer, float(rate)),
            seed=(recipe.seed + seed) % 2**32,
            order_seed=recipe.order_seed + seed,
        )
        for rate in rates
    )
    group = Group(recipes, prepared)
    plan = planning.plan_for(group, takes_vitals=False)
    stacked, state = engine.initial(group, plan)
    sums = np.zeros(len(recipes))
    for step in engine.advance(group, plan, stacked, state, 0, lambda _: False):
        sums += np.asarray(step.records.metrics[: len(recipes), :, 0, 0], np.float64).sum(axis=1)
        state = step.state
        if progress is not None:
            progress((step.first + step.epochs) / group.epochs)
    diverged = np.asarray(state.is_diverged)[: len(recipes)]
    return np.where(diverged, np.inf, sums / group.epochs)
