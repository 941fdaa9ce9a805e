"""Where pictures come from: a folder per class, a table of paths, a folder or a file to predict."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jaram.data.columns import target_values
from jaram.data.data import Data
from jaram.data.examples import Examples
from jaram.data.folders import ClassFolder, class_folder, files_below, parts_in
from jaram.data.notices import Notice, listed, shown
from jaram.data.picture_files import is_picture_name
from jaram.data.pictures import Pictures, PictureWishes, survey
from jaram.data.table import Source, Table
from jaram.data.targets import TargetCoding
from jaram.errors import DataError

_LOOKED_AT = 200
MOSTLY = 0.8
"""A column of whose values so many are called like pictures was meant as paths of pictures."""


def holds_pictures(folder: Path) -> bool:
    """Whether most of the first files in a folder are called like pictures."""
    names = [path for path in files_below(folder)[:_LOOKED_AT] if path.suffix]
    return bool(names) and 2 * sum(map(is_picture_name, names)) >= len(names)


def folder_data(
    folder: Path,
    wishes: PictureWishes,
    *,
    task: str | None = None,
    valid: Any = None,
    test: Any = None,
) -> Data:
    """The pictures of a folder with a folder for each class; parts in folders above those are
    taken as such.

    Raises DataError for a class without pictures (unless ``skip_bad``), and for bad files.
    """
    given = parts_in(folder)
    found = class_folder(given.get("train", folder), is_picture_name)
    if not found.paths:
        loose = sum(is_picture_name(path) for path in folder.iterdir() if path.is_file())
        key = "data.pictures_loose" if loose else "data.no_pictures"
        raise DataError(key, path=str(found.root), count=loose)
    notices = list(_of_folder(found, wishes.skip_bad))
    intake, good, told = survey(found.paths, wishes)
    notices += told
    labels = np.asarray(found.labels, object)[good]
    read = examples(intake, [found.paths[i] for i in good], wishes.skip_bad, labels, found.root)
    parts: dict[str, Any] = {"valid": valid, "test": test}
    for part in ("valid", "test"):
        apart = parts[part] if parts[part] is not None else given.get(part)
        if apart is not None and not isinstance(apart, Data):
            more = labelled(intake, Path(apart), wishes.skip_bad)
            notices += more.notices
            parts[part] = (more.x, more.y)
    return Data(
        read.x,
        read.y,
        task=task,
        name=folder.name,
        target_names=("class",),
        feature_names=intake.feature_names,
        intake=intake,
        row_names=read.names,
        source=Source("pictures", str(folder)),
        notices=(*notices, *read.notices),
        **parts,
    )


def _of_folder(found: ClassFolder, skip_bad: bool) -> tuple[Notice, ...]:
    notices = []
    if found.empty:
        names = listed(found.empty)
        if not skip_bad:
            raise DataError("data.empty_class", names=names, path=str(found.root))
        notices.append(Notice("data.left_out_class", {"names": names}))
    if found.ignored:
        notices.append(Notice("data.not_pictures", {"count": found.ignored}))
    return tuple(notices)


def examples(
    intake: Pictures,
    paths: Sequence[Path],
    skip_bad: bool,
    labels: NDArray[Any] | None,
    root: Path,
) -> Examples:
    """The pixels of files, named by their paths from ``root``."""
    if not paths:
        raise DataError("data.no_pictures", path=str(root))
    x, good, notices = intake.read(paths, skip_bad)
    if not good.size:
        raise DataError("data.no_pictures", path=str(root))
    names = tuple(_below(paths[i], root) for i in good)
    return Examples(x, names, None if labels is None else labels[good], notices)


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def labelled(intake: Pictures, folder: Path, skip_bad: bool = False) -> Examples:
    """The pictures of a folder per class, read in the way of ``intake``, with their classes."""
    if not folder.is_dir():
        raise DataError("data.not_a_folder", path=str(folder))
    found = class_folder(folder, is_picture_name)
    labels = np.asarray(found.labels, object)
    return examples(intake, found.paths, skip_bad, labels, folder)


def unlabelled(intake: Pictures, source: Path, skip_bad: bool = False) -> Examples:
    """One picture file, or all pictures in a folder and below, by path."""
    if source.is_file():
        return examples(intake, [source], False, None, source.parent)
    paths = [path for path in files_below(source) if is_picture_name(path)]
    return examples(intake, paths, skip_bad, None, source)


def path_column(table: Table, targets: Iterable[str] = ()) -> str | None:
    """The column of a table whose values are called like pictures, if there is one.

    :data:`MOSTLY` is enough: a value that is not has to be told, where it is read.
    """
    for name in table.names:
        if name in table.number_names or name in targets:
            continue
        series = table.column(name)
        if series.dtype != pl.String:
            continue
        first = series.drop_nulls().head(_LOOKED_AT).to_list()
        if first and sum(map(is_picture_name, first)) >= MOSTLY * len(first):
            return name
    return None


def brings(table: Table, column: str, targets: Iterable[str]) -> bool:
    """Whether a table brings the pictures that a column names: some of the first are there, or it
    has nothing else. Names of pictures that lie elsewhere are a column like another."""
    if set(table.names) == {column, *targets}:
        return True
    here = Path(table.source.path).parent if table.source.path else Path()
    first = table.column(column).drop_nulls().head(_LOOKED_AT).to_list()
    return any(os.path.isfile(here / value) for value in first)  # noqa: PTH113 - no ValueError


def paths_of(table: Table, column: str) -> list[Path]:
    """The files that a column names, which lie in or below the table's own folder.

    Raises DataError, naming the line, for a path that leads out of that folder: a table that came
    from somewhere else must not read files that it does not bring.
    """
    here = Path(table.source.path).parent if table.source.path else Path()
    root = here.resolve()
    found = []
    for row, value in enumerate(table.column(column).to_list()):
        if value is None or not value.strip():
            raise DataError("data.path_missing", column=column, line=table.line(row))
        path = _resolved(here / value.strip())
        if path is None or not path.is_relative_to(root):
            line = table.line(row)
            raise DataError("data.path_outside", line=line, value=shown(value), path=str(root))
        found.append(path)
    return found


def _resolved(path: Path) -> Path | None:
    """Where a path leads to; None where that can't be, such as one with a zero in it."""
    try:
        return path.resolve()
    except (OSError, ValueError):
        return None


