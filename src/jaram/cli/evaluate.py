"""``jaram evaluate``: how good a trained network, or a team of them, is on other data."""

from __future__ import annotations

from typing import Annotated

import typer

from jaram.cli.data_options import SkipBad
from jaram.cli.options import Device, Encoding, Json, Lang, NoHeader, Quiet, RunFolder
from jaram.cli.output import Speaker, number
from jaram.messages import text


def evaluate(
    run: RunFolder,
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="cli.evaluate_data", show_default=False)
    ],
    skip_bad: SkipBad = False,
    no_header: NoHeader = False,
    encoding: Encoding = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> int:
    """Compare predictions with the target column of a table."""
    from jaram.cli.reading import read_for
    from jaram.cli.summary import metrics_table
    from jaram.opening import open_folder
    from jaram.training import devices

    speaker = Speaker(quiet=quiet, as_json=as_json)
    devices.use(device)
    opened = open_folder(run)
    rows = read_for(
        opened.preparation, data, no_header=no_header, encoding=encoding, skip_bad=skip_bad
    )
    metrics = opened.evaluate(rows)
    speaker.say(text("cli.evaluated", run=run, data=data, rows=number(rows.n)))
    metrics_table(speaker, metrics)
    speaker.json({"run": run, "data": data, "rows": rows.n, "metrics": metrics})
    return 0
