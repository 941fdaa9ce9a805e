"""The team's folder: ``ensemble.json``, and the members' own folders below ``members``.

Open formats only; opening reads data and runs no code in it.
"""

from __future__ import annotations

import datetime
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import jaram
from jaram.ensemble.gain import Gain
from jaram.ensemble.team import Ensemble, Saved
from jaram.ensemble.votes import Vote
from jaram.errors import RunError, UsageError
from jaram.runs.files import explained, fingerprint, read_bytes, read_json, write_json
from jaram.runs.store import damage_told, new_folder, open_run

CARD = "ensemble.json"
MEMBERS = "members"
FORMAT = 1


def is_team(folder: Path) -> bool:
    """Whether a team was written to ``folder``."""
    return (folder / CARD).is_file()


def members_folder(folder: Path) -> Path:
    """Where the members of the team in the new ``folder`` go.

    Raises RunError if there is something in its place.
    """
    return new_folder(folder) / MEMBERS


def save(team: Ensemble, folder: Path) -> Ensemble:
    """The team in a new folder; a member that has a folder is copied from it as it is."""
    base = members_folder(folder)
    width = len(str(len(team.members)))
    members = []
    for number, member in enumerate(team.members, start=1):
        place = base / f"{number:0{width}d}"
        if member.folder is None:
            members.append(member.save(place))
            continue
        with explained(place):
            shutil.copytree(member.folder, place)
        members.append(replace(member, folder=place))
    return conclude(replace(team, members=members), folder)


def conclude(team: Ensemble, folder: Path) -> Ensemble:
    """Write ``ensemble.json`` beside members that are in their folders; only then it is a team."""
    gain = team.gain
    write_json(
        folder / CARD,
        {
            "format": FORMAT,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "versions": {"jaram": jaram.__version__},
            "task": team.task.to_json(),
            "vote": team.vote,
            "members": [
                _entry(member.folder, weight)
                for member, weight in zip(team.members, team.weights or (), strict=True)
            ],
            "metrics": team.metrics,
            "gain": None if gain is None else gain.to_json(),
        },
    )
    return replace(team, folder=folder, saved=Saved(team.metrics, gain))


def _entry(place: Path | None, weight: float) -> dict[str, Any]:
    assert place is not None
    return {
        "folder": place.name,
        "weight": weight,
        "run.json": fingerprint(read_bytes(place / "run.json")),
    }


def open_team(folder: Path) -> Ensemble:
    """The team in a folder.

    Raises RunError, naming the file, if it is damaged, altered, or of a newer version.
    """
    card = folder / CARD
    told = read_json(card)
    found = told.get("format")
    if type(found) is not int or found < 1:
        raise RunError("runs.file_damaged", path=str(card), detail="no format number")
    if found > FORMAT:
        raise RunError("runs.newer", path=str(folder), found=found, known=FORMAT)
    try:
        with damage_told(folder):
            return _opened(folder, told)
    except UsageError as error:  # members or weights that make no team
        raise RunError("runs.damaged", path=str(folder), detail=str(error).rstrip(".")) from None


def _opened(folder: Path, told: dict[str, Any]) -> Ensemble:
    members = []
    for entry in told["members"]:
        name = str(entry["folder"])
        if name != Path(name).name or name == "..":  # a hostile card looks elsewhere
            raise ValueError(f"{name!r} is not the name of a folder")
        place = folder / MEMBERS / name
        member = open_run(place)
        if fingerprint(read_bytes(place / "run.json")) != entry["run.json"]:
            raise RunError("runs.altered", path=str(place / "run.json"))
        members.append(member)
    vote: Vote = told["vote"]  # an unknown one is refused below
    weights = [float(entry["weight"]) for entry in told["members"]]
    gain = told["gain"]
    return Ensemble(
        members,
        vote,
        weights if vote == "weighted" else None,
        folder=folder,
        saved=Saved(
            {str(name): float(value) for name, value in told["metrics"].items()},
            None if gain is None else Gain.from_json(gain),
        ),
    )
