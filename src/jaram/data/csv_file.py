"""Files of columns in text: CSV, TSV and their relatives.

A small file is read whole. A large one is read in blocks of lines: first a look at blocks from its
beginning, middle and end tells which columns are numbers; these go, block by block, straight into
one float32 matrix, so that the file is never in memory together with the table.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from jaram.data.notices import listed, shown
from jaram.data.sniff import MISSING, Dialect, is_encoded, read_rows, sniff
from jaram.data.table import Source, Table
from jaram.errors import DataError

LARGE = 32 << 20
"""Bytes of a file from which on it is read in blocks."""
BLOCK_BYTES = 8 << 20
LONGEST_HEADER = 100
"""Lines that a line of names with line ends inside quotes may have."""
_NEWLINE, _QUOTE = 10, 34


def read_csv(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    apart: Callable[[list[str]], set[str]] = lambda names: set(),
) -> Table:
    """The table of a file of columns; of a large one, the columns that ``apart`` names stay exact.

    Raises DataError, naming the line, for rows of different length, content that is no text, and
    names that come twice.
    """
    size = path.stat().st_size
    if size < LARGE:
        return parse_csv(
            path.read_bytes(),
            str(path),
            encoding=encoding,
            delimiter=delimiter,
            decimal=decimal,
            header=header,
        )
    from jaram.data.large_csv import read_large

    return read_large(path, encoding, delimiter, decimal, header, apart)


def parse_csv(
    data: bytes,
    path: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    kind: str = "csv",
) -> Table:
    """The table of the bytes of a whole file."""
    if not data.strip():
        raise DataError("data.empty_file", path=path)
    dialect = sniff(
        data, path, encoding=encoding, delimiter=delimiter, decimal=decimal, header=header
    )
    text = to_utf8(data, dialect.encoding, path)
    if not text.strip():
        raise DataError("data.empty_file", path=path)
    text, first_line = without_blank_lines(text)
    names, body = split_header(text, dialect, path)
    if not body:
        raise DataError("data.header_only", path=path)
    quoted = check_widths(
        body, dialect.delimiter, len(names), path, first_line + dialect.has_header
    )
    dialect = replace(dialect, quoted=quoted)
    frame = parse_body(body, names, dialect, path)
    return Table.from_frame(frame, source_of(path, dialect, kind))


def source_of(path: str, dialect: Dialect, kind: str = "csv") -> Source:
    """The facts of a file that was read."""
    return Source(
        kind, path, dialect.encoding, dialect.delimiter, dialect.decimal, dialect.has_header
    )


def to_utf8(data: bytes, encoding: str, path: str) -> bytes:
    """``data`` as UTF-8 without a mark; raises DataError where it is not in ``encoding``."""
    if encoding == "utf-8":
        if data.isascii() or is_encoded(data, "utf-8"):
            return data
    elif encoding == "utf-8-sig" and is_encoded(data, "utf-8"):
        return data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode(encoding).encode()
    except (UnicodeDecodeError, UnicodeError) as error:
        line = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise DataError("data.wrong_encoding", path=path, encoding=encoding, line=line) from None
    except (LookupError, TypeError):
        raise DataError("data.unknown_encoding", encoding=encoding) from None


def without_blank_lines(text: bytes) -> tuple[bytes, int]:
    """``text`` with line feeds only and no blank lines around it; and its first line's number."""
    lead = len(text) - len(text.lstrip(b"\r\n"))
    first_line = text[:lead].count(b"\n") + 1
    text = text[lead:]
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
        if b"\n" not in text:
            text = text.replace(b"\r", b"\n")
    return (text.rstrip(b"\n") + b"\n", first_line) if text.strip(b"\n") else (b"", first_line)


def split_header(text: bytes, dialect: Dialect, path: str) -> tuple[list[str], bytes]:
    """The names of the columns, and the bytes after the line that names them."""
    end = _end_of_row(text)
    line = text[:end].decode()
    rows = read_rows(io.StringIO(line, newline=""), dialect.delimiter, 2)
    first = rows[0] if len(rows) == 1 else line.rstrip("\n").split(dialect.delimiter)
    if not dialect.has_header:
        return [f"column_{j + 1}" for j in range(len(first))], text
    names = [name.strip() for name in first]
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    twice = [name for name, count in seen.items() if count > 1 and name]
    if twice:
        raise DataError("data.duplicate_columns", columns=listed(twice))
    # Only blank names may repeat: spreadsheets leave them behind. They are numbered by their place.
    if seen.get("", 0) > 1:
        names = [name or f"column_{j + 1}" for j, name in enumerate(names)]
    return names, text[end:]


def _end_of_row(text: bytes) -> int:
    """The place after the first line end that is not inside quotes."""
    first = end = text.find(b"\n") + 1
    for _ in range(LONGEST_HEADER):
        if not text.count(b'"', 0, end) % 2:
            return end
        end = text.find(b"\n", end) + 1
        if not end:
            break
    return first or len(text)


