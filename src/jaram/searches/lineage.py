"""A lineage: the knobs that a trial was trained with, stretch by stretch, its parents' included.

Where a search changes knobs while it trains, what it finds is not a recipe but a schedule of knobs.
So it is confirmed as one: trained again from fresh seeds with the same knobs for the same epochs.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaram.data.data import Data
from jaram.recipe import Recipe
from jaram.runs.candidates import candidates_of
from jaram.runs.member import Member
from jaram.runs.run import Run
from jaram.searches.study import Trial
from jaram.training import engine, planning
from jaram.training.group import Group


@dataclasses.dataclass(frozen=True)
class Stretch:
    """Part of a training with one set of knobs.

    trial: whose it was. since, until: shares of the full length. point, values: its knobs.
    """

    trial: int
    since: float
    until: float
    point: tuple[float, ...]
    values: dict[str, Any]


def lineage(records: Sequence[Trial], last: Trial) -> tuple[Stretch, ...]:
    """How ``last``, a record, came about, from the first stretch on; equal neighbours are one.

    A record goes on from the latest rung before it of its parent or, without one, of its own trial.
    """
    chain = [last]
    while (before := _before(records, chain[0])) is not None:
        chain.insert(0, before)
    found: list[Stretch] = []
    for record in chain:
        since = found[-1].until if found else 0.0
        if found and found[-1].point == record.point:
            found[-1] = dataclasses.replace(found[-1], trial=record.number, until=record.share)
        else:
            found.append(Stretch(record.number, since, record.share, record.point, record.values))
    return tuple(found)


def _before(records: Sequence[Trial], record: Trial) -> Trial | None:
    if record.parent is None and not record.rung:
        return None
    owner = record.number if record.parent is None else record.parent
    earlier = [one for one in records if one.number == owner and one.share < record.share]
    return max(earlier, key=lambda one: one.rung)


def replayed(recipes: Sequence[Sequence[Recipe]], untils: Sequence[float], data: Data) -> list[Run]:
    """Trainings that change their knobs on the way, side by side.

    recipes: of each stretch, those of all members, alike but in knobs; untils: the share of the
    full length that each stretch goes to. A run's recipe is that of its last stretch.
    """
    stretches = [candidates_of(list(members), data) for members in recipes]
    members = [Member(candidate, None) for candidate in stretches[-1]]
    groups = [
        Group(tuple(one.recipe for one in stretch), stretches[0][0].prepared)
        for stretch in stretches
    ]
    plan = planning.plan_for(groups[0])
    knobs, state = engine.initial(groups[0], plan)
    done, seconds = 0, 0.0
    for place, (group, until) in enumerate(zip(groups, untils, strict=True)):
        if place:
            knobs = engine.stacked_knobs(group, plan)
        end = math.ceil(until * group.epochs)
        for step in engine.advance(group, plan, knobs, state, done, lambda _: False, end):
            for index, member in enumerate(members):
                member.add(step, index, seconds)
            state, done, seconds = step.state, step.first + step.epochs, seconds + step.seconds
        if done < end:  # all have stopped
            break
    whole = done >= groups[0].epochs or bool(np.asarray(state.is_stopped).all())
    ending: engine.Ending = "completed" if whole else "budget"
    return [member.finish(state, index, ending, seconds) for index, member in enumerate(members)]
