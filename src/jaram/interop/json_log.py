"""Logs in JSON: columns, rows, one row a line, and the trainer's state of Hugging Face."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jaram.errors import DataError
from jaram.interop.log import Log, of_columns, of_rows


def read_json(path: Path, content: bytes) -> Log:
    """The log in the text of a file; raises DataError, naming the line, if it is not JSON.

    A last line that was cut off while it was being written is left out.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("interop.not_json", where=str(path), line=1) from None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _lines(path, text)
    found = of_json(str(path), value)
    if found is None:
        raise DataError("interop.json_without_columns", where=str(path))
    return found


def of_json(where: str, value: Any) -> Log | None:
    """The log in plain JSON values: columns, rows or numbers; None if there is none."""
    if isinstance(value, Mapping) and isinstance(value.get("log_history"), list):
        value = value["log_history"]
    if isinstance(value, Mapping):
        columns = of_columns(where, value)
        return columns if columns.columns else of_rows(where, [value])
    if isinstance(value, list) and value:
        if all(isinstance(row, Mapping) for row in value):
            return of_rows(where, value)
        if all(isinstance(one, int | float) or one is None for one in value):
            return of_columns(where, {"train/loss": value})
    return None


def _lines(path: Path, text: str) -> list[Any]:
    lines = [(place, line) for place, line in enumerate(text.split("\n"), 1) if line.strip()]
    rows = []
    for place, line in lines:
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError):
            if rows and place == lines[-1][0] and not text.endswith("\n"):
                break
            raise DataError("interop.not_json", where=str(path), line=place) from None
    return rows
