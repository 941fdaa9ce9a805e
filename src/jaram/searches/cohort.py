"""The cohort: a program for trials of one structure, and the states that they rest in between.

Members are places in one compiled program, as many as were wanted first; places that nobody takes
are marked as stopped and cost next to nothing. Between rounds a trial's state rests on the host
(:class:`Saved`), so that a trial goes on beside others than before, or from another's state,
without anything being compiled or trained anew.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable, Sequence

import jax
import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Prepared
from jaram.network.network import initial_params
from jaram.objective.monitors import monitors
from jaram.recipe import Recipe
from jaram.searches.frames import Frame, embedded, framed, skeleton
from jaram.spec import with_fields
from jaram.training import engine, planning
from jaram.training.abreast import IsLate
from jaram.training.group import Group, structure
from jaram.training.layout import BY_MEMBER, Plan, spread
from jaram.training.state import MemberState

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


@dataclasses.dataclass(frozen=True, eq=False)
class Saved:
    """A trial between two rounds.

    state: NumPy arrays with a leading axis of the trial's seeds. curves: of each seed the metrics
    of the validation part and, last, the training loss ``(epochs, names + 1)``, those of a parent's
    included. done: the epoch up to
    which it was trained, or has stopped before.
    """

    state: MemberState
    curves: tuple[NDArray[np.float32], ...]
    done: int

    @property
    def nbytes(self) -> int:
        """What it takes on the host."""
        return sum(int(leaf.nbytes) for leaf in jax.tree.leaves((self.state, self.curves)))

    @property
    def epochs(self) -> int:
        """Epochs in the curves of all seeds."""
        return sum(len(curve) for curve in self.curves)

    @property
    def is_over(self) -> bool:
        """Whether no seed would train on."""
        return bool(self.state.is_stopped.all())


@dataclasses.dataclass(frozen=True, eq=False)
class Work:
    """A trial to be trained up to epoch ``until``, from a state or, if None, from the start.

    key: the trial and its rung.
    """

    key: tuple[int, int]
    entry: Entry
    start: Saved | None
    until: int

    @property
    def done(self) -> int:
        return 0 if self.start is None else self.start.done


class Cohort:
    """The program for trials of one structure, each from every seed."""

    def __init__(
        self,
        entry: Entry,
        trials: int,
        seeds: int,
        *,
        is_alone: bool,
        frame: Frame | None = None,
        is_hurried: bool = False,
        workers: int | None = None,
    ) -> None:
        """A program with places for ``trials``, whose structure is ``entry``'s.

        is_alone: it has all devices, as nothing trains beside. frame: what the structures of its
        trials differ in; None where they are alike. is_hurried: it is compiled quickly. workers:
        so many share the trials, a device each; None: they are trained here.
        """
        self.seeds, self.frame = seeds, frame
        self.is_compiled = False
        whole = self._group([entry] * trials)
        share = self._group([entry] * -(-trials // (workers or 1)))
        plan = _plan(share, most_devices=None if is_alone and workers is None else 1)
        is_short = is_hurried or planning.is_short(whole)
        self.plan = dataclasses.replace(plan, is_short=is_short)
        self.capacity = self.plan.members // seeds
        """Trials at once."""

    def batches(self, works: Sequence[Work]) -> list[list[Work]]:
        """Works that can be done in one call: from and to the same epoch, as many as have room."""
        alike: dict[tuple[int, int], list[Work]] = {}
        for work in works:
            alike.setdefault((work.done, work.until), []).append(work)
        return [
            same[first : first + self.capacity]
            for same in alike.values()
            for first in range(0, len(same), self.capacity)
        ]

    def train(self, works: Sequence[Work], is_late: IsLate) -> list[Saved]:
        """Train one batch of works; what each has come to when it ended or it was late."""
        group = self._group([work.entry for work in works])
        places = _shared_out(len(group.recipes), self.plan)
        knobs, state = self._begin(works, group, places)
        metrics = len(monitors(group.prepared.task)) + 1
        curves = [[curve] for work in works for curve in _curves(work, self.seeds, metrics)]
        done, until = works[0].done, works[0].until
        epochs = np.asarray(state.epoch)[places]
        if not np.asarray(state.is_stopped).all():
            for step in engine.advance(
                group, self.plan, knobs, state, done, lambda _: is_late(), until
            ):
                state, before, done = step.state, epochs, step.first + step.epochs
                epochs = np.asarray(state.epoch)[places]
                for member, place in enumerate(places):
                    if added := int(epochs[member] - before[member]):
                        measured = step.records.metrics[place, :added]
                        rows = np.concatenate([measured[:, -1], measured[:, 0, :1]], axis=1)
                        curves[member].append(rows)
        self.is_compiled = True
        at_rest = jax.tree.map(lambda leaf: np.asarray(leaf)[places], state)
        if at_rest.is_stopped.all():
            done = until
        return [
            Saved(
                state=jax.tree.map(lambda leaf, own=own: leaf[own].copy(), at_rest),
                curves=tuple(np.concatenate(parts) for parts in curves[own]),
                done=done,
            )
            for own in (
                slice(first, first + self.seeds) for first in range(0, len(places), self.seeds)
            )
        ]

    def _group(self, entries: Sequence[Entry]) -> Group:
        recipes = self._recipes(entries)
        if self.frame is not None:
            recipes = [framed(recipe, self.frame) for recipe in recipes]
        return Group(tuple(recipes), entries[0].prepared)

    def _recipes(self, entries: Sequence[Entry]) -> list[Recipe]:
        """One for each seed of each trial."""
        return [
            with_fields(entry.recipe, seed=(entry.recipe.seed + place) % 2**32)
            for entry in entries
            for place in range(self.seeds)
        ]

    def _initial(self, works: Sequence[Work], group: Group) -> tuple[Recipe, MemberState]:
        """Knobs and states before the first step; weights drawn at each member's own shape."""
        if self.frame is None:
            return engine.initial(group, self.plan)
        shapes = engine.drawn(group.first, group.prepared)
        recipes = self._recipes([work.entry for work in works])
        begins = [embedded(engine.drawn(one, group.prepared), shapes) for one in recipes]
        return engine.initial(group, self.plan, begins)

    def _begin(
        self, works: Sequence[Work], group: Group, places: NDArray[np.int64]
    ) -> tuple[Recipe, MemberState]:
        """Knobs and states at their places on the devices, the other places marked as stopped."""
        starts = [work.start.state for work in works if work.start is not None]
        if not starts:
            knobs, state = self._initial(works, group)
            if len(places) == self.plan.members:
                return knobs, state
            state = jax.tree.map(lambda leaf: np.asarray(leaf)[: len(places)], state)
        else:
            knobs = engine.stacked_knobs(group, self.plan)
            state = jax.tree.map(lambda *leaves: np.concatenate(leaves), *starts)
        member_at = np.full(self.plan.members, len(places) - 1)
        member_at[places] = np.arange(len(places))
        is_filler = np.isin(np.arange(self.plan.members), places, invert=True)
        knobs, state = jax.tree.map(lambda leaf: np.asarray(leaf)[member_at], (knobs, state))
        state = state._replace(is_stopped=state.is_stopped | is_filler)
        return spread(self.plan, knobs, BY_MEMBER), spread(self.plan, state, BY_MEMBER)