def check_widths(body: bytes, delimiter: str, width: int, path: str, first_line: int) -> bool:
    """Raise DataError, with the line, if a row has not ``width`` cells; tell whether quotes quote.

    Where the number of delimiters is right in total, there are no quotes, and polars finds no row
    too long, every row is right: that is the fast way. Else the signs outside quotes are counted by
    line. If that fails, or a quote stands in the middle of a cell, and every line is right without
    regard to quotes, then they are part of the text.
    """
    sign = delimiter.encode()
    has_quotes = b'"' in body
    counted_right = body.count(sign) == body.count(b"\n") * (width - 1)
    if counted_right and not has_quotes and b"\n\n" not in body:
        return True
    fault = _wrong_row(body, sign, width, quoted=has_quotes)
    doubtful = has_quotes and (fault is not None or not _encloses_cells(body, sign))
    if doubtful and _wrong_row(body, sign, width, quoted=False) is None:
        return False
    if fault is None:
        return True
    start, got = fault
    line = first_line + body.count(b"\n", 0, start)
    if got == 0:
        raise DataError("data.open_quote", path=path, line=line)
    raise DataError("data.ragged", path=path, line=line, got=got, expected=width)


def _encloses_cells(body: bytes, sign: bytes) -> bool:
    """Whether opening quotes begin a cell and closing ones end it; "" is a quote inside."""
    signs = np.frombuffer(b"\n" + body + b"\n", np.uint8)
    quotes = np.flatnonzero(signs == _QUOTE)
    before, after = signs[quotes[::2] - 1], signs[quotes[1::2] + 1]
    return bool(np.isin(np.append(before, after), (sign[0], _NEWLINE, _QUOTE)).all())


def _wrong_row(body: bytes, sign: bytes, width: int, *, quoted: bool) -> tuple[int, int] | None:
    """The place and the number of cells of the first row with another number than ``width``.

    Blank lines do not count. The number is 0 if a quote is never closed.
    """
    signs = np.frombuffer(body, np.uint8)
    is_end, is_cut = signs == _NEWLINE, signs == sign[0]
    if quoted:
        inside = (np.cumsum(signs == _QUOTE, dtype=np.int32) & 1).astype(np.bool_)
        is_end &= ~inside
        is_cut &= ~inside
        if inside[-1]:
            return body.rfind(b'"'), 0
    ends = np.flatnonzero(is_end)
    cells = np.diff(np.searchsorted(np.flatnonzero(is_cut), ends), prepend=0) + 1
    lengths = np.diff(ends, prepend=-1)
    wrong = np.flatnonzero((cells != width) & (lengths > 1))
    if not wrong.size:
        return None
    return (int(ends[wrong[0] - 1]) + 1 if wrong[0] else 0), int(cells[wrong[0]])


def parse_body(
    body: bytes,
    names: list[str],
    dialect: Dialect,
    path: str,
    schema: dict[str, pl.DataType | type[pl.DataType]] | None = None,
) -> pl.DataFrame:
    """The frame of rows without a header; types are inferred unless ``schema`` gives them."""
    options: dict[str, object] = {
        "quote_char": '"' if dialect.quoted else None,
        "separator": dialect.delimiter,
        "decimal_comma": dialect.decimal == "," and dialect.delimiter != ",",
        "null_values": list(MISSING),
    }
    if schema is not None:
        frame = _read(body, path, schema=schema, **options)
    else:
        frame = _inferred(body, names, path, options)
    if frame.get_column(names[-1]).null_count() and b"\n\n" in body:
        frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    return frame


def _inferred(body: bytes, names: list[str], path: str, options: dict[str, object]) -> pl.DataFrame:
    try:
        return _parsed(body, new_columns=names, infer_schema_length=1000, **options)
    except pl.exceptions.PolarsError:
        # A later row does not fit the types of the first thousand.
        return _read(body, path, new_columns=names, infer_schema_length=None, **options)


def _parsed(body: bytes, **options: Any) -> pl.DataFrame:
    return pl.read_csv(body, has_header=False, **options)


def _read(body: bytes, path: str, **options: Any) -> pl.DataFrame:
    try:
        return _parsed(body, **options)
    except pl.exceptions.PolarsError as error:
        fault = shown(str(error).splitlines()[0])
        raise DataError("data.unreadable", path=path, fault=fault) from None


def line_blocks(path: Path, has_quotes: bool, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """The bytes of a file in blocks that end with a row: at a line end outside quotes."""
    with path.open("rb") as file:
        while block := file.read(size):
            block += file.readline()
            while has_quotes and block.count(b'"') % 2:
                line = file.readline()
                if not line or len(block) > 4 * size:
                    break  # the quote is never closed, which check_widths will tell
                block += line
            yield block if block.endswith(b"\n") else block + b"\n"
