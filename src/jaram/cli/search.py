"""``jaram search``: many recipes tried, the best confirmed, and what mattered."""

from __future__ import annotations

import dataclasses
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
    MOST_SEEDS,
    Device,
    Encoding,
    Epochs,
    Json,
    Lang,
    Network,
    NoHeader,
    Quiet,
    byte_count,
    count_up_to,
    one_of,
    seed_number,
    time_span,
)
from jaram.cli.output import Speaker
from jaram.errors import UsageError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.searches.loop import SearchReport
    from jaram.searches.space import Space
    from jaram.searches.study import Study

INTERRUPTED = 130
MOST_TRIALS = 100_000


def _strategy_name(word: str) -> str:
    """A reader that loads the strategies only where one is named, not for a help page."""
    from jaram.searches.strategies import STRATEGIES

    known: str = one_of(*STRATEGIES)(word)
    return known


def search(
    data: DataArgument = None,
    target: Target = None,
    vary: Annotated[
        list[str] | None, typer.Option("--vary", metavar="PATH=VALUES", help="cli.search_vary")
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy", metavar="NAME", parser=_strategy_name, help="cli.search_strategy"
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials", metavar="N", parser=count_up_to(MOST_TRIALS), help="cli.search_trials"
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", metavar="N", parser=count_up_to(MOST_SEEDS), help="cli.search_seeds"
        ),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="TIME", parser=time_span, help="cli.search_budget"),
    ] = None,
    memory: Annotated[
        int | None,
        typer.Option("--memory", metavar="SIZE", parser=byte_count, help="cli.search_memory"),
    ] = None,
    cluster: Annotated[bool, typer.Option("--cluster", help="cli.search_cluster")] = False,
    address: Annotated[
        str | None, typer.Option("--address", metavar="ADDRESS", help="cli.search_address")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", parser=seed_number, help="cli.search_seed")
    ] = None,
    network: Network = None,
    epochs: Epochs = None,
    recipe: Annotated[
        str | None, typer.Option("--recipe", metavar="FILE.toml", help="cli.search_recipe")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="cli.search_out")] = None,
    storage: Annotated[
        str | None, typer.Option("--storage", metavar="URL", help="cli.search_storage")
    ] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="DIR", help="cli.search_resume")
    ] = None,
    task: Task = None,
    kind: Kind = None,
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
    """Search a space of recipes for the best one on a table."""
    from jaram.cli import folders
    from jaram.cli.reading import read_data, tell_data

    speaker = Speaker(quiet=quiet, as_json=as_json)
    also = {"--vary": vary, "--strategy": strategy, "--trials": trials, "--seeds": seeds}
    also |= {"--seed": seed, "--network": network, "--epochs": epochs, "--recipe": recipe}
    given = next((option for option, value in (also | {"--out": out}).items() if value), None)
    if resume is not None and given is not None:
        raise UsageError("cli.resume_with", option=given)
    if data is None:
        raise UsageError("cli.search_needs_data")
    paths = _paths(vary or [])  # a mistake in it is told before anything is read
    kinds = kinds_of(kind)
    given_out = None if out is None else folders.given_folder(out)
    how = said(size=size, fit=fit, color=color, skip_bad=skip_bad, task=task, kinds=kinds)
    how |= said(text=text_column, unit=unit, length=length)
    how |= said(vocabulary=vocabulary, min_count=min_count)
    how |= said(series=series, forecast=forecast, window=window, season=season)
    table = read_data(data, target_of(target), no_header=no_header, encoding=encoding, **how)
    tell_data(speaker, table, data)
    asked: dict[str, Any] = {
        "strategy": strategy or "random",
        "trials": trials or 64,
        "seeds": seeds or 1,
        "seed": seed or 0,
    }
    if resume is not None:
        space, asked = _begun(Path(resume))
    else:
        space = _space(table, paths, recipe, network, epochs)
    _tell_space(speaker, space)
    folder = (
        Path(resume)
        if resume is not None
        else given_out or folders.new_folder(table.name, folders.SEARCHES)
    )
    asked["storage"] = storage
    try:
        where = address or ("local" if cluster else None)
        limits = {"budget": budget, "memory": memory, "cluster": where}
        study = _search(space, table, folder, device, limits, speaker, asked)
    except KeyboardInterrupt:
        folders.remove_if_empty(folder)
        return _tell_interrupted(speaker, folder, shlex.join(_same_data()))
    except BaseException:
        folders.remove_if_empty(folder)
        raise
    from jaram.report.search_html import PAGE, write_search_report

    _tell_study(speaker, study, folder, write_search_report(study, folder / PAGE))
    if url := storage or _storage_in(folder):
        speaker.say(text("cli.search_dashboard", url=shlex.quote(url)))
    return 0


