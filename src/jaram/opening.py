"""Opening what was saved: a run, or a team of runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaram.ensemble.team import Ensemble
    from jaram.runs.run import Run


def open_folder(folder: str | Path) -> Run | Ensemble:
    """The run, or the ensemble, in a folder. No code in it is executed.

    Raises RunError, naming the file, if it is neither, unfinished, damaged, altered, or of a newer
    version.
    """
    from jaram.ensemble import store as teams
    from jaram.runs.store import open_run

    place = Path(folder)
    return teams.open_team(place) if teams.is_team(place) else open_run(place)
