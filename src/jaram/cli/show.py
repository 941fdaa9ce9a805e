"""``jaram show``: a run, an ensemble, a recipe or data, described."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jaram.cli.options import Encoding, Json, Lang, NoHeader
from jaram.cli.output import Speaker, number
from jaram.cli.runs import runs
from jaram.messages import text
from jaram.runs.listing import list_runs

if TYPE_CHECKING:
    from jaram.data.data import Data


def show(
    what: Annotated[
        str, typer.Argument(metavar="RUN|RECIPE|DATA", help="cli.show_what", show_default=False)
    ],
    no_header: NoHeader = False,
    encoding: Encoding = None,
    as_json: Json = False,
    lang: Lang = None,
) -> int:
    """Describe a run's or an ensemble's folder, a folder of runs, a recipe's TOML file, or data."""
    speaker = Speaker(as_json=as_json)
    path = Path(what)
    if (path / "run.json").exists():
        _show_finished_or_not(speaker, what)
    elif (path / "ensemble.json").exists():
        _show_team(speaker, path)
    elif path.suffix == ".toml":
        _show_recipe(speaker, what)
    elif path.is_dir() and list_runs(path):
        return runs(what, as_json=as_json)
    else:
        _show_data(speaker, what, no_header, encoding)
    return 0


def _show_finished_or_not(speaker: Speaker, what: str) -> None:
    """A run, or what there is of one that is still training or was cut off."""
    from jaram.runs.store import read_card

    card = read_card(Path(what))
    if card.get("status") == "finished":
        _show_run(speaker, what)
    else:
        _show_begun(speaker, Path(what), card)


def _show_begun(speaker: Speaker, folder: Path, card: dict[str, Any]) -> None:
    """The last epoch and the recipe of a run that has not ended, and how to go on with it."""
    from jaram.cli.folders import resuming
    from jaram.recipe import Recipe
    from jaram.runs.files import read_json_lines
    from jaram.spec import describe

    history = read_json_lines(folder / "history.jsonl")
    recipe = Recipe.read(folder / "recipe.toml")
    last = history[-1] if history else {}
    speaker.say(str(folder))
    speaker.say(text("cli.doctor_unfinished", epochs=len(history)))
    measured = [(name, value) for name, value in last.items() if "/" in name]
    if measured:
        rows = [[name, number(it)] for name, it in measured]
        speaker.table([text("cli.last_epoch"), ""], rows, 1)
        speaker.say()
    speaker.say(recipe.to_toml().rstrip())
    speaker.say()
    speaker.say(text("cli.show_next_resume", command=resuming(folder)))
    told = {"run": str(folder), "result": card.get("status"), "epochs": len(history)}
    speaker.json({**told, "metrics": dict(measured), "recipe": describe(recipe)})


def _show_run(speaker: Speaker, what: str) -> None:
    from jaram.cli.summary import (
        findings_json,
        network_table,
        tell_choices,
        tell_findings,
        tell_metrics,
    )
    from jaram.runs.store import open_run
    from jaram.spec import describe

    run = open_run(what)
    speaker.say(what)
    tell_metrics(speaker, run)
    speaker.say()
    network_table(speaker, run.recipe.network or (), run.input_shape)
    speaker.say()
    tell_choices(speaker, run)
    speaker.say(run.recipe.to_toml().rstrip())
    tell_findings(speaker, run, what)
    speaker.json(
        {
            "run": what,
            "result": run.result,
            "best_epoch": run.best_epoch,
            "metrics": run.metrics,
            "recipe": describe(run.recipe),
            "findings": findings_json(run),
        }
    )


def _show_team(speaker: Speaker, place: Path) -> None:
    from jaram.cli.ensemble import team_json, tell_gain
    from jaram.ensemble.store import open_team

    team = open_team(place)
    speaker.say(str(place))
    tell_gain(speaker, team)
    speaker.json(team_json(team, str(place)))


def _show_recipe(speaker: Speaker, what: str) -> None:
    from jaram.recipe import Recipe
    from jaram.spec import describe

    recipe = Recipe.read(what)
    speaker.say(recipe.to_toml().rstrip())
    speaker.json({"recipe": describe(recipe)})


def _show_examples(speaker: Speaker, data: Data, what: str) -> None:
    """Pictures, texts or series with their answers."""
    from jaram.cli.reading import tell_data

    tell_data(speaker, data, what)
    speaker.say(text("cli.show_next_whole", data=what))
    speaker.json(
        {
            "rows": data.n,
            "shape": None if data.x is None else list(data.x.shape[1:]),
            "source": data.source.to_json(),
            "task": data.task.to_json(),
        }
    )


def _show_data(speaker: Speaker, what: str, no_header: bool, encoding: str | None) -> None:
    from jaram.cli.reading import read_any, tell_columns, tell_size
    from jaram.data.columns import describe_columns
    from jaram.data.data import Data
    from jaram.data.kinds import Column

    read = read_any(what, no_header=no_header, encoding=encoding)
    if isinstance(read, Data) and (read.table is not None or read.x is None or read.x.ndim > 2):
        _show_examples(speaker, read, what)
        return
    if isinstance(read, Data):
        rows, columns = read.n, tuple(Column(name, "number") for name in read.feature_names)
    else:
        rows, columns = read.rows, describe_columns(read, {}, {})
    tell_size(speaker, what, read.source, rows, len(columns))
    tell_columns(speaker, columns)
    speaker.say()
    speaker.say(text("cli.show_next", data=what))
    speaker.json(
        {
            "rows": rows,
            "source": read.source.to_json(),
            "columns": [
                {"name": column.name, "kind": column.kind, "missing": column.missing}
                for column in columns
            ],
        }
    )