def _storage_in(folder: Path) -> str | None:
    """The storage of Optuna in a study's folder, if there is one."""
    from jaram.searches.optuna_storage import DATABASE, url_in

    return url_in(folder) if (folder / DATABASE).exists() else None


def _paths(vary: list[str]) -> dict[str, Any]:
    from jaram.searches.vary import read_pair

    return dict(read_pair(setting) for setting in vary)


def _begun(folder: Path) -> tuple[Space, dict[str, Any]]:
    """The space and settings of the search in ``folder``."""
    from jaram.searches.study import Study

    study = Study.open(folder)
    names = ("strategy", "trials", "seeds", "seed")
    return study.space, {name: getattr(study.settings, name) for name in names}


def _space(
    data: Data,
    paths: dict[str, Any],
    file: str | None,
    network: str | None,
    epochs: int | None,
) -> Space:
    """What the options ask for; the usual space where nothing varies."""
    from jaram.recipe import Recipe, text_of
    from jaram.searches.chosen import default_space, varied
    from jaram.searches.space import Space, read_recipe
    from jaram.spec import undecided_in

    recipe = Recipe() if file is None else read_recipe(text_of(file), file)
    said: dict[str, Any] = {"network": network, "epochs": epochs}
    recipe = dataclasses.replace(
        recipe, **{name: value for name, value in said.items() if value is not None}
    )
    if not paths and not any(undecided_in(recipe)):
        return default_space(data, recipe)
    return Space(varied(recipe, paths, data))


def _search(
    space: Space,
    data: Data,
    folder: Path,
    device: str | None,
    limits: dict[str, Any],
    speaker: Speaker,
    asked: dict[str, Any],
) -> Study:
    from jaram.searches.search import search as search_space
    from jaram.training import devices

    devices.use(device)
    is_watched = not speaker.is_silent and sys.stderr.isatty()
    try:
        return search_space(
            space,
            data,
            out=folder,
            **limits,
            progress=_draw if is_watched else None,
            **asked,
        )
    finally:
        if is_watched:
            sys.stderr.write("\n")


def _draw(report: SearchReport) -> None:
    """One line on standard error that rewrites itself."""
    from jaram.progress import duration

    line = text(
        "cli.search_progress",
        done=report.done,
        trials=report.trials,
        best=f"{report.best:.4g}",
        time=duration(report.seconds),
    )
    sys.stderr.write(f"\r{line}   ")
    sys.stderr.flush()


def _tell_space(speaker: Speaker, space: Space) -> None:
    speaker.say(text("cli.search_varied"))
    for path, distribution in space.dimensions.items():
        speaker.say(f"  {path} = {distribution}")
    speaker.say()


def _tell_study(speaker: Speaker, study: Study, folder: Path, page: Path) -> None:
    if not speaker.is_silent:
        speaker.say(study.report())
    run = None if study.best is None else folder / "best"
    if run is not None and study.best is not None:
        from jaram.cli.summary import new_examples

        new = new_examples(study.best.preparation)
        speaker.say()
        speaker.say(text("cli.search_written", folder=folder, run=run, page=page))
        speaker.say()
        writes = study.best.task.kind == "language"
        key = "cli.search_next_language" if writes else "cli.search_next"
        speaker.say(text(key, run=shlex.quote(str(run)), new=new))
    found, confirmed = study.interval, study.confirmed
    speaker.json(
        {
            "study": str(folder),
            "report": str(page),
            "run": None if run is None else str(run),
            "best": study.values,
            "metric": f"{study.settings.part}/{study.settings.metric}",
            "score": found.mean,
            "low": found.low,
            "high": found.high,
            "optimism": None if confirmed is None else confirmed.optimism,
            "importance": {
                row["path"]: row["importance"] for row in study.importance().iter_rows(named=True)
            }
            if speaker.as_json
            else {},
            "trials": len(study.trials),
        }
    )


def _same_data() -> list[str]:
    """The arguments of this command line that say what the data is and how to speak."""
    dropped = ("--vary", "--strategy", "--trials", "--seeds", "--seed", "--network", "--epochs")
    kept = []
    arguments = iter(sys.argv[1:])
    for argument in arguments:
        name, sign, _ = argument.partition("=")
        if name in (*dropped, "--recipe", "--out", "--resume"):
            if not sign:
                next(arguments, None)
            continue
        kept.append(argument)
    return kept


def _tell_interrupted(speaker: Speaker, folder: Path, arguments: str) -> int:
    """What is saved after Ctrl-C, and how to go on."""
    from jaram.searches.files import is_study

    if not is_study(folder):
        told = text("cli.interrupted_nothing_saved")
        speaker.json({"error": told})
    else:
        command = f"jaram {arguments} --resume {shlex.quote(str(folder))}"
        told = text("cli.search_interrupted", folder=folder, command=command)
        speaker.json({"error": told, "study": str(folder), "result": "interrupted"})
    sys.stderr.write(f"{told}\n")
    return INTERRUPTED
