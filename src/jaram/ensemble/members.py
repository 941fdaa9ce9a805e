"""The members: runs that answer the same question about the same rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaram.data.again import recorded_source
from jaram.data.prepare import Part, Prepared
from jaram.data.task import Task
from jaram.doctor.patient import is_as_trained, prepared_for
from jaram.errors import UsageError
from jaram.recipe import Recipe
from jaram.runs.candidates import prepare_options
from jaram.runs.run import Run

SEEDS = 2**32


def checked(runs: Any) -> tuple[Run, ...]:
    """``runs`` as members of one team.

    They may scale and encode the inputs each in its own way. Raises UsageError if there are none,
    or one is no run, learned another task, or takes other columns than the first.
    """
    members = tuple(runs) if isinstance(runs, Sequence) and not isinstance(runs, str) else (runs,)
    if not members:
        raise UsageError("ensemble.no_members")
    for member in members:
        if not isinstance(member, Run):
            raise UsageError("ensemble.not_a_run", got=type(member).__name__)
        require_whole(member.task)
    first = members[0]
    for number, member in enumerate(members[1:], start=2):
        if member.task != first.task:
            raise UsageError(
                "ensemble.other_task", number=number, got=_task(member), first=_task(first)
            )
        if _takes(member) != _takes(first):
            raise UsageError(
                "ensemble.other_columns", number=number, difference=_difference(first, member)
            )
    return members


def require_whole(task: Task) -> None:
    """Raise UsageError for a task that asks about every step: teams answer whole examples."""
    if task.has_steps:
        raise UsageError("ensemble.has_steps", task=task.kind)


def _task(run: Run) -> str:
    """The task with its target and classes, short enough for a sentence."""
    task = run.task
    target = "/".join(task.target_names) or "y"
    classes = ", ".join(task.classes[:5]) + (", …" if len(task.classes) > 5 else "")
    return f"{task.kind} {target}" + (f" ({classes})" if classes else "")


def _takes(run: Run) -> tuple[Any, ...]:
    """What an example must be made of for this run."""
    how = run.preparation
    return how.takes, how.shape, sorted(how.columns)


def _difference(first: Run, other: Run) -> str:
    """The columns that only one of two runs takes; their shapes if it is not that."""
    here, there = set(first.preparation.columns), set(other.preparation.columns)
    names = sorted(here ^ there)
    if names:
        return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return f"{list(first.preparation.shape)}, {list(other.preparation.shape)}"


def with_data(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs with the data that they were trained on, where it is still to be found.

    A run that was opened from its folder knows the file or built-in set that its data came from,
    and by the data's fingerprint whether it is still as it was.
    """
    known: dict[Any, Prepared | None] = {}
    found = []
    for run in runs:
        if run.prepared is None:
            key = (recorded_source(run.summary), prepare_options(run.recipe))
            prepared = known.get(key)
            if prepared is None or not is_as_trained(prepared, run.folder):
                prepared = known[key] = prepared_for(run, None, run.folder)
            if prepared is not None:
                run = dataclasses.replace(run, prepared=prepared)
        found.append(run)
    return tuple(found)


def have_in_common(runs: Sequence[Run], name: str) -> bool:
    """Whether the part ``name`` holds the same rows, and the same answers, for all runs.

    Rows that one run validates on may be rows that another was trained on: a team is measured on
    what all of them have kept apart.
    """
    parts = [run.parts.get(name) for run in runs]
    first = parts[0]
    return first is not None and all(
        part is first or (part is not None and _same(first, part, runs[0], run))
        for part, run in zip(parts, runs, strict=True)
    )


def _same(one: Part, other: Part, run: Run, other_run: Run) -> bool:
    if not np.array_equal(one.rows, other.rows):
        return False
    a, b = run.preparation.inverse_target(one.y), other_run.preparation.inverse_target(other.y)
    if run.task.kind != "regression":
        return np.array_equal(a, b)
    # Scaled by each run in its own way, and float32 between.
    return bool(np.allclose(a, b, rtol=1e-4, atol=1e-4 * float(np.std(a)) + 1e-30))


def seeded(recipe: Recipe, size: int) -> list[Recipe]:
    """``recipe`` with ``size`` seeds, from its own on: other first weights, other units dropped.

    The split of the data and the order of the minibatches stay as they are, so that the members
    are one population and have kept the same rows apart.
    """
    if not isinstance(size, int) or size < 1:
        raise UsageError("ensemble.bad_size", value=size)
    return [
        dataclasses.replace(recipe, seed=(recipe.seed + number) % SEEDS) for number in range(size)
    ]
