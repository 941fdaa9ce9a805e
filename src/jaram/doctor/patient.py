"""The patient: a run's evidence, gathered from the run, from its folder, or from curves alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jaram.data.task import Task
from jaram.doctor.evidence import Curves, Evidence, Vitals
from jaram.doctor.finding import Finding
from jaram.errors import DataError, RunError
from jaram.runs.chronicle import Chronicle
from jaram.spec import name_of

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.data.prepare import Part, Prepared
    from jaram.recipe import Recipe
    from jaram.runs.run import AnswersOf, Run
    from jaram.runs.store import Started


def of_run(
    run: Run, prepared: Prepared | None = None, answers_of: AnswersOf | None = None
) -> Evidence:
    """All that a finished run tells; with ``prepared`` also what its data does.

    Of a large training part the sample that metrics are measured on stands for the whole.
    answers_of: gives the run's answers for a part where they are known already.
    """
    from jaram.doctor.examination import Examination
    from jaram.runs.run import measured_parts
    from jaram.training.examples import evaluated_rows
    from jaram.training.outputs import Answers

    prepared = run.prepared if prepared is None else prepared
    evidence = of_chronicle(
        run.recipe,
        run.task,
        run.input_shape,
        run.chronicle,
        run.layer_names,
        summary=run.summary,
        prepared=prepared,
        notes=tuple(note for note in run.findings if note.name != "diverged"),
        ending=run.result,
        best_epoch=run.best_epoch,
    )
    evidence = dataclasses.replace(evidence, params=run.params)
    if prepared is not None or run.knows_through_time:
        known = dataclasses.replace(run, prepared=prepared)
        evidence = dataclasses.replace(evidence, through_time=known.measure_through_time)
    # Answers at every step are no answers of examples, which is what the rules ask about.
    if prepared is None or run.task.has_steps:
        return evidence
    parts = measured_parts(prepared)
    answers = {
        name: run.examine(part.x, part.y) if answers_of is None else answers_of(name)
        for name, part in parts.items()
        if name != "test"
    }
    judged, valid = prepared, prepared.valid
    if len(parts.get("train", prepared.train)) < len(prepared.train):
        judged = dataclasses.replace(judged, train=parts["train"])
    if valid is not None and len(rows := evaluated_rows(prepared, valid)) < len(valid):
        # The curves tell of these; simple models are measured on the same.
        judged = dataclasses.replace(judged, valid=valid.take(rows))
        answers["valid"] = Answers(*(told[rows] for told in answers["valid"]))
    evidence = dataclasses.replace(evidence, prepared=judged)
    return dataclasses.replace(
        evidence,
        answers=answers,
        examination=Examination(run.recipe, prepared),
    )


def of_chronicle(
    recipe: Recipe,
    task: Task,
    input_shape: tuple[int, ...],
    chronicle: Chronicle,
    layer_names: tuple[str, ...],
    *,
    summary: dict[str, Any] | None = None,
    prepared: Prepared | None = None,
    notes: tuple[Finding, ...] = (),
    ending: str | None = None,
    best_epoch: int | None = None,
) -> Evidence:
    """What a training's history tells, finished or not."""
    optimizer = recipe.optimizer
    # Who weighs classes wants every class known, not most examples right.
    is_weighted = recipe.class_weight is not None and task.kind in ("binary", "multiclass")
    metric = "balanced_accuracy" if is_weighted else score_name(task)
    examples = None if prepared is None else len(prepared.train)
    batch = examples if recipe.batch_size in ("full", None) else recipe.batch_size
    if isinstance(batch, int) and examples is not None:
        batch = min(batch, examples)
    return Evidence(
        curves=curves_of(chronicle, task, metric),
        vitals=Vitals(layer_names, chronicle.vitals) if chronicle.vitals.size else None,
        recipe=recipe,
        task=task,
        input_shape=input_shape,
        optimizer=None if optimizer is None else name_of(optimizer),
        learning_rate=None if optimizer is None else float(optimizer.learning_rate),
        batch_size=batch if isinstance(batch, int) else None,
        ending=ending,
        best_epoch=best_epoch,
        notes=notes,
        prepared=prepared,
        chance=1 / len(task.classes) if is_weighted else chance(task, prepared, summary),
        train_chance=None
        if prepared is None or is_weighted or task.kind == "regression"
        else _majority(prepared.train, task),
    )


