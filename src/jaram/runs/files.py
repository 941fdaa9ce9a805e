"""Files of a run: written whole or not at all, read with an error that names the file."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jaram.errors import RunError

PART = ".part"
"""How the name of a file ends while it is being written."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write below ``path`` (full disk, no permission) into a
    RunError."""
    try:
        yield
    except OSError as error:
        detail = error.strerror or str(error)
        raise RunError("runs.not_written", path=str(path), detail=detail) from error


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    raw = content.encode() if isinstance(content, str) else content
    aside = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    with explained(path):
        try:
            aside.write_bytes(raw)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write plain values as readable JSON; what is not finite becomes null."""
    text = json.dumps(finite(value), ensure_ascii=False, indent=1, allow_nan=False)
    write_whole(path, text + "\n")


def read_bytes(path: Path) -> bytes:
    """The file's content; raises RunError if it can't be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise RunError("runs.file_missing", path=str(path)) from None
    except OSError as error:
        detail = error.strerror or str(error)
        raise RunError("runs.file_unreadable", path=str(path), detail=detail) from None


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; raises RunError naming file, line and column."""
    try:
        value = json.loads(read_bytes(path))
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise RunError("runs.json_damaged", path=str(path), **place) from None
    except (RecursionError, ValueError):  # not UTF-8, a number of 5,000 digits
        raise RunError("runs.no_json_object", path=str(path)) from None
    if not isinstance(value, dict):
        raise RunError("runs.no_json_object", path=str(path))
    return value


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file; a last line that was cut off while being written is left
    out."""
    lines = read_bytes(path).split(b"\n")
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            row = json.loads(line)
        except (RecursionError, ValueError):  # not JSON, not UTF-8, a number of 5,000 digits
            raise RunError("runs.json_line_damaged", path=str(path), line=number) from None
        if not isinstance(row, dict):
            raise RunError("runs.json_line_damaged", path=str(path), line=number)
        rows.append(row)
    return rows


def json_lines(rows: list[dict[str, Any]]) -> bytes:
    """One JSON line per row."""
    return "".join(
        json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(", ", ": ")) + "\n"
        for row in rows
    ).encode()


def append_bytes(path: Path, content: bytes) -> None:
    """Append to a file."""
    with explained(path), path.open("ab") as file:
        file.write(content)


def fingerprint(content: bytes) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def finite(value: Any) -> Any:
    """Plain JSON values from plain and NumPy values; None for NaN and infinities."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if hasattr(value, "tolist"):
        return finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
