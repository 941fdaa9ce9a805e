"""Logs in files of columns, as Keras, Lightning and a hundred hand-written loops write them."""

from __future__ import annotations

from pathlib import Path

from jaram.data.csv_file import split_header, to_utf8, without_blank_lines
from jaram.data.sniff import read_rows, sniff
from jaram.errors import DataError
from jaram.interop.log import Log, of_columns

_MOST_ROWS = 2**31 - 1


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