def _curves(work: Work, seeds: int, metrics: int) -> list[NDArray[np.float32]]:
    """The curve of each seed before the work."""
    if work.start is not None:
        return list(work.start.curves)
    return [np.empty((0, metrics), np.float32)] * seeds


def _shared_out(members: int, plan: Plan) -> NDArray[np.int64]:
    """Places for so many members: the first ones of each device, shared evenly, in whole lanes."""
    each = plan.members // plan.devices
    in_turn = np.arange(plan.members).reshape(plan.devices, each).T.reshape(-1)
    return np.sort(in_turn[:members])


def _plan(group: Group, most_devices: int | None) -> Plan:
    """The group's plan without vital signs."""
    plan = planning.plan_for(group, takes_vitals=False, most_devices=most_devices)
    a_epoch = plan.members * group.steps * 4
    capacity = max(1, min(plan.capacity, RECORD_BYTES // a_epoch))
    return dataclasses.replace(plan, capacity=capacity)


@dataclasses.dataclass(frozen=True)
class Reached:
    """What a trial has come to.

    scores: of the best epoch, one a seed. curve: the mean score after each epoch that all seeds
    have. loss: at the best epochs, their mean, infinite where one has none. ending: whether it
    diverged (from every seed), has come as far as it should (done), or was cut short. ends: mean
    losses of the training and the validation part at the last epoch; None where not finite.
    """

    scores: tuple[float, ...]
    curve: tuple[float, ...]
    ends: tuple[float, float] | None
    loss: float
    ending: str


def reached(work: Work, saved: Saved, metric: str, worst: float) -> Reached:
    """What came of a work; no score is below ``worst``."""
    column = monitors(work.entry.prepared.task).index(metric)
    best = saved.state.best.epoch
    rows = [
        curve[epoch - 1] if epoch else None for curve, epoch in zip(saved.curves, best, strict=True)
    ]
    scores = [worst if row is None else max(worst, float(row[column])) for row in rows]
    losses = [math.inf if row is None else float(row[0]) for row in rows]
    length = min(len(curve) for curve in saved.curves)
    together = np.mean([curve[:length, column] for curve in saved.curves], axis=0)
    last = [(curve[-1, -1], curve[-1, 0]) for curve in saved.curves if len(curve)]
    train, valid = (
        (float(np.mean(losses)) for losses in zip(*last, strict=True))
        if last
        else (
            math.nan,
            math.nan,
        )
    )
    is_finite = math.isfinite(train) and math.isfinite(valid)
    is_done = saved.done >= work.until or saved.is_over
    ending = "diverged" if bool(saved.state.is_diverged.all()) else "done" if is_done else "cut"
    return Reached(
        scores=tuple(scores),
        curve=tuple(float(f"{score:.6g}") for score in np.fmax(together, worst)),
        ends=(train, valid) if is_finite else None,
        loss=float(np.mean(losses)),
        ending=ending,
    )


def member_bytes(entry: Entry, frame: Frame | None = None) -> int:
    """About how much memory a member of this trial takes while it trains."""
    recipe = entry.recipe if frame is None else framed(entry.recipe, frame)
    assert recipe.network is not None
    params = initial_params(recipe.network, 0, entry.prepared.input_shape)
    return STATE_COPIES * sum(int(leaf.nbytes) for leaf in jax.tree.leaves(params))


def structure_of(entry: Entry) -> Hashable:
    """What trials of one program have in common: structure, minibatches, data."""
    return _mark(entry.recipe, entry.prepared)


def skeleton_of(entry: Entry) -> Hashable | None:
    """What trials that a frame can hold have in common; None for one that fits into none."""
    bare = skeleton(entry.recipe, entry.prepared.input_shape)
    return None if bare is None else _mark(bare, entry.prepared)


def _mark(recipe: Recipe, prepared: Prepared) -> Hashable:
    return (
        structure(recipe),
        recipe.batch_size,
        recipe.epochs,
        recipe.shuffle,
        id(prepared),
    )
