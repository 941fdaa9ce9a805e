"""What a file of text is written in: encoding, delimiter, decimal sign, header line."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass

from jaram.errors import DataError

SAMPLE = 1 << 18
"""Bytes from the beginning of a file that are looked at."""
DELIMITERS = ("\t", ";", "|", ",")
MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "#N/A", "<NA>")
"""What is read as missing, besides the empty cell."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CONTROLS = bytes((*range(1, 9), *range(14, 27), 127))
"""Bytes that no text has, besides zero."""
_NUMBER = re.compile(r"^\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*%?\s*$")
_GROUPED = re.compile(r"^\s*[₩$€£]?\s*[+-]?\d{1,3}([,.]\d{3})+([.,]\d+)?\s*[%원]?\s*$")
_DATE = re.compile(r"^\s*\d{1,4}[-/.]\s?\d{1,2}[-/.]\s?\d{1,4}")


@dataclass(frozen=True)
class Dialect:
    """How a file of columns is written; ``delimiter`` of a single column is ",".

    ``quoted`` tells whether ``"`` encloses cells, or is a sign like any other.
    """

    encoding: str
    delimiter: str
    decimal: str
    has_header: bool
    quoted: bool = True


def find_encoding(data: bytes, path: str, *, is_whole: bool) -> str:
    """The encoding of ``data``: by its mark, by its zeros (UTF-16), else UTF-8, CP949, or CP1252.

    If it is not the whole of a file, its last character may be cut off.

    Raises DataError for content that is no text, and for text with broken bytes in it.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    if b"\0" in data[:SAMPLE]:
        return _utf16_without_mark(data, path)
    head = data[:SAMPLE]
    if len(head) - len(head.translate(None, CONTROLS)) > len(head) / 100:
        raise DataError("data.binary", path=path)
    for encoding in ("utf-8", "cp949"):
        if is_encoded(data, encoding, is_whole=is_whole):
            return encoding
    quotes = len(head) - len(head.translate(None, bytes(range(0x80, 0xA0))))  # rare in CP1252
    if quotes > len(head) / 100 or not is_encoded(data, "cp1252") or _is_mostly_utf8(head):
        byte, line, at = place_of(data, _first_broken(data))
        raise DataError("data.broken_bytes", path=path, byte=byte, line=line, at=at)
    return "cp1252"


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether far more letters beyond ASCII are whole in UTF-8 than are broken."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    return sum(not letter.isascii() for letter in text) > 10 * broken


def _first_broken(data: bytes) -> int:
    """The first byte that can't be in UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(data) - 1


def place_of(data: bytes, at: int) -> tuple[str, int, int]:
    """A byte as a message tells it, its line, and its place in the file, both from 1."""
    return f"0x{data[at]:02X}", data[:at].count(b"\n") + 1, at + 1


def is_encoded(data: bytes, encoding: str, *, is_whole: bool = True) -> bool:
    """Whether ``data`` is text in ``encoding``; its last character may be cut off if not whole."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(data, is_whole)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_mark(data: bytes, path: str) -> str:
    head = data[: SAMPLE - SAMPLE % 2]
    odd, even = head[1::2].count(0), head[::2].count(0)
    encoding = "utf-16-le" if odd >= even else "utf-16-be"
    if max(odd, even) < len(head) / 8 or not is_encoded(head, encoding, is_whole=False):
        raise DataError("data.binary", path=path)
    if "\0" in head.decode(encoding, errors="ignore"):
        raise DataError("data.binary", path=path)
    return encoding


def sample_rows(text: str, delimiter: str, most: int = 200) -> list[list[str]]:
    """The first rows of ``text``, without blank lines and a last line that may be cut off."""
    lines = text.split("\n", 5 * most)[: 5 * most]
    if len(text) >= SAMPLE // 4 and len(lines) > 2:
        lines = lines[:-1]
    return read_rows([line.rstrip("\r") for line in lines], delimiter, most)


def read_rows(lines: Iterable[str], delimiter: str, most: int) -> list[list[str]]:
    """The cells of the first rows, blank lines left out; cells may be of any length."""
    rows: list[list[str]] = []
    limit = csv.field_size_limit(2**31 - 1)
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
            if len(rows) == most:
                break
    except csv.Error:
        pass
    finally:
        csv.field_size_limit(limit)
    return rows


def find_delimiter(text: str) -> str:
    """The delimiter that cuts most lines into the same number of cells, more than one."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        widths = [len(row) for row in sample_rows(text, delimiter, 60)]
        if not widths:
            continue
        common = max(set(widths), key=widths.count)
        share = widths.count(common) / len(widths)
        # Ties go to the rarer sign: a comma may be decimal, or part of a sentence.
        if common > 1 and share > best_score + 0.05:
            best, best_score = delimiter, share
    return best


