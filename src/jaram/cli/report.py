"""``jaram report``: draw a run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jaram.cli.options import Json, Lang, Quiet, RunFolder
from jaram.cli.output import Speaker
from jaram.messages import text


def report(
    run: RunFolder,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="cli.report_out")] = None,
    png: Annotated[str | None, typer.Option("--png", metavar="DIR", help="cli.report_png")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> int:
    """Write a run's report.html again, or its pictures."""
    from jaram.cli.summary import treatment_of
    from jaram.report.html import write_report
    from jaram.runs.store import read_card

    speaker = Speaker(quiet=quiet, as_json=as_json)
    folder = Path(run)
    read_card(folder)
    treatment_of(speaker, folder)  # notes that it is damaged; the report does without
    files = []
    if png is None or out is not None:
        page = Path(out) if out else folder / "report.html"
        write_report(folder, page)
        files.append(page)
    if png is not None:
        from jaram.report.png import write_pngs

        files += write_pngs(folder, Path(png))
    for file in files:
        speaker.say(text("cli.written", file=file))
    speaker.json({"run": run, "files": [str(file) for file in files]})
    return 0
