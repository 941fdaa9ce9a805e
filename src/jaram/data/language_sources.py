"""Where a running text comes from: a file, a folder of files, or a column of texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jaram.data.builtin import SHIPPED
from jaram.data.columns import describe_columns
from jaram.data.data import Data
from jaram.data.files import check_file
from jaram.data.folders import files_below
from jaram.data.from_table import load_frame
from jaram.data.language import language_data
from jaram.data.notices import listed
from jaram.data.table import Source, Table
from jaram.data.text import texts_of
from jaram.data.text_sources import is_text_name, whole_text
from jaram.data.wishes import Wishes
from jaram.errors import DataError

TABLES = frozenset(
    {".csv", ".tsv", ".tab", ".parquet", ".pq", ".arrow", ".feather", ".ipc"}
    | {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
)
"""What files are called whose texts stand in a column."""


def load_language(
    source: Any, wishes: Wishes, reading: dict[str, Any], valid: Any, test: Any
) -> Data:
    """The windows of the text in ``source``, and of those in ``valid`` and ``test``.

    Raises DataError, also if a target is spoken of: what comes next is the target.
    """
    for wish in ("target", "group", "time", "weight"):
        if getattr(wishes, wish) is not None:
            raise DataError("data.language_has_no", wish=wish)
    column = wishes.text.column
    text, place = running_text(source, column, reading)
    parts = [
        None if one is None else running_text(one, column, reading)[0] for one in (valid, test)
    ]
    is_shipped = isinstance(source, str) and source in SHIPPED
    name = str(source) if is_shipped else Path(place.path).stem if place.path else ""
    return language_data(text, wishes.text, name=name, source=place, valid=parts[0], test=parts[1])


def running_text(source: Any, column: str | None, reading: dict[str, Any]) -> tuple[str, Source]:
    """The text of a file, or the texts of a folder or a column with line breaks between them.

    A file that is not called like a table is taken whole, unless a ``column`` of it is named.
    """
    is_path = isinstance(source, str | Path) and source not in SHIPPED
    path = Path(source).expanduser() if is_path else Path()
    if is_path and path.is_dir():
        paths = [one for one in files_below(path) if is_text_name(one)]
        if not paths:
            raise DataError("data.no_texts", path=str(path))
        texts = [whole_text(one, reading.get("encoding")) for one in paths]
        return "\n".join(texts), Source("texts", str(path))
    if is_path and path.suffix.lower() not in TABLES and column is None:
        check_file(path, empty="data.empty_text")
        return whole_text(path, reading.get("encoding")), Source("texts", str(path))
    table = load_frame(source, **reading)
    series = table.column(_text_column(table, column))
    return "\n".join(text for text in texts_of(series) if text.strip()), table.source


def _text_column(table: Table, column: str | None) -> str:
    if column is not None:
        if column not in table.names:
            raise table.no_column(column)
        return column
    if len(table.names) == 1:
        return str(table.names[0])
    texts = [one.name for one in describe_columns(table, {}, {}) if one.kind == "text"]
    if len(texts) != 1:
        raise DataError("data.language_which", known=listed(texts or table.names))
    return texts[0]
