"""The trial: control and remedied recipes trained side by side, paired by seed and minibatch.

An arm is trained from all its seeds as one population, and all arms of one structure by the same
compiled program. Arms that are weak early are dropped (successive halving, Jamieson & Talwalkar,
2016), so that finalists alone get the full length.
"""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Callable, Sequence
from functools import partial
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
from jaram.runs.interruption import held_back
from jaram.runs.member import target_scale
from jaram.spec import words
from jaram.training import engine, planning
from jaram.training.abreast import IsLate, abreast
from jaram.training.group import Group, structure
from jaram.training.layout import BY_MEMBER, spread
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


class Trainee:
    """One arm in training: its members differ in the seed and share all minibatches."""

    def __init__(self, arm: Arm, seeds: Sequence[int], metric: str) -> None:
        self.arm = arm
        self.metric = metric
        self.done = 0
        self.seconds = 0.0
        recipes = tuple(dataclasses.replace(arm.recipe, seed=seed) for seed in seeds)
        self.group = Group(recipes, arm.prepared)
        self.plan = planning.plan_for(self.group)
        if self.plan.is_short:  # a core for each arm: a program for many devices compiles longer
            self.plan = planning.plan_for(self.group, most_devices=1)
        self.recipes, self.state = engine.initial(self.group, self.plan)
        self._parts: list[list[Chronicle]] = [[] for _ in seeds]

    @property
    def task(self) -> Task:
        return self.arm.prepared.task

    @property
    def has_ended(self) -> bool:
        """Whether all members have come to their end."""
        return self.done >= self.group.epochs or bool(np.asarray(self.state.is_stopped).all())

    @property
    def share(self) -> float:
        """How much of the full length was trained, in [0, 1]."""
        return 1.0 if self.has_ended else self.done / self.group.epochs

    def advance(self, share: float, is_late: Callable[[], bool] = lambda: False) -> None:
        """Train on until ``share`` of all epochs, or until it is late."""
        until = math.ceil(share * self.group.epochs)
        if self.done >= until or self.has_ended:
            return
        names, scale = monitors(self.task), target_scale(self.arm.prepared)
        for step in engine.advance(
            self.group,
            self.plan,
            self.recipes,
            self.state,
            self.done,
            lambda _: is_late(),
            until,
        ):
            with held_back():
                self.state = step.state
                self.done = step.first + step.epochs
                for index, parts in enumerate(self._parts):
                    added = of_member(step, index, self.seconds, names, scale)
                    if added.epochs or not parts:
                        parts.append(added)
                self.seconds += step.seconds

    def member(self, index: int) -> MemberState:
        """One member's state, NumPy."""
        one: MemberState = jax.tree.map(lambda leaf: np.asarray(leaf)[index], self.state)
        return one

    def chronicle(self, index: int) -> Chronicle:
        """One member's history."""
        return join(self._parts[index])

    def continue_from(self, state: MemberState, done: int, past: Chronicle) -> None:
        """Let every member go on from ``state``, reached after the ``done`` epochs of ``past``."""
        again: dict[str, Any] = {
            "is_stopped": np.bool_(False),
            "is_diverged": np.bool_(False),
            "waited": np.int32(0),
        }
        fresh, places = state._replace(**again), self.plan.members
        stacked = jax.tree.map(lambda leaf: np.stack([np.asarray(leaf)] * places), fresh)
        self.state = spread(self.plan, stacked, BY_MEMBER)
        self.done = done
        if done:
            self._parts = [[past] for _ in self._parts]

    def measure(self) -> Measured:
        """What it has come to."""
        column = f"{compared_part(self.arm.prepared)}/{self.metric}"
        chronicles = [self.chronicle(index) for index in range(len(self._parts))]
        members = [self.member(index) for index in range(len(chronicles))]
        curves = np.full((len(chronicles), max(c.epochs for c in chronicles)), np.nan)
        worst = WORST.get(self.metric, 0.0)
        scores = np.full(len(chronicles), worst)
        for row, (member, chronicle) in enumerate(zip(members, chronicles, strict=True)):
            values = chronicle.columns[column]
            curves[row, : len(values)] = np.maximum(values, worst)
            if member.best.epoch:
                scores[row] = max(worst, float(values[int(member.best.epoch) - 1]))
        return Measured(
            arm=self.arm,
            scores=scores,
            curves=curves,
            share=self.share,
            evidence=_evidence(self.arm, members[0], chronicles[0]),
            params=tuple((m.best.params, m.best.network_state) for m in members),
        )


