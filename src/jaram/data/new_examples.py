"""New examples for a fitted preparation, read from a path in the way its own were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jaram.data.builtin import is_made_of_arrays
from jaram.data.data import Data
from jaram.data.examples import Examples
from jaram.data.files import check_file
from jaram.data.from_table import load_for, load_frame
from jaram.data.idx import is_idx
from jaram.data.language import windows_of
from jaram.data.language_sources import running_text
from jaram.data.load import load
from jaram.data.picture_files import is_picture_name
from jaram.data.picture_sources import from_table, labelled, unlabelled
from jaram.data.pictures import Pictures
from jaram.data.preparation import Preparation
from jaram.data.series import Series
from jaram.data.series_sources import from_table as series_from_table
from jaram.data.series_sources import from_ts, series_of
from jaram.data.targets import TargetCoding
from jaram.data.text_sources import folder_table, is_text_name, unlabelled_table
from jaram.data.tokens import Tokens
from jaram.data.ts_file import is_ts
from jaram.data.windows import Forecast
from jaram.errors import DataError


def inputs_for(
    preparation: Preparation, source: Any, *, skip_bad: bool = False, **reading: Any
) -> Any:
    """What ``preparation`` can be applied to: ``source`` itself, or what the file, folder or
    built-in set of that name holds. Answers need not be there.

    ``skip_bad``: leave out pictures that can't be read. ``reading``: how a table is written, as in
    :func:`~jaram.data.load.load`. Raises DataError.
    """
    if not isinstance(source, str | Path):
        return source
    if is_made_of_arrays(source) or is_idx(Path(source)):
        return load(source)
    path = Path(source).expanduser()
    if isinstance(preparation.intake, Pictures):
        return _pictures(preparation.intake, path, skip_bad, **reading)
    if isinstance(preparation.intake, Series):
        return _series(preparation.intake, path, None, **reading)
    if isinstance(preparation.intake, Forecast):
        values, told = series_of(preparation.intake, load_frame(path, **reading))
        return Examples(preparation.intake.last_window(values), notices=told)
    if isinstance(preparation.intake, Tokens):
        return Examples(_windows(preparation, source, **reading)[0])
    if preparation.text is not None and (path.is_dir() or is_text_name(path)):
        return unlabelled_table(path, preparation.text.column, reading.get("encoding"))
    return load_frame(source, **reading)


def _windows(preparation: Preparation, source: Any, **reading: Any) -> tuple[Any, Any]:
    """The windows of the running text in ``source``, and what comes next."""
    assert preparation.tokens is not None
    vocabulary = preparation.tokens.vocabulary
    if vocabulary is None:
        raise DataError("data.not_an_array", what="x", got=type(source).__name__)
    text, _ = running_text(source, None, reading)
    return windows_of(text, vocabulary, preparation.shape[0])


def _series(intake: Series, path: Path, coding: TargetCoding | None, **reading: Any) -> Examples:
    if is_ts(path):
        return from_ts(intake, path)
    return series_from_table(intake, load_frame(path, **reading), coding)


def _pictures(intake: Pictures, path: Path, skip_bad: bool, **reading: Any) -> Examples:
    if path.is_dir():
        return unlabelled(intake, path, skip_bad)
    check_file(path)
    if is_picture_name(path):
        return unlabelled(intake, path)
    return from_table(intake, load_frame(path, **reading), None, skip_bad)


def examples_for(
    preparation: Preparation, source: Any, *, skip_bad: bool = False, **reading: Any
) -> Data:
    """Examples with their answers, coded as ``preparation`` does, for measuring a run.

    ``source``: Data, or what :func:`~jaram.data.load.load` takes. Raises DataError.
    """
    if isinstance(source, Data):
        return source
    is_path = isinstance(source, str | Path)
    if is_made_of_arrays(source) or (is_path and is_idx(Path(source))):
        return load(source)
    intake, coding = preparation.intake, preparation.coding
    if is_path and isinstance(intake, Pictures):
        path = Path(source).expanduser()
        if path.is_dir():
            found = labelled(intake, path, skip_bad)
        else:
            found = from_table(intake, load_frame(path, **reading), coding, skip_bad)
        return Data(found.x, found.y, coding=coding, row_names=found.names)
    if is_path and isinstance(intake, Series):
        found = _series(intake, Path(source).expanduser(), coding, **reading)
        return Data(found.x, found.y, coding=coding, intake=intake)
    if is_path and isinstance(intake, Forecast):
        x, y = intake.windows(series_of(intake, load_frame(source, **reading))[0])
        return Data(x, y, coding=coding)
    if isinstance(intake, Tokens):
        x, y = _windows(preparation, source, **reading)
        return Data(x, y, coding=coding, intake=intake)
    if preparation.text is not None and is_path and Path(source).is_dir():
        source = folder_table(Path(source), reading.pop("encoding", None)).frame
    return load_for(preparation, source, **reading)
