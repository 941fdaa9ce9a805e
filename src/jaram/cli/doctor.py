"""``jaram doctor``: what is wrong with a training, and which remedies help."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from jaram.cli.options import Device, Json, Lang, Quiet, seed_count, time_span
from jaram.cli.output import Speaker
from jaram.errors import DataError, UsageError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.data.prepare import Prepared
    from jaram.doctor.diagnosis import Diagnosis
    from jaram.doctor.evidence import Evidence
    from jaram.runs.run import Run

INTERRUPTED = 130
LEAST_BUDGET, TRAININGS = 300.0, 10
"""A trial may take so many seconds, or as long as so many trainings of the run, if nobody says."""

_OF_THE_COMMAND_LINE = {
    "interop.no_loss": "cli.no_loss",
    "interop.several_columns": "cli.several_columns",
}
"""Errors that would advise an argument of Python."""


def doctor(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="cli.doctor_run", show_default=False)
    ] = None,
    treat: Annotated[bool, typer.Option("--treat", help="cli.doctor_treat")] = False,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="TIME", parser=time_span, help="cli.doctor_budget"),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", metavar="N", parser=seed_count, help="cli.doctor_seeds"),
    ] = None,
    compare_random: Annotated[
        bool, typer.Option("--compare-random", help="cli.doctor_compare_random")
    ] = False,
    data: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="cli.doctor_data")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="cli.doctor_all")] = False,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="NAME", help="cli.doctor_explain")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="cli.doctor_out")] = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> int:
    """Name what is wrong with a training, and prove which remedies help."""
    from jaram.training import devices

    speaker = Speaker(quiet=quiet, as_json=as_json)
    if explain is not None:
        return _explain(speaker, explain)
    if run is None:
        raise UsageError("cli.doctor_needs_run")
    asked = {"--budget": budget, "--seeds": seeds, "--out": out}
    asked["--compare-random"] = compare_random or None
    for option, value in asked.items():
        if value is not None and not treat:
            raise UsageError("cli.doctor_needs_treat", option=option)
    devices.use(device)
    if treat:
        trial = _Trial(budget, seeds, compare_random)
        return _treat(speaker, run, data, trial, out, show_all)
    evidence = _evidence(run, data)
    from jaram.doctor.diagnosis import diagnose_evidence

    diagnosis = diagnose_evidence(evidence)
    _tell(speaker, run, diagnosis, evidence, show_all)
    speaker.json({"run": run, **_json(diagnosis, evidence)})
    return 0


def _explain(speaker: Speaker, name: str) -> int:
    """A page about one finding."""
    from jaram.doctor.explanation import page

    told = page(name)
    for line in told.splitlines():
        speaker.say(line)
    speaker.json({"name": name, "page": told})
    return 0


def _evidence(run: str, data: str | None) -> Evidence:
    """What is known of a run, finished or not, or of another tool's log."""
    from jaram.doctor.diagnosis import gather

    if data is not None and not _is_run(run):
        raise UsageError("cli.doctor_data_of_a_log", run=run)
    try:
        return gather(run, data)
    except DataError as error:
        if error.key in _OF_THE_COMMAND_LINE:
            raise UsageError(_OF_THE_COMMAND_LINE[error.key], **error.values) from None
        raise


def _is_run(run: str) -> bool:
    return (Path(run) / "run.json").is_file()


def _json(diagnosis: Diagnosis, evidence: Evidence) -> dict[str, Any]:
    known = evidence.has_failed is not None and evidence.shortfall is not None
    reference = evidence.reference
    return {
        **diagnosis.to_json(),
        "healthy": evidence.is_healthy if known else None,
        "result": evidence.ending,
        "epochs": evidence.curves.epochs,
        "metric": evidence.curves.score_name or None,
        "score": evidence.outcome,
        "chance": evidence.chance,
        "simple": None if reference is None else reference.best,
    }


def _tell(
    speaker: Speaker, run: str, diagnosis: Diagnosis, evidence: Evidence, show_all: bool
) -> None:
    """The findings as stories, what could not be judged, and what to do next."""
    if speaker.is_silent:
        return
    from jaram.cli.summary import tell_stories, treatment_of
    from jaram.doctor import story
    from jaram.doctor.told import before_told

    record = treatment_of(speaker, Path(run)) if _is_run(run) else None
    speaker.say(run)
    if _is_run(run):
        _tell_state(speaker, evidence)
    for line in story.health(diagnosis, evidence):
        speaker.say(line)
    tell_stories(speaker, diagnosis, show_all=show_all, record=record)
    if record is not None:
        speaker.say()
        speaker.say(before_told(record, Path(run)))
    unknown = story.unknown(diagnosis, evidence, all_named=show_all)
    if unknown:
        speaker.say()
        speaker.say(unknown)
    _tell_next(speaker, run, diagnosis, record)


