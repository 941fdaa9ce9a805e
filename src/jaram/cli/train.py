"""``jaram train``: from a table to a trained, explained network."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jaram.cli.data_options import (
    Color,
    DataArgument,
    Fit,
    Forecast,
    Kind,
    Length,
    MinCount,
    Season,
    SeriesOf,
    Size,
    SkipBad,
    Target,
    Task,
    Text,
    Unit,
    Vocabulary,
    Window,
    kinds_of,
    said,
    target_of,
)
from jaram.cli.options import (
    BatchSize,
    Device,
    Encoding,
    Epochs,
    Json,
    Lang,
    Network,
    NoHeader,
    Quiet,
    RecipeFile,
    Seed,
    Setting,
    byte_count,
    layer_count,
    one_of,
    time_span,
    whole_number,
)
from jaram.cli.output import Speaker
from jaram.errors import UsageError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.recipe import Recipe
    from jaram.runs.run import Run

INTERRUPTED = 130
ENSEMBLE_KINDS = ("seeds", "bagging", "snapshot")
_LEFT_TO_THE_RUN = (
    *("--network", "--epochs", "--batch-size", "--seed", "--recipe", "--set"),
    *("--out", "--resume", "--from", "--layers", "--freeze"),
)
"""Options that a run has from its own recipe."""


def train(
    data: DataArgument = None,
    target: Target = None,
    network: Network = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    seed: Seed = None,
    recipe: RecipeFile = None,
    setting: Setting = None,
    out: Annotated[str | None, typer.Option("--out", metavar="RUN", help="cli.train_out")] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="cli.train_resume")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="RUN", help="cli.train_from")
    ] = None,
    layers: Annotated[
        int | None,
        typer.Option("--layers", metavar="N", parser=whole_number, help="cli.train_layers"),
    ] = None,
    freeze: Annotated[
        Any, typer.Option("--freeze", metavar="N|all", parser=layer_count, help="cli.train_freeze")
    ] = None,
    keep_head: Annotated[bool, typer.Option("--keep-head", help="cli.train_keep_head")] = False,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="TIME", parser=time_span, help="cli.train_budget"),
    ] = None,
    memory: Annotated[
        int | None,
        typer.Option("--memory", metavar="SIZE", parser=byte_count, help="cli.train_memory"),
    ] = None,
    task: Task = None,
    kind: Kind = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="COL", help="cli.train_group")
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="COL", help="cli.train_time")
    ] = None,
    care: Annotated[bool, typer.Option("--care", help="cli.train_care")] = False,
    ensemble: Annotated[
        int | None,
        typer.Option("--ensemble", metavar="N", parser=whole_number, help="cli.train_ensemble"),
    ] = None,
    ensemble_kind: Annotated[
        str | None,
        typer.Option(
            "--ensemble-kind",
            metavar="|".join(ENSEMBLE_KINDS),
            parser=one_of(*ENSEMBLE_KINDS),
            help="cli.train_ensemble_kind",
        ),
    ] = None,
    size: Size = None,
    fit: Fit = None,
    color: Color = None,
    skip_bad: SkipBad = False,
    text_column: Text = None,
    unit: Unit = None,
    length: Length = None,
    vocabulary: Vocabulary = None,
    min_count: MinCount = None,
    series: SeriesOf = None,
    forecast: Forecast = None,
    window: Window = None,
    season: Season = None,
    no_header: NoHeader = False,
    encoding: Encoding = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> int:
    """Train a network on a table, pictures, texts or series, and write the run."""
    from jaram.cli import folders
    from jaram.cli.reading import read_data, tell_data
    from jaram.cli.recipes import recipe_of
    from jaram.data.origin import reading_for
    from jaram.runs.fine_tuning import fine_tuning
    from jaram.runs.store import open_run

    speaker = Speaker(quiet=quiet, as_json=as_json)
    also = {"--network": network, "--epochs": epochs, "--batch-size": batch_size, "--seed": seed}
    also |= {"--recipe": recipe, "--set": setting, "--out": out, "--from": begin}
    also |= {"--memory": memory}
    given = next((option for option, value in also.items() if value), None)
    if resume is not None and given is not None:
        raise UsageError("cli.resume_with", option=given)
    if resume is not None and care:
        raise UsageError("cli.resume_with", option="--care")
    of_begin = {"--layers": layers, "--freeze": freeze, "--keep-head": keep_head or None}
    alone = next((option for option, value in of_begin.items() if value is not None), None)
    if begin is None and alone is not None:
        raise UsageError("cli.freeze_alone", option=alone)
    if ensemble is not None and (care or resume is not None):
        raise UsageError("cli.ensemble_with", option="--care" if care else "--resume")
    if ensemble_kind is not None and ensemble is None:
        raise UsageError("cli.ensemble_kind_alone")
    given_out = None if out is None else folders.given_folder(out)
    trained = None if begin is None else open_run(begin)
    source, columns, how = _source(data, target, resume)
    how |= {} if trained is None else reading_for(trained.preparation)
    encoding = encoding or how.pop("encoding", None)
    how |= said(size=size, fit=fit, color=color, skip_bad=skip_bad)
    how |= said(text=text_column, unit=unit, length=length)
    how |= said(vocabulary=vocabulary, min_count=min_count)
    how |= said(series=series, forecast=forecast, window=window, season=season)
    how |= said(task=task, kinds=kinds_of(kind), group=group, time=time)
    table = read_data(source, columns, no_header=no_header, encoding=encoding, **how)
    tell_data(speaker, table, source)
    if resume is None:
        table = table.within(memory)
    wanted = recipe_of(recipe, network, epochs, batch_size, seed, setting or [], table)
    if trained is not None:
        wanted = fine_tuning(
            trained, wanted, layers=layers, freeze=freeze or 0, keep_head=keep_head
        )
    folder = Path(resume) if resume is not None else given_out or folders.new_folder(table.name)
    try:
        if ensemble is not None:
            kind_of_team = ensemble_kind or "seeds"
            return _train_team(
                speaker, wanted, table, folder, device, budget, ensemble, kind_of_team
            )
        if care:
            run = _train_with_care(speaker, wanted, table, folder, device, budget)
        else:
            run = _train(wanted, table, folder, device, resume, budget, quiet or as_json)
    except KeyboardInterrupt:
        folders.remove_if_empty(folder)
        return _tell_interrupted(speaker, folder, care)
    except BaseException:
        folders.remove_if_empty(folder)
        raise
    _tell_prepared(speaker, run, table)
    _tell_run(speaker, run, folder)
    return 0


def _source(
    data: str | None, target: list[str] | None, resume: str | None
) -> tuple[str, str | list[str] | None, dict[str, Any]]:
    """What to read, its target and how it was read; a resumed run knows its own."""
    from jaram.cli.reading import source_of
    from jaram.runs.store import read_card

    wanted = target_of(target)
    if resume is None and data is None:
        raise UsageError("cli.needs_data")
    if resume is None or (data is not None and wanted is not None):
        return str(data), wanted, {}
    read_card(Path(resume))  # a folder that is no run is told before anything is read
    recorded, targets, how = source_of(Path(resume))
    return data or recorded, targets, how


def _train(
    recipe: Recipe,
    data: Data,
    folder: Path,
    device: str | None,
    resume: str | None,
    budget: float | None,
    is_silent: bool,
) -> Run:
    from jaram.progress import live
    from jaram.runs.train import train as train_recipe
    from jaram.training import devices

    devices.use(device)
    progress = live(is_silent)
    if resume is not None:
        return train_recipe(data=data, resume=resume, budget=budget, progress=progress)
    return train_recipe(recipe, data, out=folder, budget=budget, progress=progress)


def _train_team(
    speaker: Speaker,
    recipe: Recipe,
    data: Data,
    folder: Path,
    device: str | None,
    budget: float | None,
    size: int,
    kind: str,
) -> int:
    """Train several members of one recipe, and tell what they gain together."""
    from jaram.cli.ensemble import tell_team
    from jaram.cli.summary import tell_choices
    from jaram.ensemble.team import Ensemble
    from jaram.progress import live
    from jaram.training import devices

    devices.use(device)
    progress = live(speaker.is_silent)
    how: Any = kind  # one of ENSEMBLE_KINDS
    team = Ensemble.trained(
        recipe, data, size=size, kind=how, out=folder, budget=budget, progress=progress
    )
    _tell_prepared(speaker, team.members[0], data)
    tell_choices(speaker, team.members[0])
    tell_team(speaker, team, folder)
    return 0


def _train_with_care(
    speaker: Speaker,
    recipe: Recipe,
    data: Data,
    folder: Path,
    device: str | None,
    budget: float | None,
) -> Run:
    """Train under the doctor's eyes, and tell what was done on the way."""
    from jaram.doctor.care import train_with_care
    from jaram.progress import live
    from jaram.training import devices

    devices.use(device)
    progress = live(speaker.is_silent)
    cared = train_with_care(recipe, data, out=folder, budget=budget, progress=progress)
    for done in cared.log:
        for line in done.told():
            speaker.say(line)
    return cared.run


