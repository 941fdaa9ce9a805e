"""``jaram ensemble``: runs that vote."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jaram.cli.options import Device, Json, Lang, Quiet, one_of, whole_number
from jaram.cli.output import Speaker, number
from jaram.errors import UsageError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.ensemble.team import Ensemble
    from jaram.runs.run import Run

VOTES = ("soft", "hard", "weighted")


def ensemble(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="cli.ensemble_runs", show_default=False)
    ],
    vote: Annotated[
        str | None,
        typer.Option(
            "--vote", metavar="|".join(VOTES), parser=one_of(*VOTES), help="cli.ensemble_vote"
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option("--size", metavar="K", parser=whole_number, help="cli.ensemble_size"),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FOLDER", help="cli.ensemble_out")
    ] = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> int:
    """Make one predictor of several runs and write it."""
    from jaram.cli import folders
    from jaram.ensemble.team import Ensemble
    from jaram.training import devices

    speaker = Speaker(quiet=quiet, as_json=as_json)
    if vote is not None and size is not None:
        raise UsageError("cli.ensemble_size_with_vote")
    given = None if out is None else folders.given_folder(out)
    devices.use(device)
    members = [member for run in runs for member in _members(run)]
    voting: Any = vote or "soft"  # one of VOTES
    team = Ensemble(members, voting) if size is None else Ensemble.chosen(members, size)
    folder = given or folders.new_folder("ensemble")
    try:
        team = team.save(folder)
    except BaseException:
        folders.remove_if_empty(folder)
        raise
    if size is not None:
        speaker.say(text("cli.ensemble_chosen", members=len(team.members), runs=len(members)))
    tell_team(speaker, team, folder)
    return 0


def _members(place: str) -> list[Run]:
    """The run in a folder, or the members of the team in it."""
    from jaram.opening import open_folder
    from jaram.runs.run import Run

    opened = open_folder(place)
    return [opened] if isinstance(opened, Run) else list(opened.members)


def tell_team(speaker: Speaker, team: Ensemble, folder: Path) -> None:
    """What the team gained, where it is, and what can be done with it; as JSON, too."""
    from jaram.cli.summary import new_examples

    tell_gain(speaker, team)
    speaker.say()
    speaker.say(text("cli.ensemble_written", folder=folder))
    speaker.say()
    new = new_examples(team.preparation)
    speaker.say(text("cli.ensemble_next", folder=shlex.quote(str(folder)), new=new))
    speaker.json(team_json(team, str(folder)))


def tell_gain(speaker: Speaker, team: Ensemble) -> None:
    """The members with their weights, and the team against them."""
    from jaram.objective.metrics import full_name

    if speaker.is_silent:
        return
    metric = "rmse" if team.task.kind == "regression" else "log_loss"
    rows = [
        [
            str(member.folder),
            str(member.recipe.seed),
            number(weight),
            number(member.metrics.get(f"valid/{metric}")),
        ]
        for member, weight in zip(team.members, team.weights or (), strict=True)
    ]
    header = [
        text("cli.column_run"),
        text("cli.column_seed"),
        text("cli.column_weight"),
        f"{full_name(metric)} ({text('cli.part_valid')})",
    ]
    speaker.table(header, rows, numbers=3)
    speaker.say()
    if team.gain is not None:
        speaker.say(team.report())
        return
    for line in (text("ensemble.nothing_measured"), *team.told_diverged()):
        speaker.say(line)


def team_json(team: Ensemble, folder: str) -> dict[str, Any]:
    """The team as ``--json`` tells it."""
    return {
        "run": folder,
        "vote": team.vote,
        "members": [
            {"run": str(member.folder), "seed": member.recipe.seed, "weight": weight}
            for member, weight in zip(team.members, team.weights or (), strict=True)
        ],
        "diverged": team.diverged,
        "metrics": team.metrics,
        "gain": None if team.gain is None else team.gain.to_json(),
    }
