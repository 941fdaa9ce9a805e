"""How the commands speak: sentences, tables, one JSON object, one-line errors."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from jaram.messages import text
from jaram.messages.width import table_lines, width
from jaram.progress import BARS, can_print


class Speaker:
    """Prints for a person unless ``--quiet`` or ``--json`` asks not to."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self.is_quiet = quiet
        self.is_silent = quiet or as_json
        self.as_json = as_json

    @property
    def can_draw(self) -> bool:
        """Whether the terminal's encoding has the bars that curves are drawn with."""
        return can_print(BARS, sys.stdout)

    def say(self, line: str = "") -> None:
        """One line on standard output."""
        if not self.is_silent:
            write_line(line)

    def note(self, sentence: str) -> None:
        """One line on standard error, unless errors alone are wanted."""
        if not self.is_quiet:
            write_error(text("cli.note", message=sentence))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0) -> None:
        """A table; its last ``numbers`` columns are flush right."""
        if not self.is_silent:
            for line in table_lines(header, rows, numbers):
                write_line(line)

    def json(self, content: dict[str, Any]) -> None:
        """The one object of ``--json``; nothing without it."""
        if self.as_json:
            write_line(json.dumps(plain(content), ensure_ascii=False))


def write_line(line: str) -> None:
    """A line on standard output, whatever letters its encoding lacks."""
    try:
        sys.stdout.write(line + "\n")
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(line.encode(encoding, "replace").decode(encoding) + "\n")


def print_error(sentence: str, arguments: Sequence[str]) -> None:
    """One line on standard error; with ``--json`` an object on standard output too."""
    line = " ".join(sentence.split())
    if "--json" in arguments:
        with contextlib.suppress(OSError):
            write_line(json.dumps({"error": line}, ensure_ascii=False))
    write_error(text("cli.error", message=line))


def write_error(line: str) -> None:
    """A line on standard error, whatever letters its encoding lacks."""
    try:
        sys.stderr.write(line + "\n")
    except UnicodeEncodeError:
        encoding = sys.stderr.encoding or "ascii"
        sys.stderr.write(line.encode(encoding, "replace").decode(encoding) + "\n")


def number(value: object) -> str:
    """A number with four significant digits and thousands apart; ``-`` where there is none."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if math.isnan(value):
            return "-"
        return f"{value:.4f}" if 0.001 <= abs(value) < 10 else f"{value:,.4g}"
    return str(value)


def shorten(line: str, columns: int) -> str:
    """``line`` cut to ``columns`` with an ellipsis."""
    if width(line) <= columns:
        return line
    while width(line) > columns - 1:
        line = line[:-1]
    return line + "…"


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: NumPy numbers as numbers, what is not finite as null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)
