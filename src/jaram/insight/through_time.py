"""The gradient through time of a run as plain values, kept in its folder beside its vital signs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaram.runs.files import finite, read_json
from jaram.training.through_time import Floats, ThroughTime

FILE = "through_time.json"


def told(found: Iterable[ThroughTime], layer_names: Sequence[str]) -> dict[str, Any]:
    """Plain values for :data:`FILE`: of each recurrent layer its place (from 0), its name and both
    gradients, from the step farthest back to the last."""
    return {
        "layers": [
            {
                "layer": one.layer,
                "name": layer_names[one.layer],
                "first": [finite(value) for value in one.first.tolist()],
                "best": [finite(value) for value in one.best.tolist()],
            }
            for one in found
        ]
    }


def read(folder: Path) -> tuple[ThroughTime, ...] | None:
    """What :func:`told` wrote in a run's folder; None if there is no such file.

    Raises RunError if it is no JSON object, and LookupError, TypeError or ValueError if it holds
    something else.
    """
    if not (folder / FILE).is_file():
        return None
    found = []
    for line in read_json(folder / FILE)["layers"]:
        first, best = (_floats(line[name]) for name in ("first", "best"))
        if len(first) != len(best):
            raise ValueError(f"{FILE} holds {len(first)} steps before and {len(best)} after")
        found.append(ThroughTime(int(line["layer"]), first, best))
    return tuple(found)


def _floats(values: list[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def rows(found: Iterable[ThroughTime], layer_names: Sequence[str]) -> list[dict[str, Any]]:
    """One row per recurrent layer and step, the step farthest back first."""
    return [
        {
            "layer": one.layer,
            "name": layer_names[one.layer],
            "steps_back": len(one.first) - 1 - place,
            "first": float(first),
            "best": float(best),
        }
        for one in found
        for place, (first, best) in enumerate(zip(one.first, one.best, strict=True))
    ]
