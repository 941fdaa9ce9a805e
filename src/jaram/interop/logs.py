"""Curves of trainings from elsewhere: frames, CSV and JSON files, TensorBoard events, Keras."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jaram.data.files import check_file, read_file
from jaram.data.frames import is_frame, table_of
from jaram.data.notices import listed, shown
from jaram.doctor.evidence import Curves, Evidence
from jaram.errors import DataError, RunError
from jaram.interop import event_folder, json_log, keras, tensorboard
from jaram.interop.columns import recognise
from jaram.interop.csv_log import read_csv
from jaram.interop.epochs import LOSSES, Series, Timeline, curves, timeline
from jaram.interop.log import Log, of_columns

KNOWN_FILES = ("metrics.csv", "trainer_state.json", "history.jsonl")
"""Logs that are taken from a folder that holds no event files: those of Lightning, of Hugging
Face's trainer, and our own."""

_TABLES = (b"PAR1", b"ARROW1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def read_curves(source: Any, names: Mapping[str, str] | None = None) -> Evidence:
    """The evidence in curves from elsewhere.

    source: columns by name; a polars, pandas or arrow frame; rows, as a list of dicts; the losses
        of the epochs, as a list of numbers; what Keras' ``fit`` returns; the path of a CSV file
        (Keras' ``CSVLogger``, Lightning's ``metrics.csv``), of a JSON file (columns, rows, one row
        a line, Hugging Face's ``trainer_state.json``), of a Parquet or Excel file, of a TensorBoard
        event file or of the folder of one; or anything that has a method ``evidence()``, such as a
        :class:`jaram.interop.torch.Watcher`.
    names: the column of a role, where its name does not tell:
        ``{"train/loss": "my_column"}``. The roles are those of
        :data:`jaram.interop.columns.ROLES`.

    The curves have one value an epoch, or one for each time that the validation loss was measured.
    Of a log without epochs that has a row for every step, each row counts as an epoch, up to
    2,000; of longer ones equal parts are averaged. A score is kept if it is an accuracy or R².

    >>> evidence = read_curves({"loss": [0.9, 0.5, 0.4], "val_loss": [1.0, 0.7, 0.7]})
    >>> evidence.curves.valid_loss.tolist()
    [1.0, 0.7, 0.7]

    Raises RunError for what is neither a run nor a log, DataError for a log without two points, or
    without a loss that can be told, or with text where a number should stand.
    """
    if isinstance(source, Evidence):
        return source
    if isinstance(source, Curves):
        return Evidence(source)
    if callable(getattr(source, "evidence", None)) and not isinstance(source, type):
        found: Evidence = source.evidence()
        return found
    name, rate = keras.optimizer_of(source) if keras.is_history(source) else (None, None)
    evidence = _evidence(_log_of(source, names), names)
    return dataclasses.replace(
        evidence,
        optimizer=name,
        learning_rate=evidence.learning_rate if evidence.learning_rate is not None else rate,
    )


def _log_of(source: Any, names: Mapping[str, str] | None) -> Log:
    kind = type(source).__name__
    if isinstance(source, str | Path):
        return _log_at(Path(source), names)
    if keras.is_history(source):
        return keras.log_of(source)
    if isinstance(source, Mapping):
        return of_columns(kind, source)
    if is_frame(source):
        frame = table_of(source).frame
        is_pandas = type(source).__module__.partition(".")[0] == "pandas"
        return of_columns(kind, {one.name: one.to_list() for one in frame}, nan_is_blank=is_pandas)
    if isinstance(source, np.ndarray) and source.ndim == 1:
        source = source.tolist()
    log = json_log.of_json(kind, list(source)) if isinstance(source, list | tuple) else None
    if log is None:
        raise RunError("interop.not_a_log", got=kind)
    return log


def _log_at(path: Path, names: Mapping[str, str] | None) -> Log:
    if _is_folder(path):
        files = event_folder.event_files(path)
        if files:
            return event_folder.read_folder(path, files, names)
        known = next((path / name for name in KNOWN_FILES if (path / name).is_file()), None)
        if known is None:
            raise RunError("interop.no_log_in_folder", path=str(path))
        path = known
    check_file(path)
    try:
        with path.open("rb") as file:
            start = file.read(12)
            if tensorboard.FILE_MARK in path.name or tensorboard.is_event_file(start):
                return event_folder.read_folder(path.parent, [path], names)
            if start.startswith(_TABLES):
                frame = read_file(path).frame
                return of_columns(str(path), {one.name: one.to_list() for one in frame})
            content = start + file.read()
    except OSError as error:
        raise DataError("data.not_readable", path=shown(path), fault=error.strerror or "") from None
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return json_log.read_json(path, content)
    return read_csv(path, content)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


# --- from the log to the evidence ---------------------------------------------------------------


def _evidence(log: Log, names: Mapping[str, str] | None) -> Evidence:
    _check_rows(log)
    roles = recognise(_worth_reading(log, names), names, log.where)
    if not any(role in roles for role in LOSSES):
        if not any(np.isfinite(one.values).any() for one in log.columns.values()):
            names_there = listed(map(repr, log.columns))
            raise DataError("interop.no_numbers", where=log.where, found=names_there)
        raise DataError(
            "interop.no_loss",
            where=log.where,
            found=listed(log.columns),
            example=_example(log, roles),
        )
    for name in roles.values():
        if (text := log.columns[name].text) is not None:
            row, cell = text
            raise DataError(
                "interop.text_cell", where=log.where, column=name, row=row, cell=shown(cell)
            )
    found = timeline(log, roles)
    drawn = curves(found)
    if drawn is None:
        raise _no_curve(log, roles, found)
    rate = drawn.learning_rate
    return Evidence(
        drawn,
        learning_rate=None if rate is None or not len(rate) else float(np.max(rate)),
        ending="diverged" if _is_lost(found, drawn) else None,
    )


def _check_rows(log: Log) -> None:
    if not log.rows:
        raise DataError("interop.log_empty", where=log.where)
    if log.rows == 1 and any(role in recognise(log.columns, None, log.where) for role in LOSSES):
        raise DataError("interop.one_row", where=log.where)


def _worth_reading(log: Log, names: Mapping[str, str] | None) -> list[str]:
    """Columns with two cells at least, in the order of the log; a column of one value is a result,
    not a curve."""
    wanted = set((names or {}).values())
    return [name for name, one in log.columns.items() if one.cells > 1 or name in wanted]


def _example(log: Log, roles: Mapping[str, str]) -> str:
    """A column that might be the loss, for the message that shows how to say so."""
    numbers = [name for name, one in log.columns.items() if one.text is None]
    return next((name for name in numbers if name not in roles.values()), "my_column")


def _no_curve(log: Log, roles: Mapping[str, str], found: Timeline) -> DataError:
    losses = [role for role in LOSSES if role in found.series]
    if any(found.series[role].has_number for role in losses):
        return DataError("interop.one_row", where=log.where)
    columns = listed(roles[role] for role in losses)
    return DataError("interop.nan_everywhere", where=log.where, columns=columns)


def _is_lost(found: Timeline, drawn: Curves) -> bool:
    """Whether a loss stopped being a number, perhaps after the last point."""

    def broken(series: Series | None) -> bool:
        return series is not None and not np.isfinite(series.value).all()

    read = {"train/loss": drawn.train_loss, "valid/loss": drawn.valid_loss}
    return any(broken(found.series.get(role)) for role in LOSSES if read[role] is not None)
