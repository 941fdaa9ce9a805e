"""``jaram predict``: what a trained network, or a team of them, says about new rows."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jaram.cli.data_options import SkipBad
from jaram.cli.options import Device, Encoding, Json, Lang, NoHeader, Quiet, RunFolder
from jaram.cli.output import Speaker
from jaram.errors import UsageError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.ensemble.team import Ensemble
    from jaram.insight.intervals import Interval
    from jaram.runs.run import Run

_ROWS_AT_ONCE = 10_000


def predict(
    run: RunFolder,
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="cli.predict_data", show_default=False)
    ],
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="cli.predict_out")
    ] = None,
    skip_bad: SkipBad = False,
    no_header: NoHeader = False,
    encoding: Encoding = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> int:
    """Predict the target of each row of a table, as CSV."""
    from jaram.cli.reading import read_features
    from jaram.data.examples import Examples
    from jaram.opening import open_folder
    from jaram.training import devices

    speaker = Speaker(quiet=quiet, as_json=as_json)
    if out is not None and (not out.strip() or Path(out).is_dir()):
        raise UsageError("cli.out_is_folder", path=out)
    if out is not None and Path(out).exists() and os.path.realpath(out) == os.path.realpath(data):
        raise UsageError("cli.out_is_data", file=out)
    devices.use(device)
    opened = open_folder(run)
    if opened.task.has_steps:
        raise UsageError("cli.predict_steps", folder=run)
    rows = read_features(
        opened.preparation, data, no_header=no_header, encoding=encoding, skip_bad=skip_bad
    )
    header, columns = _columns(opened, rows)
    interval = getattr(opened, "interval", None)  # a team has none
    if interval is not None:
        header, columns = _with_interval(header, columns, interval)
        speaker.note(_interval_told(interval))
    names = rows.names if isinstance(rows, Examples) else ()
    if names:
        header, columns = ["file", *header], [list(names), *columns]
    if as_json:
        table = dict(zip(header, columns, strict=True))
        known = {} if interval is None else {"interval": dataclasses.asdict(interval)}
        speaker.json({"run": run, "rows": len(columns[0]), **table, **known})
        return 0
    if out is None:
        for block in _csv(header, columns):
            sys.stdout.write(block)
        return 0
    _write_whole(Path(out), _csv(header, columns))
    speaker.say(text("cli.predicted", rows=len(columns[0]), file=out))
    return 0


def _columns(run: Run | Ensemble, rows: Any) -> tuple[list[str], list[list[Any]]]:
    """Header and columns: the prediction, then the probability of each class."""
    task = run.task
    if task.kind == "regression":
        values = run.predict(rows)
        values = values.reshape(len(values), -1)
        names = task.target_names if len(task.target_names) == values.shape[1] else ()
        header = list(names) or [f"prediction_{index}" for index in range(values.shape[1])]
        return header, [column.tolist() for column in values.T]
    probabilities = run.predict_proba(rows)
    predicted = run.predict(rows)
    header = [f"probability_{name}" for name in task.classes]
    shares = [column.tolist() for column in probabilities.reshape(len(probabilities), -1).T]
    if task.kind == "multilabel":
        answers = [column.tolist() for column in predicted.reshape(len(predicted), -1).T]
        return [*task.classes, *header], [*answers, *shares]
    name = task.target_names[0] if task.target_names else "prediction"
    return [name, *header], [predicted.tolist(), *shares]


def _with_interval(
    header: list[str], columns: list[list[Any]], interval: Interval
) -> tuple[list[str], list[list[Any]]]:
    """The columns of a forecast, then the ends of each step's interval."""
    header, columns = [*header], [*columns]
    ends = zip(header[:], columns[:], interval.half_widths, strict=True)
    for name, values, width in ends:
        header += [f"low_{name}", f"high_{name}"]
        columns += [[value - width for value in values], [value + width for value in values]]
    return header, columns


def _interval_told(interval: Interval) -> str:
    """What the interval promises, and how often it kept that."""
    told: dict[str, Any] = {"share": f"{interval.share:.0%}", "windows": interval.windows}
    if interval.covered is None:
        return text("cli.interval_unchecked", **told)
    return text(f"cli.interval_on_{interval.checked_on}", covered=f"{interval.covered:.0%}", **told)


def _csv(header: list[str], columns: list[list[Any]]) -> Iterator[str]:
    yield _block([header])
    for start in range(0, len(columns[0]), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        yield _block(zip(*(map(_cell, column[part]) for column in columns), strict=True))


def _block(rows: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


def _write_whole(file: Path, blocks: Iterator[str]) -> None:
    """All or nothing: a reader never sees half a file, nor does a full disk leave one."""
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(blocks)
        part.replace(file)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UsageError("cli.not_written", file=str(file), problem=problem) from None
    finally:
        part.unlink(missing_ok=True)