def curves_of(chronicle: Chronicle, task: Task, metric: str | None = None) -> Curves:
    """The curves of a chronicle, with ``metric`` or the task's own as the score."""
    name = metric or score_name(task)
    columns = chronicle.columns
    return Curves(
        train_loss=columns.get("train/loss"),
        valid_loss=columns.get("valid/loss"),
        train_score=columns.get(f"train/{name}"),
        valid_score=columns.get(f"valid/{name}"),
        score_name=name,
        learning_rate=columns.get("learning_rate"),
        steps=chronicle.steps.astype(np.float64),
    )


def score_name(task: Task) -> str:
    """The metric that trainings of a task are compared by; higher is better."""
    return {"regression": "r2", "multilabel": "label_accuracy"}.get(task.kind, "accuracy")


def chance(task: Task, prepared: Prepared | None, summary: dict[str, Any] | None) -> float | None:
    """Score of the best constant prediction on the part that scores count on."""
    if task.kind == "regression":
        return 0.0
    if prepared is not None:
        valid = prepared.valid
        return _majority(valid if valid is not None and len(valid) else prepared.train, task)
    told = (summary or {}).get("target", {})
    if "steps" in told:
        return float(told["steps"].get("valid", told["steps"]["train"])["majority"])
    if "by_part" in told:
        counts = np.asarray(told["by_part"].get("valid") or told["by_part"]["train"], float)
        return float(counts.max() / counts.sum()) if counts.sum() else None
    if "labels" in told:
        return float(np.mean([max(share, 1 - share) for share in told["labels"].values()]))
    return None


def _majority(part: Part, task: Task) -> float:
    if task.kind == "multilabel":
        shares = part.y.mean(axis=0)
        return float(np.mean(np.maximum(shares, 1 - shares)))
    counts = np.bincount(part.y[part.y >= 0].astype(np.int64))
    return float(counts.max() / counts.sum())


def recorded_source(summary: dict[str, Any], task: Task) -> Data | None:
    """The data that a run was trained on, if what it names is still to be found and read."""
    from jaram.data.again import load_again, recorded_source

    where = recorded_source(summary)
    try:
        return None if where is None else load_again(where, summary, task)
    except DataError:  # the file has changed since
        return None


def prepared_for(
    run: Run | Started, data: Any = None, folder: Path | None = None
) -> Prepared | None:
    """The data of a run, prepared as it was; None if it is not to be found as it was.

    data: a :class:`~jaram.data.data.Data`, or what :func:`~jaram.data.load.load` takes; None looks
    where the run came from. folder: of the run, which knows the fingerprint of its data.

    Raises RunError if ``data`` is given and is not what the run was trained on.
    """
    from jaram.data.again import load_again
    from jaram.data.data import Data
    from jaram.data.prepare import prepare
    from jaram.runs.candidates import prepare_options

    if data is None:
        found = recorded_source(run.summary, run.task)
    else:
        is_data = isinstance(data, Data)
        found = data if is_data else load_again(data, run.summary, run.task)
        found = found.within(run.summary.get("memory"))
    try:
        prepared = None if found is None else prepare(found, prepare_options(run.recipe))
    except (DataError, RunError):  # the trained network that it began with is gone
        prepared = None
    if prepared is not None and is_as_trained(prepared, folder):
        return prepared
    if data is not None:
        raise RunError("doctor.other_data")
    return None


def is_as_trained(prepared: Prepared, folder: Path | None) -> bool:
    """Whether the run in ``folder`` was trained on ``prepared``, as far as it tells."""
    from jaram.runs.files import read_json
    from jaram.runs.fingerprint import fingerprint_of

    if folder is None:
        return True
    known = read_json(folder / "data.json").get("fingerprint")
    return not known or known == fingerprint_of(prepared)


def of_folder(folder: Path, data: Any = None) -> Evidence:
    """The evidence in a run's folder, also of one that is still training or was killed.

    data: as in :func:`prepared_for`, or prepared already.

    Raises RunError if it is no run, too damaged to be read or without an epoch yet, or ``data`` is
    not its own.
    """
    from jaram.data.prepare import Prepared
    from jaram.runs import store

    told = store.read_card(folder)
    if told.get("status") == "finished":
        run = store.open_run(folder)
        is_ready = isinstance(data, Prepared)
        return of_run(run, data if is_ready else prepared_for(run, data, folder))
    with store.damage_told(folder):
        started = store.read_started(folder, told)
        chronicle = store.read_chronicle(folder, len(started.recipe.network or ()))
    if not chronicle.epochs:
        raise RunError("doctor.no_epoch_yet", path=str(folder))
    prepared = data if isinstance(data, Prepared) else prepared_for(started, data, folder)
    return of_chronicle(
        started.recipe,
        started.task,
        started.input_shape,
        chronicle,
        tuple(row["layer"] for row in started.layers),
        summary=started.summary,
        prepared=prepared,
        notes=started.findings,
    )
