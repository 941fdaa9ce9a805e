"""Large files of columns, read in blocks of lines into one float32 matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from jaram.data.csv_file import (
    check_widths,
    line_blocks,
    parse_body,
    parse_csv,
    source_of,
    split_header,
    to_utf8,
)
from jaram.data.memory import aligned_empty
from jaram.data.sniff import SAMPLE, Dialect, is_encoded, sniff
from jaram.data.table import Table
from jaram.errors import DataError

EXACT = float(1 << 24)
"""Whole numbers up to here are exact in float32."""
Schema = dict[str, pl.DataType | type[pl.DataType]]


class _Misfit(Exception):  # noqa: N818 - a signal to start again, never seen outside
    """A block that does not fit the schema, with the schema that fits it too."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.schema = schema


def read_large(
    path: Path,
    encoding: str | None,
    delimiter: str | None,
    decimal: str | None,
    header: bool | None,
    apart: Callable[[list[str]], set[str]],
) -> Table:
    """The table of a large file; ``apart`` tells which of its columns keep their exact type.

    Costs 4 bytes for each number and some tens of MB. Raises DataError as
    :func:`~jaram.data.csv_file.parse_csv` does.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    dialect = sniff(
        head,
        str(path),
        encoding=encoding,
        delimiter=delimiter,
        decimal=decimal,
        header=header,
        is_whole=False,
    )
    if dialect.encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32")):
        return parse_csv(
            path.read_bytes(),
            str(path),
            encoding=dialect.encoding,
            delimiter=delimiter,
            decimal=decimal,
            header=header,
        )
    lines, is_utf8, has_quotes = _looked_through(path)
    dialect = replace(dialect, quoted=has_quotes)
    if encoding is None and dialect.encoding == "utf-8" and not is_utf8:
        dialect = replace(dialect, encoding="cp949")
    names, _ = split_header(
        to_utf8(_whole_rows(head), dialect.encoding, str(path)), dialect, str(path)
    )
    schema = _sampled_schema(path, names, dialect, apart(names))
    while True:
        try:
            return _read(path, dialect, names, schema, lines)
        except _Misfit as misfit:
            schema = misfit.schema


def _whole_rows(head: bytes) -> bytes:
    return head[: head.rfind(b"\n") + 1] or head


def _looked_through(path: Path) -> tuple[int, bool, bool]:
    """The number of lines of a file, whether it is all UTF-8, and whether it has quotes."""
    lines, is_utf8, has_quotes = 1, True, False
    for block in line_blocks(path, has_quotes=False):
        lines += block.count(b"\n")
        is_utf8 = is_utf8 and (block.isascii() or is_encoded(block, "utf-8"))
        has_quotes = has_quotes or b'"' in block
    return lines, is_utf8, has_quotes


def _bodies(path: Path, dialect: Dialect) -> Iterator[tuple[bytes, int]]:
    """The rows of a file as UTF-8, block by block, each with the number of its first line."""
    line = 1
    for block in line_blocks(path, dialect.quoted):
        text = _with_newlines(to_utf8(block, dialect.encoding, str(path)))
        start = line
        if line == 1:
            stripped = text.lstrip(b"\n")
            start += len(text) - len(stripped) + dialect.has_header
            _, text = split_header(stripped, dialect, str(path))
        if text:
            yield text, start
        line += block.count(b"\n")


def _with_newlines(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n") if b"\r" in text else text


def _sampled_schema(path: Path, names: list[str], dialect: Dialect, exact: set[str]) -> Schema:
    """The types of columns by a look at the beginning, the middle and the end of the file."""
    size = path.stat().st_size
    pieces = []
    with path.open("rb") as file:
        for place in (0, size // 2, max(0, size - SAMPLE)):
            file.seek(place)
            piece = file.read(SAMPLE)
            if place:
                piece = piece[piece.find(b"\n") + 1 :]
            text = _with_newlines(to_utf8(_whole_rows(piece), dialect.encoding, str(path)))
            if not place:
                _, text = split_header(text.lstrip(b"\n"), dialect, str(path))
            pieces.append(text)
    frames = [_inferred(piece, names, dialect, str(path)) for piece in pieces if piece.strip()]
    schema: Schema = {}
    for name in names:
        columns = [frame.get_column(name) for frame in frames if frame is not None]
        schema[name] = _type_for(columns, name in exact)
    return schema


def _inferred(piece: bytes, names: list[str], dialect: Dialect, path: str) -> pl.DataFrame | None:
    try:
        return parse_body(piece, names, dialect, path)
    except DataError:  # the piece began within quotes
        return None


def _type_for(columns: list[pl.Series], exact: bool) -> pl.DataType | type[pl.DataType]:
    """The type a column is read as: Float32 for numbers, unless they are to be ``exact``."""
    types = {column.dtype for column in columns if column.null_count() < len(column)}
    if not types or pl.String in types or not all(dtype.is_numeric() for dtype in types):
        return pl.String
    whole = all(dtype.is_integer() for dtype in types)
    largest = max(float(column.abs().max() or 0) for column in columns)  # type: ignore[arg-type]
    if exact or (whole and largest > EXACT):
        return pl.Int64 if whole else pl.Float64
    return pl.Float32


def _read(path: Path, dialect: Dialect, names: list[str], schema: Schema, lines: int) -> Table:
    stamp = path.stat().st_mtime_ns
    in_matrix = tuple(name for name in names if schema[name] == pl.Float32)
    others = [name for name in names if schema[name] != pl.Float32]
    # Pages that are never written cost nothing, so that blank lines do no harm.
    matrix = aligned_empty((lines, len(in_matrix)), np.float32)
    frames: list[pl.DataFrame] = []
    first = 0
    for body, line in _bodies(path, dialect):
        frame = _block_frame(body, names, dialect, schema, str(path), line)
        if in_matrix:
            matrix[first : first + frame.height] = frame.select(in_matrix).to_numpy()
        first += frame.height
        if others:
            frames.append(frame.select(others))
    if not first:
        raise DataError("data.header_only", path=str(path))

    def reread() -> Table:
        if path.stat().st_mtime_ns != stamp:
            raise DataError("data.file_changed", path=str(path))
        return _read(path, dialect, names, schema, lines)

    return Table(
        tuple(names),
        first,
        pl.concat(frames) if others else pl.DataFrame(),
        source_of(str(path), dialect),
        in_matrix,
        matrix[:first] if in_matrix else None,
        reread if in_matrix else None,
    )


def _block_frame(
    body: bytes, names: list[str], dialect: Dialect, schema: Schema, path: str, line: int
) -> pl.DataFrame:
    """The rows of a block, checked for their width; raises _Misfit for a type that does not fit.

    Polars refuses a row that is too long and fills up one that is too short. So where there are no
    quotes, and the last column misses nothing, all rows are right and need not be counted.
    """
    delimiter, width = dialect.delimiter, len(names)
    if dialect.quoted:
        quoted = check_widths(body, delimiter, width, path, line)
        dialect = replace(dialect, quoted=quoted)
    try:
        frame = parse_body(body, names, dialect, path, schema)
    except DataError:
        check_widths(body, delimiter, width, path, line)
        raise _Misfit(_widened(parse_body(body, names, dialect, path).schema, schema)) from None
    if not dialect.quoted and frame.get_column(names[-1]).null_count():
        check_widths(body, delimiter, width, path, line)
    return frame


def _widened(found: pl.Schema, schema: Schema) -> Schema:
    """``schema`` with the types that fit a block too, whose own types are ``found``."""
    widened = dict(schema)
    for name, dtype in found.items():
        if not dtype.is_numeric():
            widened[name] = pl.String
        elif schema[name] == pl.Int64 and dtype.is_float():
            widened[name] = pl.Float64
    # Numbers by their signs, yet not to be parsed as the type: read everything as text.
    return widened if widened != schema else dict.fromkeys(schema, pl.String)
