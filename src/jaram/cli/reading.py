"""Reading data for a command, and telling what was read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaram.cli.output import Speaker, number, shorten
from jaram.errors import DataError, RunError, UsageError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.data.kinds import Column
    from jaram.data.preparation import Preparation
    from jaram.data.table import Source, Table

_SHOWN_COLUMNS = 30
_NAMED_MARKS = {"\t": "Tab", " ": "' '", ",": "','", ";": "';'", "|": "'|'"}


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

    try:
        return load(source, target, **(said | _reading(no_header, encoding)))  # type: ignore[arg-type]
    except DataError as error:
        if error.key == "data.no_target":  # in the words of the command line
            raise UsageError("cli.needs_target", **error.values) from None
        raise


def read_features(
    preparation: Preparation,
    source: str,
    *,
    no_header: bool,
    encoding: str | None,
    skip_bad: bool = False,
) -> Any:
    """The inputs in a file, a folder or a built-in set that predictions are made from."""
    from jaram.data.new_examples import inputs_for

    reading = _reading(no_header, encoding)
    return inputs_for(preparation, source, skip_bad=skip_bad, **reading)


def read_any(source: str, *, no_header: bool, encoding: str | None) -> Table | Data:
    """What a file, a folder or a built-in set holds, whatever is to be learned from it."""
    from jaram.data.builtin import is_made_of_arrays
    from jaram.data.from_table import load_frame
    from jaram.data.idx import is_idx
    from jaram.data.load import load
    from jaram.data.ts_file import is_ts

    path = Path(source)
    if is_made_of_arrays(source) or path.is_dir() or is_idx(path) or is_ts(path):
        return load(source)
    return load_frame(source, **_reading(no_header, encoding))


def read_for(
    preparation: Preparation,
    source: str,
    *,
    no_header: bool,
    encoding: str | None,
    skip_bad: bool = False,
) -> Data:
    """Data with the target that ``preparation`` knows, for measuring a run."""
    from jaram.data.new_examples import examples_for

    reading = _reading(no_header, encoding)
    return examples_for(preparation, source, skip_bad=skip_bad, **reading)


def _reading(no_header: bool, encoding: str | None) -> dict[str, Any]:
    given: dict[str, Any] = {"header": False} if no_header else {}
    return given if encoding is None else given | {"encoding": encoding}


def source_of(run: Path) -> tuple[str, str | list[str] | None, dict[str, Any]]:
    """Where a run's data came from, the columns of its target and what else was said when it was
    read, from its ``data.json``."""
    from jaram.data.again import said_of_table
    from jaram.data.builtin import NAMES, SHIPPED
    from jaram.runs.files import read_json

    content = read_json(run / "data.json")
    try:
        summary, task = content["summary"], str(content["task"]["kind"])
        where = summary["source"].get("path")
        name = summary.get("name")
        how = summary.get("how")
        targets = list(content["task"]["target_names"])
    except (KeyError, TypeError, AttributeError):
        raise RunError("cli.no_source", folder=str(run)) from None
    if where is None and name in NAMES and how is None:
        return name, targets if name in SHIPPED else None, {}
    where = name if where is None and name in NAMES else where
    if where is None:
        raise UsageError("cli.needs_data_to_resume", folder=str(run))
    if how is not None:
        return where, how.pop("target", None), how
    return where, targets, said_of_table(where, summary, task)


def tell_size(speaker: Speaker, name: str, source: Source, rows: int, columns: int) -> None:
    """What was read: size, encoding and what else was found out about the file."""
    speaker.say(text("cli.read_size", name=name, rows=number(rows), columns=number(columns)))
    facts = source.to_json()
    shown = [
        text(f"cli.read_{fact}", value=_NAMED_MARKS.get(facts[fact], facts[fact]))
        for fact in ("encoding", "delimiter", "decimal", "sheet")
        if facts.get(fact) and (fact, facts[fact]) != ("decimal", ".")
    ]
    if facts.get("has_header") is False:
        shown.append(text("cli.read_no_header"))
    if shown:
        speaker.say("  " + ", ".join(shown))


def tell_data(speaker: Speaker, data: Data, name: str) -> None:
    """What was read: its size, its columns by kind, its task, and what to know about it."""
    if speaker.is_silent:
        return
    tell_kind(speaker, data, name)
    by_use: dict[str, list[str]] = {}
    for column in data.columns:
        is_special = column.role not in ("feature", "left out")
        is_text = column.kind == "text" and column.role == "feature"
        use = f"cli.role_{column.role}" if is_special else f"cli.kind_{column.kind}"
        use = "cli.learned_text" if is_text else use
        by_use.setdefault(use, []).append(column.name)
    for use, names in by_use.items():
        speaker.say(f"  {text(use)}: {shorten(', '.join(names), 90)}")
    tell_task(speaker, data)
    for notice in data.notices:
        speaker.say(f"  {notice.message()}")
    speaker.say()


def tell_kind(speaker: Speaker, data: Data, name: str) -> None:
    """How many examples of what kind were read, and of which size."""
    if data.task.kind == "language" and data.x is not None:
        count, length = (number(size) for size in data.x.shape)
        speaker.say(text("cli.read_windows", name=name, count=count, length=length))
        return
    if data.x is None or data.x.ndim == 2:
        tell_size(speaker, name, data.source, data.n, len(data.columns or data.feature_names))
        return
    key = "cli.read_pictures" if data.x.ndim == 4 else "cli.read_series"
    shape = " × ".join(map(str, data.x.shape[1:]))
    speaker.say(text(key, name=name, count=number(data.n), shape=shape))


def tell_task(speaker: Speaker, data: Data) -> None:
    """What kind of answer is wanted."""
    kind, classes = text(f"cli.task_{data.task.kind}"), data.task.classes
    if classes and data.task.kind != "language":
        speaker.say(text("cli.task_classes", kind=kind, classes=shorten(", ".join(classes), 80)))
    else:
        speaker.say(text("cli.task_is", kind=kind))


def tell_columns(speaker: Speaker, columns: Sequence[Column]) -> None:
    """A table of the columns: kind and missing values."""
    rows = [
        [
            shorten(column.name, 40),
            text("cli.text_column" if column.kind == "text" else f"cli.kind_{column.kind}"),
            number(column.missing) if column.missing else "",
        ]
        for column in columns[:_SHOWN_COLUMNS]
    ]
    header = [text(f"cli.column_{name}") for name in ("column", "kind", "missing")]
    speaker.table(header, rows, numbers=1)
    if len(columns) > len(rows):
        speaker.say(text("cli.more_columns", count=len(columns) - len(rows)))
