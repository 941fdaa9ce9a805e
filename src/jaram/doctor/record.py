"""The record of a treatment: plain values for ``treatment.json``, the report and the terminal."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.finding import JSON
from jaram.messages import LANGUAGES

if TYPE_CHECKING:
    from jaram.doctor.interval import Gain
    from jaram.doctor.trial import Measured
    from jaram.doctor.verdict import Confirmation, Treatment, Verdict

FORMAT = 1
FILE = "treatment.json"
TREATED_RECIPE = "recipe.treated.toml"
MOST_POINTS = 200
"""Epochs of a curve that are recorded."""


def record_of(treatment: Treatment) -> dict[str, JSON]:
    """What a treatment found out, without weights: it can be told and drawn from this alone."""
    from jaram.doctor.treatment import is_treatable  # brings in JAX, which no report needs

    confirmation, accepted = treatment.confirmation, treatment.accepted
    return {
        "format": FORMAT,
        "metric": treatment.metric,
        "part": treatment.part,
        "seeds": _seeds(treatment),
        "seconds": treatment.seconds,
        "helped": treatment.helped,
        "untreatable": treatment.untreatable,
        "is_treatable": is_treatable(treatment.diagnosis),
        "of_data": [finding.name for finding in treatment.diagnosis if is_of_data(finding.name)],
        "diagnosis": treatment.diagnosis.to_json(),
        "verdicts": [_verdict(found, found is accepted) for found in treatment.verdicts],
        "confirmation": None if confirmation is None else _confirmation(confirmation),
        "random": None if treatment.random is None else _confirmation(treatment.random),
        "changes": _changes(treatment) if treatment.helped else None,
        "before": treatment.before.to_toml(),
        "after": treatment.recipe.to_toml() if treatment.helped else None,
    }


def is_of_data(name: str) -> bool:
    """Whether a finding is an illness of the data, which no recipe treats."""
    from jaram.doctor.registry import all_definitions

    known = all_definitions().get(name)
    return known is not None and known.of_data


def _seeds(treatment: Treatment) -> int | None:
    if treatment.verdicts:
        return treatment.verdicts[0].gain.seeds
    return None


def _changes(treatment: Treatment) -> dict[str, list[str]]:
    """What the treated recipe does differently, a line each, by language."""
    from jaram.doctor.difference import describe, difference

    changes = difference(treatment.before, treatment.recipe)
    return {lang: [describe([change], lang) for change in changes] for lang in LANGUAGES}


def _verdict(verdict: Verdict, is_accepted: bool) -> dict[str, JSON]:
    return {
        "remedies": list(verdict.remedies),
        "doses": list(verdict.doses),
        "score": verdict.measured.mean,
        "gain": _gain(verdict.gain),
        "share": verdict.share,
        "cured": verdict.cured,
        "accepted": is_accepted,
    }


def _gain(gain: Gain) -> dict[str, JSON]:
    """Its interval is null where one seed leaves it open."""
    return {
        "mean": gain.mean,
        "low": _finite(gain.low),
        "high": _finite(gain.high),
        "seeds": gain.seeds,
        "comparisons": gain.comparisons,
    }


def _confirmation(found: Confirmation) -> dict[str, JSON]:
    test = None
    if found.test_gain is not None:
        assert found.test_control is not None
        assert found.test_treated is not None
        test = {
            "rows": found.test_rows,
            "gain": _gain(found.test_gain),
            "control": found.test_control.tolist(),
            "treated": found.test_treated.tolist(),
        }
    return {
        "holds": found.holds,
        "gain": _gain(found.gain),
        "chance": _finite(found.chance),
        "control": _arm(found.control),
        "treated": _arm(found.treated),
        "remedies": list(found.treated.arm.remedies),
        "doses": list(found.treated.arm.doses),
        "test": test,
    }


def _arm(measured: Measured) -> dict[str, JSON]:
    return {"scores": measured.scores.tolist(), "curve": band(measured.curves)}


def band(curves: NDArray[np.float64]) -> dict[str, list[Any]]:
    """Mean and standard deviation over seeds of curves ``(seeds, epochs)``, at ``epochs``.

    A member that stopped early counts as long as it trained; the curve ends where fewer than half
    of the members were still in training.
    """
    in_training = np.isfinite(curves).sum(axis=0)
    enough = np.flatnonzero(in_training * 2 >= len(curves))
    last = int(enough[-1]) + 1 if len(enough) else 0
    places = np.unique(np.linspace(0, max(0, last - 1), min(last, MOST_POINTS)).astype(int))
    places = places[in_training[places] > 0]
    known = [column[np.isfinite(column)] for column in curves[:, places].T]
    return {
        "epochs": (places + 1).tolist(),
        "mean": [_digits(values.mean()) for values in known],
        "sd": [_digits(values.std(ddof=min(1, len(values) - 1))) for values in known],
    }


def _digits(value: Any) -> float:
    return float(f"{float(value):.5g}")


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def write_record(record: dict[str, JSON], before: Path, after: Path | None) -> list[Path]:
    """Write a treatment's record into the folder of the run ``before`` it, and, if it helped, of
    the run ``after`` it; both reports are written anew. Returns the files written.

    Raises RunError if a file can't be written.
    """
    from jaram.report.html import write_report
    from jaram.runs.files import read_json, write_json, write_whole

    folders, written = [before] if after is None else [before, after], []
    for folder in folders:
        runs = {"before": _path(before, folder), "after": after and _path(after, folder)}
        write_json(folder / FILE, record | {"runs": runs})
        written.append(folder / FILE)
    if record["after"] is not None:
        write_whole(before / TREATED_RECIPE, record["after"])
        written.append(before / TREATED_RECIPE)
    card = read_json(before / "run.json")
    write_json(before / "run.json", card | {"diagnosis": record["diagnosis"]})
    return [*written, *map(write_report, folders)]


def _path(run: Path, start: Path) -> str:
    """Where a run lies, seen from another; its own path where they are on different drives."""
    try:
        return Path(os.path.relpath(run, start)).as_posix()
    except ValueError:
        return run.resolve().as_posix()


def read_record(folder: Path) -> dict[str, JSON] | None:
    """The record of the treatment that the run in ``folder`` had or came from; None if there is
    none, or one of a newer version.

    Raises RunError if it can't be read.
    """
    from jaram.runs.files import read_json

    if not (folder / FILE).is_file():
        return None
    record = read_json(folder / FILE)
    return record if record.get("format") == FORMAT else None
