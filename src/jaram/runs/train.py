"""Training: recipes and data in, runs out, in the order given."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, cast, overload

import jax
import numpy as np

from jaram.amounts import byte_count
from jaram.data.data import Data
from jaram.data.prepare import Prepared, prepare
from jaram.doctor.diagnosis import look_ahead
from jaram.errors import RunError, UsageError
from jaram.insight.pictures import compile_look
from jaram.progress import EpochReport, Progress, Silent
from jaram.recipe import Recipe
from jaram.runs import store
from jaram.runs.candidates import Candidate, as_data, candidates_of, prepare_options
from jaram.runs.chronicle import Chronicle
from jaram.runs.files import write_json
from jaram.runs.fingerprint import fingerprint_of
from jaram.runs.interruption import held_back
from jaram.runs.member import Member, arrays_of
from jaram.runs.run import Run
from jaram.spec import undecided_in
from jaram.training import engine, planning
from jaram.training.group import Group, structure
from jaram.training.layout import BY_MEMBER, Plan, spread
from jaram.training.outputs import compile_ahead
from jaram.training.state import Advance, MemberState
from jaram.training.through_time import compile_through_time


@overload
def train(
    recipe: Recipe | None = ...,
    data: Any = ...,
    *,
    out: str | Path | None = ...,
    resume: str | Path | None = ...,
    budget: float | None = ...,
    memory: int | str | None = ...,
    progress: Progress | None = ...,
    vitals: bool = ...,
) -> Run: ...


@overload
def train(
    recipe: Sequence[Recipe],
    data: Any = ...,
    *,
    out: str | Path | None = ...,
    resume: None = ...,
    budget: float | None = ...,
    memory: int | str | None = ...,
    progress: Progress | None = ...,
    vitals: bool = ...,
) -> list[Run]: ...


def train(
    recipe: Recipe | Sequence[Recipe] | None = None,
    data: Any = None,
    *,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    budget: float | None = None,
    memory: int | str | None = None,
    progress: Progress | None = None,
    vitals: bool = True,
) -> Run | list[Run]:
    """Train one recipe, or many as populations, on ``data``.

    recipe: what it leaves out is chosen from the data; None leaves out everything.
    data: a :class:`~jaram.data.Data`, or anything :func:`~jaram.data.load` takes.
    out: a new folder that the run is written to as it goes; for several recipes a folder of such
    folders.
    resume: the folder of an interrupted run, which goes on to the same bits as if it had never
    stopped.
    budget: seconds of training after which it ends with what it has, one epoch at least; recipes of
        different structures, which are trained one after another, share it by their number.
    memory: bytes, or ``"2GB"``, that the prepared examples may take. Pictures and arrays that would
        take more are read from their file again in each epoch, in an order of their own that
        follows from the seed, the memory and the batch size; a run that is resumed keeps the memory
        it was begun with. None: as many as they take.
    progress: who is told about epochs; None for nobody.
    vitals: whether the probe takes vital signs; it changes no number of the training.

    Raises a subclass of :class:`~jaram.errors.JaramError` for wrong input, before the first step.
    On Ctrl-C a run with a folder is saved so that it can be resumed, and KeyboardInterrupt is
    raised again.
    """
    if budget is not None and not (isinstance(budget, int | float) and budget > 0):
        raise UsageError("runs.bad_budget", value=budget)
    if resume is not None:
        if recipe is not None:
            raise UsageError("runs.resume_one")
        if memory is not None:
            raise UsageError("runs.resume_memory")
        return _resume(Path(resume), data, budget, progress or Silent(), vitals)
    if isinstance(recipe, Data | str | Path):
        raise UsageError("runs.swapped", got=type(recipe).__name__)
    is_one = recipe is None or isinstance(recipe, Recipe)
    recipes: list[Any] = [recipe or Recipe()] if is_one else list(cast("Sequence[Recipe]", recipe))
    _check_recipes(recipes)
    loaded = as_data(data)
    if memory is not None:
        loaded = loaded.within(byte_count(memory))
    candidates = candidates_of(recipes, loaded)
    folders: list[Path | None] = [None] * len(recipes)
    if out is not None:
        base = store.new_folder(Path(out))
        width = len(str(len(recipes)))
        folders = [base if is_one else base / f"{i + 1:0{width}d}" for i in range(len(recipes))]
    runs: list[Run | None] = [None] * len(recipes)
    untrained = len(candidates)
    for members in _groups(candidates):
        group = Group(tuple(candidates[i].recipe for i in members), candidates[members[0]].prepared)
        chosen = [candidates[i] for i in members]
        places = [folders[i] for i in members]
        share = None if budget is None else budget * len(members) / untrained
        started = time.perf_counter()
        trained = _train_group(group, chosen, places, share, progress or Silent(), vitals)
        untrained -= len(members)
        if budget is not None:  # what a group left over goes to those after it
            budget = max(0.0, budget - (time.perf_counter() - started))
        for index, run in zip(members, trained, strict=True):
            runs[index] = run
    done = [run for run in runs if run is not None]
    return done[0] if is_one else done


def _check_recipes(recipes: list[Recipe]) -> None:
    if not recipes:
        raise UsageError("runs.no_recipes")
    for recipe in recipes:
        if not isinstance(recipe, Recipe):
            raise UsageError("runs.not_a_recipe", value=recipe)
        fields = tuple(undecided_in(recipe))
        if fields:
            raise UsageError("runs.undecided", fields=", ".join(fields), count=len(fields))


def _groups(candidates: list[Candidate]) -> list[list[int]]:
    """Positions of candidates of one structure, in order of first appearance."""
    groups: dict[Any, list[int]] = {}
    for index, candidate in enumerate(candidates):
        groups.setdefault(structure(candidate.recipe), []).append(index)
    return list(groups.values())


def _train_group(
    group: Group,
    candidates: list[Candidate],
    folders: list[Path | None],
    budget: float | None,
    progress: Progress,
    vitals: bool,
) -> list[Run]:
    plan = planning.plan_for(group, vitals)
    recipes, state = engine.initial(group, plan)
    members = [
        Member(candidate, folder) for candidate, folder in zip(candidates, folders, strict=True)
    ]
    for member in members:
        member.begin()
    ahead = None
    if folders[0] is not None:  # then the run is evaluated and written when it is trained
        first = arrays_of(state, 0)
        prepared = group.prepared
        ahead = compile_ahead(
            group.first,
            first.params,
            first.network_state,
            prepared.train,
            prepared.task,
            then=partial(_prepare_report, first, members, prepared),
        )
    return _run(group, plan, recipes, state, members, 0.0, budget, progress, ahead)


def _prepare_report(first: MemberState, members: list[Member], prepared: Prepared) -> None:
    """Do before the training ends what the report needs: write the pictures that augmentation
    makes, compile what looks at single examples."""
    for member in members:
        # A folder that can't be written is told by the training itself, which writes there too.
        with suppress(RunError):
            if member.folder is not None:
                store.write_augmented(member.folder, member.candidate.recipe, prepared)
    look_ahead(prepared)
    recipe = members[0].candidate.recipe
    compile_look(recipe, first.params, first.network_state, prepared)
    compile_through_time(recipe, prepared, first.params, first.network_state)


def _run(
    group: Group,
    plan: Plan,
    recipes: Recipe,
    state: MemberState,
    members: list[Member],
    seconds: float,
    budget: float | None,
    progress: Progress,
    ahead: Thread | None = None,
) -> list[Run]:
    """Train until the end, the budget's end or Ctrl-C; ``seconds`` is the time trained before,
    ``ahead`` what is done for the report meanwhile."""
    done = int(np.max(np.asarray(state.epoch)))
    started, ending = time.perf_counter(), "completed"

    def is_over(_: Advance) -> bool:
        return budget is not None and time.perf_counter() - started > budget

    before, clock = seconds, started
    try:
        for advance in engine.advance(group, plan, recipes, state, done, is_over):
            with held_back():  # the state that Ctrl-C saves is the one that the history ends with
                for index, member in enumerate(members):
                    member.add(advance, index, seconds)
                state = advance.state
            now = time.perf_counter()
            seconds, clock = seconds + now - clock, now
            report_to(progress, members, advance, group, before + now - started)
        if (
            not np.all(np.asarray(state.is_stopped))
            and np.asarray(state.epoch).max() < group.epochs
        ):
            ending = "budget"
    except KeyboardInterrupt:
        with held_back():  # who presses it twice has not lost the training
            for index, member in enumerate(members):
                member.interrupt(state, index, seconds)
        raise
    finally:
        progress.close()
    if ahead is not None:
        ahead.join()  # it writes to the same folders
    return [
        member.finish(state, index, ending, seconds)  # type: ignore[arg-type]
        for index, member in enumerate(members)
    ]


def report_to(
    progress: Progress, members: list[Member], advance: Advance, group: Group, seconds: float
) -> None:
    """Tell of the last epoch, of the member that is best so far."""
    scores = np.asarray(advance.state.best.score)[: len(members)]
    best = int(np.argmin(scores))
    latest = members[best].parts[-1]
    if not latest.epochs:
        return
    progress(
        EpochReport(
            epoch=advance.first + advance.epochs,
            epochs=group.epochs,
            seconds=seconds,
            row={name: float(values[-1]) for name, values in latest.columns.items()},
            members=len(members),
            best_epoch=int(np.asarray(advance.state.best.epoch)[best]),
        )
    )


def _at_checkpoint(chronicle: Chronicle, epochs: int, steps: int, folder: Path) -> Chronicle:
    """The history up to the checkpoint; ``steps`` an epoch. Raises RunError if it is shorter."""
    kept = min(chronicle.epochs, len(chronicle.vitals), len(chronicle.steps) // steps)
    if kept < epochs:
        detail = f"the history has {kept} epochs, checkpoint.safetensors {epochs}"
        raise RunError("runs.damaged", path=str(folder), detail=detail)
    return chronicle.until(epochs, steps)


def _resume(
    folder: Path, source: Any, budget: float | None, progress: Progress, vitals: bool
) -> Run:
    """Go on with an unfinished run from its last checkpoint, or from the start if there is none."""
    told = store.read_card(folder)
    if told.get("status") == "finished":
        raise RunError("runs.nothing_to_resume", path=str(folder))
    store.require_unaltered(folder, told, store.BEGUN_WITH)
    with store.damage_told(folder):
        written = store.read_started(folder, told)
        chronicle = store.read_chronicle(folder, len(written.recipe.network or ()))
    data = as_data(source, folder).within(written.summary.get("memory"))
    prepared = prepare(data, prepare_options(written.recipe))
    if fingerprint_of(prepared) != written.data_fingerprint:
        raise RunError("runs.other_data", path=str(folder))
    group = Group((written.recipe,), prepared)
    if chronicle.epochs:  # the history keeps its shape
        vitals = chronicle.vitals.size > 0
    plan = planning.plan_for(group, vitals)
    recipes, state = engine.initial(group, plan)
    seconds = 0.0
    checkpoint = folder / "checkpoint.safetensors"
    if checkpoint.is_file():
        one, seconds = store.read_checkpoint(checkpoint, arrays_of(state, 0))
        state = spread(plan, jax.tree.map(lambda leaf: np.asarray(leaf)[None], one), BY_MEMBER)
    done = int(np.asarray(state.epoch)[0])
    chronicle = _at_checkpoint(chronicle, done, group.steps, folder)
    candidate = Candidate(written.recipe, written.choices, prepared, written.findings)
    member = Member(candidate, folder, chronicle)
    member.started = dataclasses.replace(member.started, created=written.created)
    store.remove_leftovers(folder)
    store.write_history(folder, chronicle, member.layer_names)
    write_json(folder / "run.json", store.card(folder, member.started, "running"))
    return _run(group, plan, recipes, state, [member], seconds, budget, progress)[0]
