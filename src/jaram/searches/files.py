"""A study on disk: ``study.json``, ``space.toml``, ``trials.jsonl`` appended as trials finish, and
the winner's run in ``best/``."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

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
    source = read_bytes(folder / SPACE).decode("utf-8", "replace")
    try:
        settings = Settings(**card["settings"])
        records = tuple(_trial(row) for row in read_json_lines(folder / TRIALS))
        told, compiled = card.get("confirmed"), card.get("compilations")
        confirmed = (
            None
            if told is None
            else Confirmed(told["trial"], told["chosen"], tuple(told["scores"]))
        )
        compilations = None if compiled is None else Compilations(**compiled)
    except (KeyError, TypeError) as error:
        raise RunError("search.damaged", path=str(folder), detail=str(error)) from None
    winner = winner_of(latest(records))
    if confirmed is not None and (winner is None or winner.number != confirmed.trial):
        raise RunError("search.lost_records", path=str(folder / TRIALS), trial=confirmed.trial)
    return Study(
        space=Space.from_toml(source, str(folder / SPACE)),
        settings=settings,
        trials=latest(records),
        records=records,
        compilations=compilations,
        confirmed=confirmed,
        best=store.open_run(folder / BEST) if (folder / BEST / "run.json").is_file() else None,
        seconds=float(card.get("seconds", 0.0)),
        folder=folder,
    )


def recorded(folder: Path) -> list[Trial]:
    """Every trial at every rung that ``folder`` took note of, but for those cut short."""
    return [
        trial for trial in map(_trial, read_json_lines(folder / TRIALS)) if trial.status != "cut"
    ]


def repair(folder: Path) -> None:
    """Drop a last line of ``trials.jsonl`` that was cut off while being written."""
    content = read_bytes(folder / TRIALS)
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        with explained(folder):
            write_whole(folder / TRIALS, whole)


def _trial(row: dict[str, Any]) -> Trial:
    lists: dict[str, Any] = {
        name: tuple(row[name])
        for name in ("point", "scores", "curve", "ends")
        if row.get(name) is not None
    }
    return Trial(**row | lists)