def _tell_state(speaker: Speaker, evidence: Evidence) -> None:
    """That a run has not ended yet, and that it is judged without its data, where it is so."""
    if evidence.ending is None:
        speaker.say(text("cli.doctor_unfinished", epochs=evidence.curves.epochs))
    if evidence.prepared is None:
        speaker.say(text("cli.doctor_without_data"))


def _tell_next(
    speaker: Speaker, run: str, diagnosis: Diagnosis, record: dict[str, Any] | None
) -> None:
    from jaram.doctor.explanation import names
    from jaram.doctor.told import is_settled
    from jaram.doctor.treatment import is_treatable

    if not diagnosis:
        return
    speaker.say()
    is_open = record is None or not is_settled(record)
    if _is_run(run) and is_open and is_treatable(diagnosis):
        speaker.say(text("cli.doctor_next_treat", run=shlex.quote(run)))
    explained = next((name for name in diagnosis.names if name in names()), None)
    if explained is not None:
        speaker.say(text("cli.doctor_next_explain", name=explained))


class _Trial(NamedTuple):
    """How the remedies are to be tried; as :func:`jaram.treat` takes it."""

    budget: float | None
    seeds: int | None
    compare_random: bool


def _treat(
    speaker: Speaker,
    run: str,
    data: str | None,
    trial: _Trial,
    out: str | None,
    show_all: bool,
) -> int:
    """Try the remedies and write down what came of it."""
    from jaram.cli import folders
    from jaram.doctor.record import record_of, write_record
    from jaram.doctor.treatment import treat
    from jaram.progress import duration
    from jaram.runs.store import open_run

    if not Path(run).exists():
        raise UsageError("cli.doctor_no_such_run", run=run)
    if not _is_run(run):
        raise UsageError("cli.doctor_treat_needs_run", run=run)
    given = None if out is None else folders.given_folder(out)
    opened = open_run(run)
    rows, prepared = _data_of(opened, data)
    folder = given or folders.treated_folder(Path(run))
    _tell_head(speaker, run, opened, prepared)
    budget = trial.budget or max(LEAST_BUDGET, TRAININGS * opened.seconds)
    speaker.say(text("cli.doctor_time", time=duration(budget)))
    try:
        treatment = treat(
            opened,
            rows,
            seeds=trial.seeds,
            budget=budget,
            compare_random=trial.compare_random,
            out=folder,
            progress=lambda key, values: speaker.say(text(key, **values)),
        )
    except KeyboardInterrupt:
        return _tell_interrupted(speaker, run, folder)
    except BaseException:
        folders.remove_if_empty(folder)
        raise
    after = folder if treatment.helped else None
    record = record_of(treatment)
    files = write_record(record, Path(run), after)
    _tell_treatment(speaker, treatment.diagnosis, record, files, after, show_all)
    speaker.json(
        {
            "run": run,
            **treatment.diagnosis.to_json(),
            "treatment": record,
            "treated": None if after is None else str(after),
            "files": [str(file) for file in files],
        }
    )
    return 0


def _tell_head(speaker: Speaker, run: str, opened: Run, prepared: Prepared | None) -> None:
    """The run's name and its score."""
    from jaram.doctor import patient, story

    if speaker.is_silent:
        return
    evidence = patient.of_chronicle(
        opened.recipe,
        opened.task,
        opened.input_shape,
        opened.chronicle,
        opened.layer_names,
        summary=opened.summary,
        prepared=prepared,
        best_epoch=opened.best_epoch,
    )
    speaker.say(run)
    for line in story.standing(evidence):
        speaker.say(line)


def _data_of(run: Run, data: str | None) -> tuple[Data, Prepared | None]:
    """What the run was trained on, as it was before its preparation and after it."""
    from jaram.data.again import load_again
    from jaram.doctor import patient

    if data is not None:
        found = load_again(data, run.summary, run.task)
    else:
        recorded = patient.recorded_source(run.summary, run.task)
        if recorded is None:
            raise UsageError("doctor.needs_data")
        found = recorded
    return found, patient.prepared_for(run, found, run.folder)  # refuses other data


def _tell_treatment(
    speaker: Speaker,
    diagnosis: Diagnosis,
    record: dict[str, Any],
    files: list[Path],
    after: Path | None,
    show_all: bool,
) -> None:
    if speaker.is_silent:
        return
    from jaram.cli.summary import tell_stories
    from jaram.doctor.told import record_told

    tell_stories(speaker, diagnosis, show_all=show_all, record=record)
    speaker.say()
    for line in record_told(record, after_the_findings=True).splitlines():
        speaker.say(line)
    speaker.say()
    if after is not None:
        speaker.say(text("cli.train_written", folder=after))
    for file in files:
        speaker.say(text("cli.written", file=file))


def _tell_interrupted(speaker: Speaker, run: str, folder: Path) -> int:
    from jaram.cli import folders

    folders.remove_if_empty(folder)
    told = text("cli.doctor_interrupted", run=run)
    if folder.exists():
        told += " " + text("cli.doctor_interrupted_training", folder=folder)
    speaker.json({"error": told, "run": run})
    sys.stderr.write(f"{told}\n")
    return INTERRUPTED
