"""Ways to make members of one recipe: other seeds, other rows, or snapshots of one training."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from jaram.ensemble.members import SEEDS, seeded
from jaram.errors import UsageError
from jaram.messages.nearest import suggestion
from jaram.optimizer.schedules import CosineCycles
from jaram.progress import Progress, Silent
from jaram.recipe import Recipe
from jaram.runs.candidates import as_data, candidates_of
from jaram.runs.fingerprint import fingerprint_of
from jaram.runs.member import Member
from jaram.runs.run import Run
from jaram.runs.store import new_folder
from jaram.runs.train import report_to, train
from jaram.searches.study import finalists
from jaram.training import engine, planning
from jaram.training.group import Group
from jaram.training.state import Advance, Best

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.searches.study import Study

Kind = Literal["seeds", "bagging", "snapshot"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def require_kind(kind: str) -> None:
    """Raise UsageError unless ``kind`` is one of KINDS."""
    if kind not in KINDS:
        raise UsageError(
            "ensemble.bad_kind",
            value=kind,
            known=", ".join(KINDS),
            suggestion=suggestion(str(kind), KINDS),
        )


def bagged(recipe: Recipe, size: int) -> list[Recipe]:
    """``recipe`` with ``size`` seeds, each with a bootstrap of the training rows of its own
    (Breiman, 1996)."""
    return [
        dataclasses.replace(one, bootstrap=(recipe.seed + number) % SEEDS)
        for number, one in enumerate(seeded(recipe, size))
    ]


def cyclic(recipe: Recipe, size: int) -> Recipe:
    """``recipe`` in ``size`` cosine cycles, to its last epoch."""
    seeded(recipe, size)  # the same demands on a size
    return dataclasses.replace(recipe, schedule=CosineCycles(cycles=size), stop=None)


def snapshots(
    recipe: Recipe,
    data: Any,
    size: int,
    out: Path | None = None,
    budget: float | None = None,
    progress: Progress | None = None,
) -> list[Run]:
    """One training in ``size`` cosine cycles, and a run of where it stood at the end of each
    (Huang et al., 2017).

    A snapshot is of the last epoch of its cycle, not of its best, since it is there that the rate
    has fallen to 0. budget: seconds, after which no further cycle is begun. Raises UsageError where
    there are fewer epochs than cycles, or where a cycle is no whole number of epochs.
    """
    (candidate,) = candidates_of([cyclic(recipe, size)], as_data(data))
    if recipe.epochs is None:  # as many as would be chosen, in whole cycles
        epochs = -(-(candidate.recipe.epochs or 1) // size) * size
        completed = dataclasses.replace(candidate.recipe, epochs=epochs)
        candidate = dataclasses.replace(candidate, recipe=completed)
    group = Group((candidate.recipe,), candidate.prepared)
    each, rest = divmod(group.epochs, size)
    if rest:
        raise UsageError("ensemble.bad_cycles", epochs=group.epochs, size=size)
    plan = planning.plan_for(group)
    recipes, state = engine.initial(group, plan)
    base = None if out is None else new_folder(out)
    width = len(str(size))
    runs: list[Run] = []
    advances: list[tuple[Advance, float]] = []
    started, spent, done = time.perf_counter(), 0.0, 0
    watch, whole = progress or Silent(), Member(candidate, None)
    try:
        for cycle in range(size):
            for advance in engine.advance(
                group, plan, recipes, state, done, lambda _: False, done + each
            ):
                advances.append((advance, spent))
                whole.add(advance, 0, spent)
                state, spent = advance.state, spent + advance.seconds
                report_to(watch, [whole], advance, group, spent)
            done += each
            member = Member(candidate, None if base is None else base / f"{cycle + 1:0{width}d}")
            member.begin()
            for advance, before in advances:
                member.add(advance, 0, before)
            runs.append(member.finish(_standing(state), 0, "completed", spent))
            if bool(np.asarray(state.is_stopped)[0]):  # diverged: there is nothing to go on from
                break
            if budget is not None and time.perf_counter() - started > budget:
                break
    finally:
        watch.close()
    return runs


def _standing(state: Any) -> Any:
    """The state with where it stands now for its best epoch."""
    evaluated = state.params if state.average is None else state.average
    return state._replace(best=Best(state.best.score, state.epoch, evaluated, state.network_state))


def best_of(study: Study, data: Any, count: int, budget: float | None = None) -> list[Run]:
    """The ``count`` best trials of a search, of those that came furthest, trained again.

    A search keeps no weights but its winner's; trials train to the same weights again, from their
    first seed. Raises UsageError if none could be trained, or if ``data`` is not what was searched.
    """
    data = as_data(data)
    _require_searched(study, data)
    ranked = finalists(study.trials)
    if not ranked:
        raise UsageError("ensemble.no_trials")
    recipes = [study.space.at(np.array(trial.point)).recipe for trial in ranked[:count]]
    return train(recipes, data, budget=budget)


def _require_searched(study: Study, data: Data) -> None:
    """Raise UsageError unless ``data`` is prepared to what the study's trials were trained on."""
    middle = study.space.at(np.full(len(study.space.dimensions), 0.5)).recipe
    if fingerprint_of(candidates_of([middle], data)[0].prepared) != study.settings.fingerprint:
        raise UsageError("ensemble.other_data", name=data.name)