def table_data(
    table: Table,
    column: str,
    targets: tuple[str, ...],
    wishes: PictureWishes,
    *,
    task: str | None,
    name: str,
    notices: tuple[Notice, ...],
    special: Mapping[str, Any],
    valid: Table | None,
    test: Table | None,
) -> Data:
    """The pictures that a table names, with the answers that stand beside them."""
    paths = paths_of(table, column)
    intake, good, told = survey(paths, wishes)
    read = examples(
        intake,
        [paths[i] for i in good],
        wishes.skip_bad,
        good,
        Path(table.source.path or "").parent,
    )
    rows = np.asarray(read.y, np.int64)
    others = [one for one in table.names if one not in (column, *targets)]
    if others:
        told = (
            *told,
            Notice("data.left_out_beside", {"columns": listed(others), "column": column}),
        )
    parts: dict[str, Any] = {
        part: None
        if given is None
        else _pair(intake, given, column, targets, task, wishes.skip_bad)
        for part, given in (("valid", valid), ("test", test))
    }
    roles: dict[str, Any] = {
        role: None if values is None else values[rows] for role, values in special.items()
    }
    return Data(
        read.x,
        target_values(table, targets, task)[rows],
        task=task,
        name=name,
        target_names=targets,
        feature_names=intake.feature_names,
        intake=intake,
        row_names=read.names,
        source=table.source,
        notices=(*notices, *told, *read.notices),
        **roles,
        **parts,
    )


def _pair(
    intake: Pictures,
    table: Table,
    column: str,
    targets: tuple[str, ...],
    task: str | None,
    skip_bad: bool,
) -> tuple[NDArray[Any], NDArray[Any]]:
    paths = paths_of(table, column)
    read = examples(intake, paths, skip_bad, np.arange(len(paths)), Path())
    return read.x, target_values(table, targets, task)[np.asarray(read.y, np.int64)]


def from_table(
    intake: Pictures, table: Table, coding: TargetCoding | None, skip_bad: bool = False
) -> Examples:
    """The pictures that a table names, read in the way of ``intake``; with the answers that
    ``coding`` knows, if it is given."""
    column = path_column(table, () if coding is None else coding.task.target_names)
    if column is None:
        raise DataError("data.no_paths", path=table.source.path or "", known=listed(table.names))
    paths = paths_of(table, column)
    root = Path(table.source.path).parent if table.source.path else Path()
    y = None
    if coding is not None:
        y = target_values(table, coding.task.target_names, coding.task.kind)
    return examples(intake, paths, skip_bad, y, root.resolve())
