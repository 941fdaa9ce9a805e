"""Loading once more the data that a run was trained on, as its summary tells that it was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jaram.data.builtin import NAMES, SHIPPED
from jaram.data.data import Data
from jaram.data.kinds import COLUMN_KINDS
from jaram.data.load import load
from jaram.data.task import Task

_SPECIAL = ("group", "time", "weight")
_READING = {
    "has_header": "header",
    "encoding": "encoding",
    "delimiter": "delimiter",
    "decimal": "decimal",
    "sheet": "sheet",
}


def load_again(source: Any, summary: dict[str, Any], task: Task) -> Data:
    """The data in ``source``, its columns taken for what ``summary`` says that they were.

    source: anything that :func:`~jaram.data.load.load` takes; of the very file that was read, the
    encoding and so on are known. Its memory is the run's. Raises DataError as ``load`` does.
    """
    return _loaded_again(source, summary, task).within(summary.get("memory"))


def _loaded_again(source: Any, summary: dict[str, Any], task: Task) -> Data:
    if isinstance(source, str) and source in NAMES and source not in SHIPPED:
        return load(source)
    if "how" in summary:  # pictures, text and series: as it was said
        return load(source, **summary["how"])
    return load(source, list(task.target_names), **said_of_table(source, summary, task.kind))


def said_of_table(source: Any, summary: dict[str, Any], task: str) -> dict[str, Any]:
    """What :func:`~jaram.data.load.load` has to be told of a table, so that it takes its columns
    for what ``summary`` says that they were."""
    told = [column for column in summary.get("columns", []) if isinstance(column, dict)]
    kinds = {
        column["name"]: column["kind"]
        for column in told
        if column.get("role") in ("feature", "left out") and column.get("kind") in COLUMN_KINDS
    }
    roles = {column["role"]: column["name"] for column in told if column.get("role") in _SPECIAL}
    return {"task": task, "kinds": kinds, **roles, **_reading(source, summary.get("source", {}))}


def recorded_source(summary: dict[str, Any]) -> str | None:
    """The file or built-in set that a summary names, if it is still to be found."""
    where, name = summary.get("source", {}).get("path"), summary.get("name")
    if where is not None:
        return str(where) if Path(where).exists() else None
    return str(name) if name in NAMES else None


def _reading(source: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """What is known of how a file is written; of another file only whether it has a header."""
    if not isinstance(source, str | Path) or facts.get("path") is None:
        return {}
    if Path(source).expanduser().absolute() == Path(facts["path"]).absolute():
        return {name: facts[fact] for fact, name in _READING.items() if fact in facts}
    return {"header": False} if facts.get("has_header") is False else {}
