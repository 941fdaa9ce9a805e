"""A study on disk: ``study.json``, ``space.toml``, ``trials.jsonl`` appended as trials finish, and
the winner's run in ``best/``."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any, TypeVar

import pydantic

from jaram.errors import RunError
from jaram.runs import store
from jaram.runs.files import (
    append_bytes,
    explained,
    finite,
    json_lines,
    read_bytes,
    read_json,
    read_json_lines,
    write_json,
    write_whole,
)
from jaram.searches.space import Space
from jaram.searches.study import Compilations, Confirmed, Settings, Study, Trial, latest, winner_of

FORMAT = 1
T = TypeVar("T")
CARD, SPACE, TRIALS, BEST = "study.json", "space.toml", "trials.jsonl", "best"


def begin(folder: Path, space: Space, settings: Settings) -> None:
    """Write what is known before the first trial."""
    store.new_folder(folder)
    write_whole(folder / SPACE, space.to_toml())
    write_whole(folder / TRIALS, "")
    write_json(folder / CARD, _card(settings, "running"))


def append(folder: Path, trials: list[Trial]) -> None:
    """Take note of trials that have come to a rung."""
    rows = [finite(dataclasses.asdict(trial)) for trial in trials]
    append_bytes(folder / TRIALS, json_lines(rows))


def conclude(study: Study, folder: Path) -> None:
    """Write the result and the winner's run."""
    if study.best is not None and not (folder / BEST).exists():
        study.best.save(folder / BEST)
    records = study.records or study.trials
    write_whole(folder / TRIALS, json_lines([finite(dataclasses.asdict(t)) for t in records]))
    confirmed = None if study.confirmed is None else dataclasses.asdict(study.confirmed)
    compilations = None if study.compilations is None else dataclasses.asdict(study.compilations)
    card = _card(study.settings, "finished") | {
        "confirmed": confirmed,
        "seconds": study.seconds,
        "compilations": compilations,
    }
    write_json(folder / CARD, card)


def _card(settings: Settings, status: str) -> dict[str, Any]:
    return {"format": FORMAT, "status": status, "settings": dataclasses.asdict(settings)}


def save(study: Study, folder: Path) -> Study:
    """Write ``study`` to a new folder; the study that lives there."""
    begin(folder, study.space, study.settings)
    conclude(study, folder)
    return dataclasses.replace(study, folder=folder)


def is_study(folder: Path) -> bool:
    """Whether a search was begun in ``folder``."""
    return (folder / CARD).is_file()


def open_study(folder: Path) -> Study:
    """The study in ``folder``, finished or not; raises RunError if there is none, or it is
    damaged."""
    if not is_study(folder):
        raise RunError("search.no_study", path=str(folder))
    card = read_json(folder / CARD)
    found = card.get("format")
    if type(found) is not int or found < 1:
        raise _damaged(folder, CARD, "format")
    if found > FORMAT:
        raise RunError("search.newer", path=str(folder), found=found, known=FORMAT)
    source = read_bytes(folder / SPACE).decode("utf-8", "replace")
    settings = _read(Settings, card, "settings", folder)
    confirmed = _read_optional(Confirmed, card, "confirmed", folder)
    compilations = _read_optional(Compilations, card, "compilations", folder)
    seconds = _read(float, {"seconds": 0.0} | card, "seconds", folder)
    records = tuple(_records(folder))
    space = Space.from_toml(source, str(folder / SPACE))
    for line, record in enumerate(records, start=1):
        if len(record.point) != len(space.dimensions):
            raise _damaged(folder, f"{TRIALS}:{line}", "point")
    winner = winner_of(latest(records))
    if confirmed is not None and (winner is None or winner.number != confirmed.trial):
        raise RunError("search.lost_records", path=str(folder / TRIALS), trial=confirmed.trial)
    return Study(
        space=space,
        settings=settings,
        trials=latest(records),
        records=records,
        compilations=compilations,
        confirmed=confirmed,
        best=store.open_run(folder / BEST) if (folder / BEST / "run.json").is_file() else None,
        seconds=seconds,
        folder=folder,
    )


def recorded(folder: Path) -> list[Trial]:
    """Every trial at every rung that ``folder`` took note of, but for those cut short."""
    return [trial for trial in _records(folder) if trial.status != "cut"]


def repair(folder: Path) -> None:
    """Drop a last line of ``trials.jsonl`` that was cut off while being written."""
    content = read_bytes(folder / TRIALS)
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        with explained(folder):
            write_whole(folder / TRIALS, whole)


def _records(folder: Path) -> list[Trial]:
    """What is in ``trials.jsonl``; raises RunError naming the line and the field at fault."""
    adapter = pydantic.TypeAdapter(Trial)
    records = []
    for line, row in enumerate(read_json_lines(folder / TRIALS), start=1):
        curve = row.get("curve")
        if isinstance(curve, list):  # what is not finite is written as null
            row["curve"] = [math.nan if value is None else value for value in curve]
        try:
            records.append(adapter.validate_python(row))
        except pydantic.ValidationError as error:
            raise _damaged(folder, f"{TRIALS}:{line}", _place(error)) from None
        if not records[-1].scores:
            raise _damaged(folder, f"{TRIALS}:{line}", "scores")
    return records


def _read(kind: type[T], card: dict[str, Any], name: str, folder: Path) -> T:
    """What ``study.json`` holds under ``name``; raises RunError naming the field at fault."""
    try:
        return pydantic.TypeAdapter(kind).validate_python(card.get(name))
    except pydantic.ValidationError as error:
        place = ".".join(filter(None, (name, _place(error))))
        raise _damaged(folder, CARD, place) from None


def _read_optional(kind: type[T], card: dict[str, Any], name: str, folder: Path) -> T | None:
    return None if card.get(name) is None else _read(kind, card, name, folder)


def _place(error: pydantic.ValidationError) -> str:
    """Where the first fault lies."""
    return ".".join(map(str, error.errors(include_url=False)[0]["loc"]))


def _damaged(folder: Path, file: str, field: str) -> RunError:
    return RunError("search.damaged", path=str(folder), file=file, field=field)
