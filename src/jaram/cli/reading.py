"""Reading data for a command, and telling what was read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaram.cli.output import Speaker, number, shorten
from jaram.errors import RunError, UsageError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.data.data import Data

_SHOWN_COLUMNS = 30


def read_data(
    source: str,
    target: str | list[str] | None,
    *,
    no_header: bool = False,
    encoding: str | None = None,
    **said: Any,
) -> Data:
    """The data in a file or of a built-in name; ``said`` is what a person said of it."""
    from jaram.data.load import load

    given = {name: value for name, value in said.items() if value is not None}
    if no_header:
        given["header"] = False
    if encoding is not None:
        given["encoding"] = encoding
    return load(source, target, **given)


def source_of(run: Path) -> tuple[str, str | list[str] | None]:
    """Where a run's data came from and the columns of its target, from its ``data.json``."""
    try:
        content = json.loads((run / "data.json").read_bytes())
        source = content["summary"]["source"]
        where = source.get("path") or source.get("name")
        targets = list(content["task"]["target_names"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise RunError("cli.no_source", folder=str(run)) from None
    if not where:
        raise UsageError("cli.needs_data_to_resume", folder=str(run))
    return where, targets[0] if len(targets) == 1 else targets


def tell_data(speaker: Speaker, data: Data, source: str) -> None:
    """What was read: size, encoding, and each column's kind."""
    if speaker.is_silent:
        return
    columns = tuple(data.columns)
    speaker.say(text("cli.read_size", name=source, rows=number(data.n), columns=len(columns)))
    facts = data.source.to_json() if data.source is not None else {}
    shown = [
        text(f"cli.read_{fact}", value="Tab" if facts[fact] == "\t" else facts[fact])
        for fact in ("encoding", "delimiter", "decimal", "sheet")
        if facts.get(fact)
    ]
    if facts.get("has_header") is False:
        shown.append(text("cli.read_no_header"))
    if shown:
        speaker.say("  " + ", ".join(shown))


def tell_task(speaker: Speaker, data: Data) -> None:
    """What kind of answer is wanted."""
    kind, classes = text(f"cli.task_{data.task.kind}"), data.task.classes
    if classes:
        speaker.say(text("cli.task_classes", kind=kind, classes=shorten(", ".join(classes), 80)))
    else:
        speaker.say(text("cli.task_is", kind=kind))


def tell_columns(speaker: Speaker, data: Data) -> None:
    """A table of the columns: kind, role, missing values."""
    columns = tuple(data.columns)
    rows = [
        [
            shorten(column.name, 40),
            text(f"cli.kind_{column.kind}"),
            text(f"cli.role_{column.role.replace(' ', '_')}"),
            number(column.missing) if column.missing else "",
        ]
        for column in columns[:_SHOWN_COLUMNS]
    ]
    header = [text(f"cli.column_{name}") for name in ("column", "kind", "role", "missing")]
    speaker.table(header, rows, numbers=1)
    if len(columns) > len(rows):
        speaker.say(text("cli.more_columns", count=len(columns) - len(rows)))


def tell_kinds(speaker: Speaker, data: Data) -> None:
    """The columns by kind, one line a kind."""
    by_kind: dict[str, list[str]] = {}
    for column in data.columns:
        heading = (
            text(f"cli.role_{column.role}")
            if column.role not in ("feature", "left out")
            else text(f"cli.kind_{column.kind}")
        )
        by_kind.setdefault(heading, []).append(column.name)
    for heading, names in by_kind.items():
        speaker.say(f"  {heading}: {shorten(', '.join(names), 90)}")