def _evidence(arm: Arm, member: MemberState, chronicle: Chronicle) -> Evidence:
    """What one member's training tells the doctor."""
    found = patient.of_chronicle(
        arm.recipe,
        arm.prepared.task,
        arm.prepared.input_shape,
        chronicle,
        tuple(words(layer) for layer in arm.recipe.network or ()),
        prepared=arm.prepared,
        ending="diverged" if member.is_diverged else "completed",
        best_epoch=int(member.best.epoch),
    )
    return dataclasses.replace(found, params=member.best.params)


def compared_part(prepared: Prepared) -> str:
    """The part whose score arms are compared by: validation, or training where there is none."""
    return "valid" if prepared.valid is not None and len(prepared.valid) else "train"


def restarted(
    arms: Sequence[Arm],
    seeds: Sequence[int],
    metric: str,
    state: MemberState,
    done: int,
    past: Chronicle,
) -> list[Trainee]:
    """Trainees of the arms: those that can do so go on from ``state``, the others from the start.

    An arm can go on if it carries the same arrays, takes the same number of steps an epoch, reads
    the same inputs and minimises the same loss as the first arm, whose state it is.
    """
    trainees = [Trainee(arm, seeds, metric) for arm in arms]
    control = trainees[0]
    for trainee in trainees:
        arm = trainee.arm
        same = (
            arm.prepared is control.arm.prepared
            and arm.recipe.loss == control.arm.recipe.loss
            and trainee.group.steps == control.group.steps
        )
        if same and _shapes(trainee.member(0)) == _shapes(state):
            trainee.continue_from(state, done, past)
    return trainees


def _shapes(state: MemberState) -> Any:
    leaves, structure = jax.tree.flatten(state)
    return structure, [np.shape(leaf) for leaf in leaves]


def run_trial(
    arms: Sequence[Arm],
    seeds: Sequence[int],
    metric: str,
    rungs: Sequence[float],
    is_late: Callable[[], bool],
    told_of: Callable[[int, int], None] = lambda done, arms: None,
) -> list[Measured]:
    """Train all arms by rungs (shares of the full length), keeping the better half at each.

    The first arm is the control and is never dropped. Ends early when it is late, with what is
    there: an arm that has not begun then is left out, but for the second, which is the first remedy
    of the first cause.

    told_of: told after each arm how many are trained as far as the rung asks, and of how many.
    """
    trainees = [Trainee(arm, seeds, metric) for arm in arms]
    live = list(trainees)
    for rung, share in enumerate(rungs):
        counted = _Count(len(live), told_of)
        abreast(partial(_advance, share, trainees[:2], counted), _by_program(live), is_late)
        if rung + 1 < len(rungs):
            others = [trainee for trainee in live[1:] if trainee.done]
            others.sort(key=lambda trainee: -trainee.measure().mean)
            live = [live[0], *others[: max(1, math.ceil(len(others) / 2))]]
    return [trainee.measure() for trainee in trainees if trainee.done]


class _Count:
    """How many arms are done, counted by several threads."""

    def __init__(self, arms: int, told_of: Callable[[int, int], None]) -> None:
        self._done, self._arms, self._told_of = 0, arms, told_of
        self._lock = threading.Lock()

    def one_more(self) -> None:
        with self._lock:
            self._done += 1
            self._told_of(self._done, self._arms)


def _advance(
    share: float,
    first: Sequence[Trainee],
    counted: _Count,
    trainees: Sequence[Trainee],
    is_late: IsLate,
) -> None:
    """Train on until ``share``, one after the other; one of the ``first`` begins in any case."""
    for trainee in trainees:
        if trainee.done or trainee in first or not is_late():
            trainee.advance(share, is_late)
        counted.one_more()


def _by_program(trainees: Sequence[Trainee]) -> list[list[Trainee]]:
    """Those that share a compiled program together, which then is compiled once."""
    found: dict[Any, list[Trainee]] = {}
    for trainee in trainees:
        mark = (structure(trainee.arm.recipe), id(trainee.arm.prepared))
        found.setdefault(mark, []).append(trainee)
    return list(found.values())


def measured_from(arm: Arm, parts: Sequence[Sequence[int]], metric: str) -> Measured:
    """The arm trained whole from the seeds of all parts, which are of one size."""
    found = []
    for seeds in parts:
        trainee = Trainee(arm, seeds, metric)
        trainee.advance(1.0)
        found.append(trainee.measure())
    epochs = max(one.curves.shape[1] for one in found)
    curves = [
        np.pad(one.curves, ((0, 0), (0, epochs - one.curves.shape[1])), constant_values=np.nan)
        for one in found
    ]
    return dataclasses.replace(
        found[0],
        scores=np.concatenate([one.scores for one in found]),
        curves=np.concatenate(curves),
        params=tuple(pair for one in found for pair in one.params),
    )
