"""Logs in JSON: columns, rows, one row a line, and the trainer's state of Hugging Face."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaram.data.notices import shown
from jaram.errors import DataError
from jaram.interop.log import Log, of_columns, of_rows

BY_LINE = (".jsonl", ".ndjson")
"""How files with one row a line are called, if they are."""
_SHOWN = 24
"""Characters that a message shows of the place where a file stops being JSON."""


def read_json(path: Path, content: bytes) -> Log:
    """The log in the text of a file; raises DataError, naming the place, if it is not JSON.

    A last line that was cut off while it was being written is left out.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError("interop.not_utf8", where=str(path), line=line) from None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        value = _lines(path, text, error)
    except (ValueError, RecursionError):  # a number of 5,000 digits, lists in lists
        raise _no_table(path, text) from None
    found = of_json(str(path), value)
    if found is None:
        raise _no_table(path, text)
    return found


def of_json(where: str, value: Any) -> Log | None:
    """The log in plain JSON values: columns, rows or numbers; None if there is none."""
    if isinstance(value, Mapping):
        return _of_mapping(where, value)
    if isinstance(value, list) and value:
        if all(isinstance(row, Mapping) for row in value):
            return of_rows(where, value)
        if all(isinstance(one, int | float) or one is None for one in value):
            return of_columns(where, {"train/loss": value})
    return None


def _of_mapping(where: str, value: Mapping[str, Any]) -> Log | None:
    """Columns; else the one list of rows among the values; else the values as a single row."""
    rows = [one for one in value.values() if _is_rows(one)]
    if "log_history" in value and _is_rows(value["log_history"]):
        rows = [value["log_history"]]
    columns = of_columns(where, {name: one for name, one in value.items() if not _is_rows(one)})
    if len(rows) == 1 and not columns.rows:
        return of_rows(where, rows[0])
    if columns.rows:
        return columns
    single = of_rows(where, [value])
    return single if any(one.text is None for one in single.columns.values()) else None


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, Mapping) for x in value)


def _lines(path: Path, text: str, whole: json.JSONDecodeError) -> list[Any]:
    """One value a line. ``whole``: what is wrong with the text as a single value, which is told
    where its first line is none by itself."""
    lines = [(place, line) for place, line in enumerate(text.split("\n"), 1) if line.strip()]
    rows = []
    for place, line in lines:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            is_last = place == lines[-1][0]
            if rows and is_last and not text.endswith("\n"):
                break
            if not rows and path.suffix.lower() not in BY_LINE:
                raise _fault(path, whole.lineno, whole) from None
            raise _fault(path, place, error) from None
        except (ValueError, RecursionError):
            raise _no_table(path, text) from None
    return rows


def _fault(path: Path, line: int, error: json.JSONDecodeError) -> DataError:
    """The error that names where a text stops being JSON."""
    found = error.doc[error.pos :].split("\n")[0].strip()[:_SHOWN]
    place = {"where": str(path), "line": line, "column": error.colno}
    if not found and not error.doc[error.pos :].strip():
        return DataError("interop.json_ends", **place)
    return DataError("interop.not_json", **place, found=found)


def _no_table(path: Path, text: str) -> DataError:
    start = shown(" ".join(text[:200].split()))
    return DataError("interop.json_without_columns", where=str(path), start=start)
