"""The cohort: trials of one structure in training together, of which some may be left behind.

Members are places in one compiled program. A trial that is dropped is marked as stopped, and those
that go on move together, so that whole lanes end at once: no rung compiles anything anew.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Prepared
from jaram.network.network import initial_params
from jaram.objective.monitors import monitors
from jaram.recipe import Recipe
from jaram.training import engine
from jaram.training.abreast import IsLate
from jaram.training.engine import Group
from jaram.training.epochs import Plan, spread

RECORD_BYTES = 64 * 2**20
"""Losses of all steps that one call of the program brings back, at most."""
STATE_COPIES = 8
"""What a member holds, in copies of its weights: themselves, the best, moments, averages, and what
a step needs."""


@dataclasses.dataclass(frozen=True, eq=False)
class Entry:
    """A trial ready for training: its recipe completed, and the data as it prepares it."""

    trial: int
    recipe: Recipe
    prepared: Prepared


@dataclasses.dataclass(frozen=True)
class Reached:
    """What a trial has come to.

    scores: of the best epoch, one a seed; loss: on the same part, their mean, infinite where one
    has no best epoch. epochs: trained, all seeds together. seconds: of wall time, its share of the
    cohort's. ending: whether it diverged (from every seed), has come to its end, or was cut short.
    """

    trial: int
    scores: tuple[float, ...]
    loss: float
    epochs: int
    seconds: float
    ending: str


class Cohort:
    """Trials of one structure, each from every seed."""

    def __init__(
        self, entries: Sequence[Entry], seeds: int, metric: str, worst: float, is_alone: bool
    ) -> None:
        self.entries = {entry.trial: entry for entry in entries}
        self.live = frozenset(self.entries)
        self.metric, self.worst = metric, worst
        recipes = tuple(
            dataclasses.replace(entry.recipe, seed=(entry.recipe.seed + place) % 2**32)
            for entry in entries
            for place in range(seeds)
        )
        self.trials = np.repeat([entry.trial for entry in entries], seeds)
        self.group = Group(recipes, entries[0].prepared)
        self.plan = _plan(self.group, is_alone)
        self.recipes, self.state = engine.initial(self.group, self.plan)
        self.places = np.arange(self.plan.members)
        """Which member stands at each place; those from ``len(recipes)`` on only fill up."""
        self.curves: list[list[NDArray[np.float32]]] = [[] for _ in recipes]
        self.done = 0
        self.seconds = 0.0
        if self.plan.members > len(recipes):
            self.keep(self.entries)

    def keep(self, trials: Iterable[int]) -> None:
        """Go on with these trials alone."""
        self.live = frozenset(trials)
        goes_on = np.isin(self._trial_at_place(), list(self.live))
        places = _together(goes_on, self.plan)
        self.places = self.places[places]
        state = jax.tree.map(lambda leaf: np.asarray(leaf)[places], self.state)
        recipes = jax.tree.map(lambda leaf: np.asarray(leaf)[places], self.recipes)
        state = state._replace(is_stopped=state.is_stopped | ~goes_on[places])
        self.state = spread(self.plan, state, by_member=True)
        self.recipes = spread(self.plan, recipes, by_member=True)

    def advance(self, share: float, is_late: IsLate) -> None:
        """Train on until ``share`` of all epochs, or until it is late."""
        until = math.ceil(share * self.group.epochs)
        if self.done >= until or bool(np.asarray(self.state.is_stopped).all()):
            return
        steps = engine.advance(
            self.group, self.plan, self.recipes, self.state, self.done, lambda _: is_late(), until
        )
        for step in steps:
            self.state, self.done = step.state, step.first + step.epochs
            self.seconds += step.seconds
            epochs = np.asarray(step.state.epoch)
            for place, member in enumerate(self.places):
                if member < len(self.curves):
                    added = int(epochs[place]) - len(self.curves[member])
                    rows = step.records.metrics[place, : max(0, added), -1]
                    self.curves[member] += list(np.asarray(rows))

    def reached(self, share: float) -> list[Reached]:
        """What each trial has come to on its way to ``share`` of all epochs."""
        best = np.asarray(self.state.best.epoch)
        diverged = np.asarray(self.state.is_diverged)
        stopped = np.asarray(self.state.is_stopped)
        at = {int(member): place for place, member in enumerate(self.places)}
        column = monitors(self.group.prepared.task).index(self.metric)
        is_whole = self.done >= math.ceil(share * self.group.epochs)
        each = self.seconds / len(self.entries)
        found = []
        for trial in self.entries:
            members = [int(member) for member in np.flatnonzero(self.trials == trial)]
            places = [at[member] for member in members]
            rows = [
                self.curves[member][int(best[place]) - 1] if best[place] else None
                for member, place in zip(members, places, strict=True)
            ]
            scores = [self.worst if row is None else float(row[column]) for row in rows]
            losses = [np.inf if row is None else float(row[0]) for row in rows]
            ended = "done" if is_whole or stopped[places].all() else "cut"
            found.append(
                Reached(
                    trial=trial,
                    scores=tuple(max(self.worst, score) for score in scores),
                    loss=float(np.mean(losses)),
                    epochs=sum(len(self.curves[member]) for member in members),
                    seconds=each,
                    ending="diverged" if diverged[places].all() else ended,
                )
            )
        return found

    def _trial_at_place(self) -> NDArray[np.int64]:
        filled = np.full(self.plan.members, -1)
        filled[: len(self.trials)] = self.trials
        return filled[self.places]


def _together(goes_on: NDArray[np.bool_], plan: Plan) -> NDArray[np.int64]:
    """An order of the places in which those that go on come first on each device, shared evenly."""
    ranked = np.concatenate([np.flatnonzero(goes_on), np.flatnonzero(~goes_on)])
    return ranked.reshape(-1, plan.devices).T.reshape(-1)


def _plan(group: Group, is_alone: bool) -> Plan:
    """The group's plan: on all devices if it is trained alone, else on one, as others train too."""
    plan = engine.plan_for(group, takes_vitals=False, most_devices=None if is_alone else 1)
    a_epoch = plan.members * group.steps * 4
    capacity = max(1, min(plan.capacity, RECORD_BYTES // a_epoch))
    return dataclasses.replace(plan, capacity=capacity)


def member_bytes(entry: Entry) -> int:
    """About how much memory a member of this trial takes while it trains."""
    assert entry.recipe.network is not None
    params = initial_params(entry.recipe.network, 0, entry.prepared.input_shape)
    return STATE_COPIES * sum(int(leaf.nbytes) for leaf in jax.tree.leaves(params))


def grouped(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries of one structure, minibatches and data together, in order of first appearance."""
    found: dict[Any, list[Entry]] = {}
    for entry in entries:
        recipe = entry.recipe
        mark = (
            engine.structure(recipe),
            recipe.batch_size,
            recipe.epochs,
            recipe.shuffle,
            id(entry.prepared),
        )
        found.setdefault(mark, []).append(entry)
    return list(found.values())
