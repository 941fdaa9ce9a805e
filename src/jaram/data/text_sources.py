"""Where texts come from beside tables: a folder per class, a file per class, a text an example."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from jaram.data.causes import cause
from jaram.data.csv_file import to_utf8
from jaram.data.folders import class_folder, files_below, sub_folders
from jaram.data.sniff import CONTROLS, find_encoding, place_of
from jaram.data.table import Source, Table
from jaram.errors import DataError

SUFFIXES = frozenset({".txt", ".text", ".md"})
COLUMN, TARGET = "text", "class"
"""The columns of a table that is made of files of text."""


def is_text_name(path: Path) -> bool:
    """Whether a file is called like plain text."""
    return path.suffix.lower() in SUFFIXES


def holds_texts(folder: Path) -> bool:
    """Whether most of the first files in a folder are called like plain text."""
    names = [path for path in files_below(folder)[:200] if path.suffix]
    return bool(names) and 2 * sum(map(is_text_name, names)) >= len(names)


def folder_table(folder: Path, encoding: str | None = None) -> Table:
    """The texts of a folder with their classes, as a table.

    Either a folder for each class with a file for each text, or a file for each class with a line
    for each text. Raises DataError for a class without a text, and for files that are no text.
    """
    texts: list[str] = []
    labels: list[str] = []
    if sub_folders(folder):
        found = class_folder(folder, is_text_name)
        if found.empty:
            raise DataError("data.class_without_text", names=", ".join(found.empty))
        texts = [whole_text(path, encoding) for path in found.paths]
        labels = list(found.labels)
    else:
        for path in [path for path in files_below(folder) if is_text_name(path)]:
            own = lines_of(path, encoding)
            texts += own
            labels += [path.stem] * len(own)
    if not texts:
        raise DataError("data.no_texts", path=str(folder))
    return _table({COLUMN: texts, TARGET: labels}, folder)


def unlabelled_table(source: Path, column: str, encoding: str | None = None) -> Table:
    """Texts without classes: the lines of a file, or the files of a folder, by path."""
    if source.is_dir():
        paths = [path for path in files_below(source) if is_text_name(path)]
        texts = [whole_text(path, encoding) for path in paths]
    else:
        texts = lines_of(source, encoding)
    if not texts:
        raise DataError("data.no_texts", path=str(source))
    return _table({column: texts}, source)


def whole_text(path: Path, encoding: str | None = None) -> str:
    """The text of a file, whose encoding is found if it is not said. Raises DataError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError("data.not_readable", path=str(path), fault=cause(error)) from None
    found = encoding or _encoding_of(data, path)
    return to_utf8(data, found, str(path)).decode().removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")


def _encoding_of(data: bytes, path: Path) -> str:
    try:
        return find_encoding(data, str(path), is_whole=True)
    except DataError as error:
        if error.key != "data.binary":
            raise
        odd = next(place for place, one in enumerate(data) if one == 0 or one in CONTROLS)
        byte, line, at = place_of(data, odd)
        raise DataError("data.not_text", path=str(path), byte=byte, line=line, at=at) from None


def lines_of(path: Path, encoding: str | None = None) -> list[str]:
    """The lines of a file, without those that are blank at its end."""
    return whole_text(path, encoding).rstrip().splitlines()


def _table(columns: dict[str, list[str]], place: Path) -> Table:
    return Table.from_frame(pl.DataFrame(columns), Source("texts", str(place)))
