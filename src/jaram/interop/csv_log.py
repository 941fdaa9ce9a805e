"""Logs in files of columns, as Keras, Lightning and a hundred hand-written loops write them."""

from __future__ import annotations

from pathlib import Path

from jaram.data.csv_file import split_header, to_utf8, without_blank_lines
from jaram.data.notices import shown
from jaram.data.sniff import read_rows, sniff
from jaram.errors import DataError
from jaram.interop.log import Log, number, of_columns

_MOST_ROWS = 2**31 - 1
_FEWEST_NUMBERS = 0.2
"""Share of the cells below which what has rows of different length is no table but prose."""


def read_csv(path: Path, content: bytes) -> Log:
    """The log in the text of a file.

    The last line may be cut off, since the training may still be writing it. A line that names the
    columns once more, as appending to a file leaves behind, is passed over.

    Raises DataError for a row of another length, naming its line, and for what is no text.
    """
    dialect = sniff(content, str(path))
    text, first_line = without_blank_lines(to_utf8(content, dialect.encoding, str(path)))
    if not text:
        raise DataError("interop.log_empty", where=str(path))
    names, body = split_header(text, dialect, str(path))
    rows = read_rows(body.decode().splitlines(), dialect.delimiter, _MOST_ROWS)
    if rows and len(rows[-1]) < len(names) and not content.endswith((b"\n", b"\r")):
        del rows[-1]
    for place, row in enumerate(rows):
        if len(row) != len(names):
            if not _has_numbers(rows):
                start = shown(text.decode().splitlines()[0])
                raise DataError("interop.no_numbers", where=str(path), found=repr(start))
            raise DataError(
                "data.ragged",
                path=str(path),
                line=first_line + dialect.has_header + place,
                got=len(row),
                expected=len(names),
            )
    rows = [row for row in rows if [cell.strip() for cell in row] != names]
    if not rows:
        raise DataError("interop.log_empty", where=str(path))
    if dialect.decimal == ",":
        rows = [[cell.replace(",", ".") for cell in row] for row in rows]
    return of_columns(str(path), {name: [row[j] for row in rows] for j, name in enumerate(names)})


def _has_numbers(rows: list[list[str]]) -> bool:
    cells = [number(cell) for row in rows for cell in row]
    written = [cell for cell in cells if cell is not None]
    are_numbers = sum(not isinstance(cell, str) for cell in written)
    return are_numbers >= _FEWEST_NUMBERS * max(1, len(written))
