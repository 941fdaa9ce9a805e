"""The trial: control and remedied recipes trained side by side, paired by seed and minibatch.

Arms of one structure are one population; arms that are weak early are dropped (successive halving,
Jamieson & Talwalkar, 2016), so that finalists alone get the full length.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Prepared
from jaram.data.task import Task
from jaram.doctor import patient
from jaram.doctor.evidence import Evidence
from jaram.objective.monitors import monitors
from jaram.recipe import Recipe
from jaram.runs.chronicle import Chronicle, join, of_member
from jaram.runs.train import target_scale
from jaram.training import engine
from jaram.training.engine import Group
from jaram.training.epochs import spread
from jaram.training.state import MemberState

WORST = {"r2": -1.0}
"""Lowest score that counts, 0 for a metric that is not named: R² has no lower end, and a network
that diverged has no score; each is worse than useless, and the mean over seeds should not hang on
by how much."""


@dataclasses.dataclass(frozen=True, eq=False)
class Arm:
    """One recipe of a trial, with the data as it prepares it.

    remedies: names of those applied, none for the control; doses: a few words for each.
    """

    recipe: Recipe
    prepared: Prepared
    remedies: tuple[str, ...] = ()
    doses: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """What an arm has come to.

    scores: ``(seeds,)``, of each member's best epoch on the part that the trial compares on.
    curves: the history of that score, ``(seeds, epochs)``, NaN after a member stopped. share: how
    much of its full length it was trained.
    """

    arm: Arm
    scores: NDArray[np.float64]
    curves: NDArray[np.float64]
    share: float
    evidence: Evidence
    params: tuple[Any, ...]
    """Of each member, the best epoch's weights and network state."""

    @property
    def mean(self) -> float:
        return float(self.scores.mean())


class Cohort:
    """Arms of one structure in training: members are arms × seeds, all on the same minibatches."""

    def __init__(self, arms: Sequence[Arm], seeds: Sequence[int], metric: str) -> None:
        self.arms = list(arms)
        self.seeds = tuple(seeds)
        self.metric = metric
        self.dropped: dict[int, float] = {}
        self.done = 0
        recipes = tuple(
            dataclasses.replace(arm.recipe, seed=seed) for arm in arms for seed in seeds
        )
        self.group = Group(recipes, arms[0].prepared)
        self.plan = engine.plan_for(self.group)
        self.recipes, self.state = engine.initial(self.group, self.plan)
        self.seconds = 0.0
        self._parts: list[list[Chronicle]] = [[] for _ in recipes]

    @property
    def prepared(self) -> Prepared:
        return self.group.prepared

    @property
    def task(self) -> Task:
        return self.group.prepared.task

    @property
    def share(self) -> float:
        """How much of the full length was trained, in [0, 1]."""
        ended = bool(np.asarray(self.state.is_stopped).all())
        return 1.0 if ended else self.done / self.group.epochs

    def advance(self, share: float, is_late: Callable[[], bool]) -> None:
        """Train on until ``share`` of all epochs, or until it is late."""
        until = math.ceil(share * self.group.epochs)
        if self.done >= until or np.asarray(self.state.is_stopped).all():
            return
        names, scale = monitors(self.task), target_scale(self.prepared)
        for step in engine.advance(
            self.group,
            self.plan,
            self.recipes,
            self.state,
            self.done,
            lambda step: step.first + step.epochs >= until or is_late(),
        ):
            self.state = step.state
            self.done = step.first + step.epochs
            for index, parts in enumerate(self._parts):
                added = of_member(step, index, self.seconds, names, scale)
                if added.epochs or not parts:
                    parts.append(added)
            self.seconds += step.seconds

    def drop(self, place: int) -> None:
        """Train the arm at ``place`` no further."""
        self.dropped[place] = self.share
        stopped = np.asarray(self.state.is_stopped).copy()
        members = len(self.seeds)
        stopped[place * members : (place + 1) * members] = True
        if len(self.dropped) == len(self.arms):
            stopped[:] = True  # with the places that only repeat the last member
        self.state = self.state._replace(is_stopped=spread(self.plan, stopped, by_member=True))

    def member(self, index: int) -> MemberState:
        """One member's state, NumPy."""
        one: MemberState = jax.tree.map(lambda leaf: np.asarray(leaf)[index], self.state)
        return one

    def chronicle(self, index: int) -> Chronicle:
        """One member's history."""
        return join(self._parts[index])

    def has_diverged(self, index: int) -> bool:
        """Whether a member's loss or weights are no longer finite."""
        return bool(np.asarray(self.state.is_diverged)[index])

    def continue_from(self, state: MemberState, done: int, past: Chronicle) -> None:
        """Let every member go on from ``state``, reached after the ``done`` epochs of ``past``."""
        again: dict[str, Any] = {
            "is_stopped": np.bool_(False),
            "is_diverged": np.bool_(False),
            "waited": np.int32(0),
        }
        fresh = state._replace(**again)
        places = self.plan.members
        stacked = jax.tree.map(lambda leaf: np.stack([np.asarray(leaf)] * places), fresh)
        self.state = spread(self.plan, stacked, by_member=True)
        self.done = done
        self._parts = [[past] for _ in self._parts] if done else self._parts

    def measure(self, place: int) -> Measured:
        """What the arm at ``place`` has come to."""
        members = range(place * len(self.seeds), (place + 1) * len(self.seeds))
        column = f"{compared_part(self.prepared)}/{self.metric}"
        chronicles = [join(self._parts[member]) for member in members]
        best = np.asarray(self.state.best.epoch)
        curves = np.full((len(chronicles), max(c.epochs for c in chronicles)), np.nan)
        worst = WORST.get(self.metric, 0.0)
        scores = np.full(len(chronicles), worst)
        for row, (member, chronicle) in enumerate(zip(members, chronicles, strict=True)):
            values = chronicle.columns[column]
            curves[row, : len(values)] = np.maximum(values, worst)
            if best[member]:
                scores[row] = max(worst, float(values[best[member] - 1]))
        kept = _host(self.state)
        arm = self.arms[place]
        first = members[0]
        evidence = patient.of_chronicle(
            arm.recipe,
            self.task,
            self.prepared.input_shape,
            chronicles[0],
            _layer_names(arm.recipe),
            prepared=self.prepared,
            ending="diverged" if kept.is_diverged[first] else "completed",
            best_epoch=int(best[first]),
        )
        params = tuple(
            jax.tree.map(lambda leaf, m=m: leaf[m], (kept.best.params, kept.best.network_state))
            for m in members
        )
        evidence = dataclasses.replace(evidence, params=params[0][0])
        return Measured(arm, scores, curves, self.dropped.get(place, self.share), evidence, params)