def _tell_prepared(speaker: Speaker, run: Run, table: Data) -> None:
    """What the preparation noticed, beyond what was told of the data before."""
    if run.prepared is None:
        return
    for notice in run.prepared.notices:
        if notice not in table.notices:
            speaker.say(notice.message())


def _tell_run(speaker: Speaker, run: Run, folder: Path) -> None:
    from jaram.cli.summary import (
        findings_json,
        new_examples,
        tell_choices,
        tell_findings,
        tell_metrics,
    )

    tell_choices(speaker, run)
    tell_metrics(speaker, run)
    tell_findings(speaker, run, str(folder))
    speaker.say()
    speaker.say(text("cli.train_written", folder=folder))
    speaker.say(text("cli.train_report", file=folder / "report.html"))
    speaker.say()
    told: dict[str, Any] = {"folder": shlex.quote(str(folder))}
    told["new"] = new_examples(run.preparation)
    writes = run.task.kind == "language"
    speaker.say(text("cli.train_next_language" if writes else "cli.train_next", **told))
    speaker.json(
        {
            "run": str(folder),
            "metrics": run.metrics,
            "findings": findings_json(run),
            "best_epoch": run.best_epoch,
            "result": run.result,
        }
    )


def _tell_interrupted(speaker: Speaker, folder: Path, care: bool) -> int:
    """What is saved after Ctrl-C: a whole run, or one to resume with the command that does it."""
    from jaram.cli.folders import resuming
    from jaram.runs.store import read_card

    is_run = (folder / "run.json").exists()
    card = read_card(folder) if is_run else {}
    if card.get("status") == "finished":
        key = "cli.interrupted_care" if care else "cli.interrupted_whole"
        told = text(
            key,
            folder=folder,
            epochs=card.get("trained_epochs"),
            command=_command_with(folder / "recipe.toml"),
        )
        speaker.json({"error": told, "run": str(folder), "result": "interrupted"})
    elif is_run:
        told = text("cli.interrupted_saved", folder=folder, command=resuming(folder))
        speaker.json({"error": told, "run": str(folder), "result": "interrupted"})
    elif (folder / "members").exists():
        told = text("cli.interrupted_team", folder=folder / "members")
        speaker.json({"error": told, "run": str(folder), "result": "interrupted"})
    else:
        told = text("cli.interrupted_nothing_saved")
        speaker.json({"error": told})
    sys.stderr.write(f"{told}\n")
    return INTERRUPTED


def _command_with(recipe: Path) -> str:
    """This command line with what a recipe knows itself taken from there."""
    kept = []
    arguments = iter(sys.argv[1:])
    for argument in arguments:
        name, sign, _ = argument.partition("=")
        if name == "--keep-head":
            continue
        if name in _LEFT_TO_THE_RUN:
            if not sign:
                next(arguments, None)
            continue
        kept.append(argument)
    return shlex.join(["jaram", *kept, "--recipe", str(recipe)])
