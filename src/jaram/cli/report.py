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
    from jaram.searches.files import is_study

    speaker = Speaker(quiet=quiet, as_json=as_json)
    folder = Path(run)
    draw = _draw_study if is_study(folder) else _draw_run
    files = draw(speaker, folder, out, png)
    for file in files:
        speaker.say(text("cli.written", file=file))
    speaker.json({"run": run, "files": [str(file) for file in files]})
    return 0


def _draw_run(speaker: Speaker, folder: Path, out: str | None, png: str | None) -> list[Path]:
    from jaram.cli.summary import treatment_of
    from jaram.report.html import write_report
    from jaram.report.png import write_pngs
    from jaram.runs.store import read_card

    read_card(folder)
    treatment_of(speaker, folder)  # notes that it is damaged; the report does without
    files = []
    if png is None or out is not None:
        files.append(write_report(folder, Path(out) if out else None))
    if png is not None:
        files += write_pngs(folder, Path(png))
    return files


def _draw_study(_: Speaker, folder: Path, out: str | None, png: str | None) -> list[Path]:
    from jaram.report.png import write_search_pngs
    from jaram.report.search_html import PAGE, write_search_report
    from jaram.searches.study import Study

    study = Study.open(folder)
    files = []
    if png is None or out is not None:
        files.append(write_search_report(study, Path(out) if out else folder / PAGE))
    if png is not None:
        files += write_search_pngs(study, Path(png))
    return files