def _host(state: MemberState) -> MemberState:
    host: MemberState = jax.tree.map(np.asarray, state)
    return host


def _layer_names(recipe: Recipe) -> tuple[str, ...]:
    from jaram.spec import words

    return tuple(words(layer) for layer in recipe.network or ())


def compared_part(prepared: Prepared) -> str:
    """The part whose score arms are compared by: validation, or training where there is none."""
    return "valid" if prepared.valid is not None and len(prepared.valid) else "train"


def cohorts_of(arms: Sequence[Arm], seeds: Sequence[int], metric: str) -> list[Cohort]:
    """Arms as populations: those of one structure on the same prepared data together."""
    groups: dict[Any, list[Arm]] = {}
    for arm in arms:
        groups.setdefault((engine.structure(arm.recipe), id(arm.prepared)), []).append(arm)
    return [Cohort(group, seeds, metric) for group in groups.values()]


def restarted(
    arms: Sequence[Arm],
    seeds: Sequence[int],
    metric: str,
    state: MemberState,
    done: int,
    past: Chronicle,
) -> list[Cohort]:
    """Cohorts of the arms, those that can go on from ``state`` doing so, the others from the start.

    An arm can go on if it carries the same arrays, reads the same inputs and minimises the same
    loss as the first arm, whose state it is.
    """
    cohorts = cohorts_of(arms, seeds, metric)
    control = arms[0]
    for cohort in cohorts:
        arm = cohort.arms[0]
        same = arm.prepared is control.prepared and arm.recipe.loss == control.recipe.loss
        steps = cohort.group.steps == cohorts[0].group.steps
        if same and steps and _shapes(cohort.member(0)) == _shapes(state):
            cohort.continue_from(state, done, past)
    return cohorts


def _shapes(state: MemberState) -> Any:
    leaves, structure = jax.tree.flatten(state)
    return structure, [np.shape(leaf) for leaf in leaves]


def run_trial(
    cohorts: Sequence[Cohort],
    rungs: Sequence[float],
    is_late: Callable[[], bool],
    is_kept: Callable[[Arm], bool] = lambda arm: not arm.remedies,
) -> list[Measured]:
    """Train all arms by rungs (shares of the full length), keeping the better half at each.

    The control, and whatever else ``is_kept``, is never dropped. Ends early when it is late, with
    what is there: a cohort that has not begun then is left out.
    """
    live = list(cohorts)
    for rung, share in enumerate(rungs):
        for cohort in live:
            if cohort.done == 0 and rung == 0 and is_late() and cohort is not live[0]:
                continue
            cohort.advance(share, is_late)
        if rung + 1 < len(rungs):
            _halve(live, is_kept)
    return [
        cohort.measure(place)
        for cohort in cohorts
        if cohort.done
        for place in range(len(cohort.arms))
    ]


def _halve(cohorts: Sequence[Cohort], is_kept: Callable[[Arm], bool]) -> None:
    """Drop the weaker half of the arms that are still in training."""
    standing = [
        (cohort.measure(place).mean, cohort, place)
        for cohort in cohorts
        if cohort.done
        for place, arm in enumerate(cohort.arms)
        if place not in cohort.dropped and not is_kept(arm)
    ]
    standing.sort(key=lambda entry: -entry[0])
    for _, cohort, place in standing[max(1, math.ceil(len(standing) / 2)) :]:
        cohort.drop(place)
