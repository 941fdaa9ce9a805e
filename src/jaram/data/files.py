"""Files as tables: which reader a file needs, by its content rather than by its name."""

from __future__ import annotations

import difflib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from jaram.data.causes import cause
from jaram.data.csv_file import parse_csv, read_csv
from jaram.data.notices import shown
from jaram.data.table import Source, Table
from jaram.errors import DataError
from jaram.messages import text

_NOT_ORDINARY = "not an ordinary file"
_PARQUET, _ZIP, _OLE, _ARROW = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"ARROW1"


def read_file(
    path: Path,
    *,
    header: bool | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    sheet: str | int | None = None,
    apart: Callable[[list[str]], set[str]] = lambda names: set(),
) -> Table:
    """The table of a file: columns of text, Parquet, Arrow or a spreadsheet.

    Raises DataError if there is no such file (naming the nearest), or it can not be read.
    """
    check_file(path)
    try:
        with path.open("rb") as file:
            start = file.read(8)
        if start.startswith(_PARQUET):
            return _binary(path, "parquet", pl.read_parquet)
        if start.startswith(_ARROW):
            return _binary(path, "arrow", pl.read_ipc)
        if start.startswith((_ZIP, _OLE)):
            return _spreadsheet(path, sheet, header)
        return read_csv(
            path,
            encoding=encoding,
            delimiter=delimiter,
            decimal=decimal,
            header=header,
            apart=apart,
        )
    except OSError as error:
        raise DataError("data.not_readable", path=str(path), fault=cause(error)) from None


def check_file(path: Path, empty: str = "data.empty_file") -> None:
    """Raise DataError unless ``path`` is a file that may be read and is not empty.

    empty: the key of what is said of an empty one.
    """
    try:
        if path.is_dir():
            raise DataError("data.is_directory", path=str(path))
        if path.exists() and not path.is_file():
            raise DataError("data.not_readable", path=str(path), fault=cause(_NOT_ORDINARY))
        if not path.is_file():
            raise DataError("data.no_such_file", path=str(path), suggestion=_nearest_file(path))
        with path.open("rb"):
            if not path.stat().st_size:
                raise DataError(empty, path=str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError("data.not_readable", path=shown(path), fault=cause(error)) from None


def _nearest_file(path: Path) -> str:
    try:
        names = [one.name for one in path.parent.iterdir()]
    except OSError:
        return ""
    nearest = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    return text("spec.did_you_mean", nearest=str(path.with_name(nearest[0]))) if nearest else ""


def _binary(path: Path, kind: str, read: Callable[..., pl.DataFrame]) -> Table:
    try:
        frame = read(io.BytesIO(path.read_bytes()) if kind == "arrow" else path)
    except (pl.exceptions.PolarsError, ValueError, pl.exceptions.PanicException) as error:
        raise DataError("data.unreadable", path=str(path), fault=cause(error)) from None
    if not frame.width:
        raise DataError("data.no_columns")
    return Table.from_frame(frame, Source(kind, str(path)))


def _spreadsheet(path: Path, sheet: str | int | None, header: bool | None) -> Table:
    """A sheet, read as text and then like a file of text, so that the same rules find its types."""
    import fastexcel

    try:
        book: Any = fastexcel.read_excel(str(path))
        names = list(book.sheet_names)
    except Exception:  # fastexcel raises its own and its parser's errors, without a common base
        raise DataError("data.not_a_spreadsheet", path=str(path)) from None
    chosen: Any = 0 if sheet is None else sheet
    if isinstance(chosen, str) and chosen not in names:
        raise DataError("data.no_such_sheet", sheet=chosen, known=", ".join(names))
    if isinstance(chosen, int) and not 0 <= chosen < len(names):
        raise DataError("data.no_such_sheet", sheet=chosen, known=", ".join(names))
    try:
        cells: pl.DataFrame = book.load_sheet(chosen, header_row=None, dtypes="string").to_polars()
    except Exception as error:
        raise DataError("data.unreadable", path=str(path), fault=cause(error)) from None
    if not cells.height:
        raise DataError("data.empty_file", path=str(path))
    content = cells.write_csv(include_header=False).encode()
    table = parse_csv(
        content, str(path), encoding="utf-8", delimiter=",", decimal=".", header=header
    )
    name = chosen if isinstance(chosen, str) else names[chosen]
    source = Source("spreadsheet", str(path), has_header=table.source.has_header, sheet=name)
    return Table.from_frame(table.frame, source)
