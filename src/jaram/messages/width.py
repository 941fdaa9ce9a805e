"""How wide a text is on a terminal, where Hangul takes two columns a letter."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def width(line: str) -> int:
    """Columns that ``line`` takes: 2 for a wide character, 0 for a combining one, else 1."""
    if line.isascii():
        return len(line)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in line
    )


def pad(line: str, columns: int, *, right: bool = False) -> str:
    """``line`` filled with blanks to ``columns``; flush right if ``right``."""
    blank = " " * max(0, columns - width(line))
    return blank + line if right else line + blank


def wrap(line: str, columns: int) -> list[str]:
    """``line`` broken at blanks into lines of at most ``columns``; a longer word stands alone."""
    lines = [""]
    for word in line.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer) > columns:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def table_lines(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0
) -> list[str]:
    """A table as lines, its columns as wide as they need to be on a terminal."""
    every = [header, *rows]
    widths = [max(width(row[index]) for row in every) for index in range(len(header))]
    first_number = len(header) - numbers
    return [
        "  ".join(
            pad(cell, size, right=index >= first_number)
            for index, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in every
    ]