def find_decimal(rows: list[list[str]], delimiter: str) -> str:
    """The decimal sign of the numbers in ``rows``: "," if there are more such than with "."."""
    if delimiter == ",":
        quoted = [cell for row in rows[1:] for cell in row if "," in cell]
        cells = quoted
    else:
        cells = [cell for row in rows[1:] for cell in row if "," in cell or "." in cell]
    comma = sum(bool(re.match(r"^\s*-?\d+(\.\d{3})*,(\d{1,2}|\d{4,})\s*$", cell)) for cell in cells)
    point = sum(bool(re.match(r"^\s*-?[\d,]*\.\d+\s*$", cell)) for cell in cells)
    return "," if comma > point and comma else "."


def is_number(cell: str) -> bool:
    """Whether a cell is a number, however it is written."""
    return bool(_NUMBER.match(cell) or _GROUPED.match(cell))


def find_header(rows: list[list[str]]) -> bool:
    """Whether the first of ``rows`` names the columns.

    It does not if a cell of it is a number or a date, or is missing by a mark. Else it does if a
    column below it is of numbers or dates. If all is text, it does not if a cell of it comes again
    in its column, or twice in the row.
    """
    if not rows:
        return True
    first, body = rows[0], rows[1:]
    if any(is_number(cell) or _DATE.match(cell) or cell.strip() in MISSING for cell in first):
        return False
    columns = [[row[j] for row in body if j < len(row)] for j in range(len(first))]
    for column in columns:
        present = [cell for cell in column if cell.strip() and cell.strip() not in MISSING]
        alike = sum(is_number(cell) or bool(_DATE.match(cell)) for cell in present)
        if present and alike > len(present) / 2:
            return True
    again = any(
        cell.strip() in {c.strip() for c in column}
        for cell, column in zip(first, columns, strict=True)
    )
    named = [cell.strip() for cell in first if cell.strip()]
    return not again and len(set(named)) == len(named) and all(len(name) <= 100 for name in named)


def sniff(
    data: bytes,
    path: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: bool | None = None,
    is_whole: bool = True,
) -> Dialect:
    """The dialect of a file from its beginning ``data``; what is given is not looked for.

    Raises DataError if the content is no text, or not in the ``encoding`` given.
    """
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise DataError("data.unknown_encoding", encoding=encoding) from None
    found = encoding or find_encoding(data, path, is_whole=is_whole)
    decoder = codecs.getincrementaldecoder(found)()
    try:
        text = decoder.decode(data[:SAMPLE])
    except (UnicodeDecodeError, UnicodeError) as error:
        at = data[: getattr(error, "start", 0)].count(b"\n") + 1
        raise DataError("data.wrong_encoding", path=path, encoding=found, line=at) from None
    text = text.removeprefix("\ufeff")
    if delimiter is not None and len(delimiter) != 1:
        delimiter = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}.get(delimiter)
        if delimiter is None:
            raise DataError("data.bad_delimiter")
    delimiter = delimiter or find_delimiter(text)
    rows = sample_rows(text, delimiter)
    decimal = decimal or find_decimal(rows, delimiter)
    return Dialect(found, delimiter, decimal, find_header(rows) if header is None else header)
