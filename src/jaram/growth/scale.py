"""``jaram.scale``: a network and smaller and larger ones, trained on growing shares of the rows."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Prepared
from jaram.doctor.patient import score_name
from jaram.doctor.remedies.capacity import MOST_UNITS
from jaram.doctor.remedies.surgery import each, hidden_layers, width, with_hidden, with_width
from jaram.doctor.trial import WORST
from jaram.doctor.words import SHARES
from jaram.errors import UsageError
from jaram.growth.outcome import Growth, Point, Size
from jaram.growth.references import baselines
from jaram.growth.subsets import checked_shares, halvings, subset
from jaram.network.layer import Layer
from jaram.network.network import table
from jaram.objective.monitors import monitors
from jaram.recipe import Recipe
from jaram.runs.candidates import as_data, candidates_of
from jaram.spec import words
from jaram.training import engine, planning
from jaram.training.abreast import IsLate, abreast
from jaram.training.group import Group

SEEDS = 5
FACTORS = (0.25, 1.0, 4.0)
"""Half as many units seldom change a result; a quarter does."""

Watcher = Callable[[int, int], None]
"""Is told how many trainings are done, of how many."""


@dataclass(frozen=True, eq=False)
class _Job:
    """One training to be done."""

    size: int
    recipe: Recipe
    share: float
    seed: int


def scale(
    data: Any,
    recipe: Recipe | None = None,
    *,
    shares: Sequence[float] | None = None,
    factors: Sequence[float] = FACTORS,
    seeds: int = SEEDS,
    budget: float | None = None,
    progress: Watcher | None = None,
) -> Growth:
    """Would more data help, or a larger network?

    data, recipe: as in :func:`jaram.train`. The test part is never read.
    shares: of the training rows, in (0, 1]; None for 1, ½, ¼ … as long as there are rows.
    factors: of the units of all hidden layers; 1 is always among them.
    seeds: how often each is trained, each time from other first weights and on other rows.
    budget: seconds, after which no further seed is begun; the first is always finished.

    Every training takes as many steps, whatever its share of the rows, and keeps its best epoch by
    validation. Inputs are prepared once, by all training rows. Costs shares × factors × seeds
    trainings and one compilation a factor.

    Raises a subclass of :class:`~jaram.errors.JaramError` for wrong input, before the first step.
    """
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 1:
        raise UsageError("search.bad_count", name="seeds", least=1, value=seeds)
    if budget is not None and not (isinstance(budget, int | float) and budget > 0):
        raise UsageError("runs.bad_budget", value=budget)
    started = time.perf_counter()
    candidate = candidates_of([recipe or Recipe()], as_data(data))[0]
    prepared = dataclasses.replace(candidate.prepared, test=None)
    if prepared.valid is None or not len(prepared.valid):
        raise UsageError("scale.needs_validation")
    rows = len(prepared.train)
    asked = halvings(rows) if shares is None else checked_shares(shares, rows)
    sizes, recipes = _sizes(candidate.recipe, factors, prepared)
    metric = score_name(prepared.task)
    rounds = [
        [
            _Job(size, dataclasses.replace(one, seed=(one.seed + seed) % 2**32), share, seed)
            for share in asked
            for size, one in enumerate(recipes)
        ]
        for seed in range(seeds)
    ]
    watch = progress or (lambda done, trainings: None)
    points: list[Point] = []
    for jobs in rounds:
        # A round is whole or is left out, so that all sizes and shares are paired by seed.
        is_late = partial(_is_late, started, budget) if points else _never
        found = abreast(partial(_trained, prepared, metric), jobs, is_late)
        if is_late():
            break
        points += [one for one in found if one is not None]
        watch(len(points), len(jobs) * seeds)
    return Growth(
        metric=metric,
        worst=WORST.get(metric, 0.0),
        rows=rows,
        valid_rows=len(prepared.valid),
        is_share=metric in SHARES,
        shares=asked,
        sizes=sizes,
        points=tuple(points),
        baselines=baselines(prepared),
        seconds=time.perf_counter() - started,
    )


def _never() -> bool:
    return False


def _is_late(started: float, budget: float | None) -> bool:
    return budget is not None and time.perf_counter() - started > budget


def _sizes(
    recipe: Recipe, factors: Sequence[float], prepared: Prepared
) -> tuple[tuple[Size, ...], tuple[Recipe, ...]]:
    """The network and its relatives by growing factor; those that come out alike once."""
    for factor in factors:
        is_number = isinstance(factor, int | float) and not isinstance(factor, bool)
        if not is_number or not 0 < factor <= MOST_UNITS:
            raise UsageError("scale.bad_factor", value=factor)
    found: dict[Any, tuple[Size, Recipe]] = {}
    # The network asked about comes first, so that it is the one that stays of two alike.
    for factor in sorted({*map(float, factors), 1.0}, key=lambda one: (one != 1, one)):
        resized = recipe if factor == 1 else with_hidden(recipe, each(_times(factor)), prepared)
        if resized is None or resized.network is None or resized.network in found:
            continue
        weights = sum(row.parameters for row in table(resized.network, prepared.input_shape))
        told = ", ".join(words(layer) for layer in hidden_layers(resized))
        found[resized.network] = Size(factor, weights, told), resized
    ranked = sorted(found.values(), key=lambda pair: pair[0].factor)
    return tuple(size for size, _ in ranked), tuple(one for _, one in ranked)


def _times(factor: float) -> Callable[[Layer], Layer]:
    def edit(layer: Layer) -> Layer:
        now = width(layer)
        if now is None:
            return layer
        units = min(max(MOST_UNITS, now), max(1, round(now * factor)))
        return layer if units == now else with_width(layer, units)

    return edit


def _trained(prepared: Prepared, metric: str, job: _Job, is_late: IsLate) -> Point | None:
    """One training to its end; None if it became late on the way."""
    part, rows = subset(prepared, job.share, job.seed)
    order = dataclasses.replace(job.recipe, order_seed=job.recipe.order_seed + job.seed)
    group = Group((order,), part)
    plan = planning.plan_for(group, takes_vitals=False, most_devices=1)
    recipes, state = engine.initial(group, plan)
    metrics: list[NDArray[np.float32]] = []
    for step in engine.advance(group, plan, recipes, state, 0, lambda _: is_late()):
        state = step.state
        added = int(np.asarray(state.epoch)[0]) - sum(len(one) for one in metrics)
        metrics.append(np.array(step.records.metrics[0, :added]))
    if is_late():
        return None
    curves = np.concatenate(metrics)[..., monitors(part.task).index(metric)].astype(np.float64)
    worst, best = WORST.get(metric, 0.0), int(np.asarray(state.best.epoch)[0])
    curves = np.where(np.isfinite(curves), np.maximum(curves, worst), worst)
    train_score, score = (worst, worst) if not best else map(float, curves[best - 1])
    curve = tuple(round(float(value), 6) for value in curves[:, 1])
    is_diverged = bool(np.asarray(state.is_diverged)[0])
    return Point(
        job.size, job.share, rows, job.seed, score, train_score, len(curves), curve, is_diverged
    )
