"""``jaram runs``: the runs of a folder, compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jaram.cli.folders import RUNS
from jaram.cli.options import Json, Lang, whole_number
from jaram.cli.output import Speaker, number, shorten
from jaram.messages import text
from jaram.runs.listing import Listed, list_runs, sort_by_metric

_COLUMNS = 4  # metrics shown
_OUTCOMES = ("completed", "stopped", "diverged", "interrupted", "budget", "running")


def runs(
    directory: Annotated[
        str, typer.Argument(metavar="[DIR]", help="cli.runs_directory", show_default=False)
    ] = str(RUNS),
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="METRIC", help="cli.runs_sort")
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", metavar="N", parser=whole_number, help="cli.runs_limit", show_default=False
        ),
    ] = 50,
    as_json: Json = False,
    lang: Lang = None,
) -> int:
    """List the runs in a folder as a table."""
    speaker = Speaker(as_json=as_json)
    found = list_runs(Path(directory))
    ordered = sort_by_metric(found, sort) if sort else found[::-1]
    shown = ordered[:limit]
    speaker.json({"runs": [_entry(run) for run in shown], "count": len(found)})
    if not found:
        speaker.say(text("cli.runs_none", folder=directory))
        return 0
    metrics = _metrics_to_show(shown, sort)
    header = [
        text("cli.column_run"),
        text("cli.column_result"),
        text("cli.column_findings"),
        text("cli.column_epoch"),
        text("cli.column_seconds"),
        *metrics,
    ]
    base = Path(directory)
    rows = [_row(run, base, metrics) for run in shown]
    speaker.table(header, rows, numbers=2 + len(metrics))
    if len(found) > len(shown):
        speaker.say(text("cli.runs_more", shown=len(shown), count=len(found)))
    return 0


def _row(run: Listed, base: Path, metrics: list[str]) -> list[str]:
    name = shorten(str(run.folder.relative_to(base)), 40)
    if run.status == "unreadable":
        return [name, text("cli.unreadable"), shorten(run.problem, 40), *["-"] * (2 + len(metrics))]
    outcome = run.result or run.status
    return [
        name,
        text(f"cli.outcome_{outcome}") if outcome in _OUTCOMES else outcome,
        shorten(", ".join(run.findings), 40),
        str(run.best_epoch or "-"),
        "-" if run.seconds != run.seconds else f"{run.seconds:.1f}",
        *(number(run.metrics.get(metric)) for metric in metrics),
    ]


def _metrics_to_show(shown: list[Listed], sort: str | None) -> list[str]:
    """The metric sorted by, then those of the validation part, then others, most common first."""
    count: dict[str, int] = {}
    for run in shown:
        for name in run.metrics:
            count[name] = count.get(name, 0) + 1
    part_order = {"test": 1, "valid": 0, "train": 2}
    names = sorted(
        count, key=lambda name: (part_order.get(name.partition("/")[0], 3), -count[name])
    )
    if sort:
        names = [sort, *(name for name in names if name != sort)]
    return names[:_COLUMNS]


def _entry(run: Listed) -> dict[str, object]:
    return {
        "run": str(run.folder),
        "status": run.status,
        "result": run.result,
        "created": run.created,
        "best_epoch": run.best_epoch,
        "seconds": run.seconds,
        "metrics": run.metrics,
        "findings": list(run.findings),
        **({"problem": run.problem} if run.problem else {}),
    }
