"""``jaram evaluate``: how good a trained network is on other data."""

from __future__ import annotations

from typing import Annotated

import typer

from jaram.cli.options import Device, Encoding, Json, Lang, NoHeader, Quiet, RunFolder
from jaram.cli.output import Speaker, number
from jaram.messages import text


def evaluate(
    run: RunFolder,
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="cli.evaluate_data", show_default=False)
    ],
    no_header: NoHeader = False,
    encoding: Encoding = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> int:
    """Compare predictions with the target column of a table."""
    from jaram.cli.reading import read_data
    from jaram.cli.summary import metrics_table
    from jaram.runs.run import open_run
    from jaram.training import devices

    speaker = Speaker(quiet=quiet, as_json=as_json)
    devices.use(device)
    opened = open_run(run)
    task = opened.task
    target = task.target_names[0] if len(task.target_names) == 1 else list(task.target_names)
    rows = read_data(data, target, no_header=no_header, encoding=encoding, task=task.kind)
    metrics = opened.evaluate(rows)
    speaker.say(text("cli.evaluated", run=run, data=data, rows=number(rows.n)))
    metrics_table(speaker, metrics)
    speaker.json({"run": run, "data": data, "rows": rows.n, "metrics": metrics})
    return 0
