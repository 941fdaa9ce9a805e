"""A forecast against what came, with its interval, beside the forecasts that need no learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Part
from jaram.data.windows import Forecast
from jaram.errors import RunError
from jaram.insight.intervals import SHARE, Interval, covered, half_widths
from jaram.runs.files import read_json
from jaram.training.outputs import Answers

if TYPE_CHECKING:
    from jaram.runs.run import AnswersOf, Run

FILE = "examples.json"
"""Where a run's folder tells of single examples."""
SHOWN = 3
"""Forecasts that are shown: the last, the first and one in the middle of the part."""


def forecasts_told(run: Run, name: str, part: Part, answers_of: AnswersOf) -> dict[str, Any]:
    """Forecasts of the part ``name`` as plain values in the target's own unit.

    The interval comes from the errors on the validation part. Where there is a test part, its
    ``covered`` share is measured there; else the interval of the earlier half of the validation
    part is measured on the later half. ``errors`` are mean absolute ones by step ahead.
    """
    intake = run.preparation.intake
    if not isinstance(intake, Forecast) or run.task.kind != "regression":
        return {}
    truth, foretold = in_own_unit(run, part, answers_of(name))
    past, numbers = _past(run, intake, part), np.sort(part.rows)
    repeated = intake.repeated(past)
    told: dict[str, Any] = {
        "kind": "forecast",
        "target": intake.target,
        "horizon": intake.horizon,
        "window": intake.window,
        "season": intake.season,
        "errors": {
            which: np.abs(truth - one).mean(axis=0).tolist()
            for which, one in ({"network": foretold} | repeated).items()
        },
    }
    widths = np.full(intake.horizon, np.inf)
    if "valid" in run.parts:
        checked = run.parts["valid"]
        true, said = in_own_unit(run, checked, answers_of("valid"))
        residuals = true - said
        widths = half_widths(residuals)
        told["interval"] = _interval(
            residuals, widths, truth - foretold if name == "test" else None
        )
    last = len(part.x) - 1
    rows = dict.fromkeys([last, last // 2, 0])  # of windows in order of time
    told["examples"] = [
        {
            "row": int(numbers[row]) + 1,
            "past": past[row].tolist(),
            "true": truth[row].tolist(),
            "predicted": foretold[row].tolist(),
            "low": (foretold[row] - widths).tolist(),
            "high": (foretold[row] + widths).tolist(),
        }
        | {which: one[row].tolist() for which, one in repeated.items()}
        for row in list(rows)[:SHOWN]
    ]
    return told


def interval_of(run: Run) -> Interval | None:
    """The interval around the forecasts of ``run``, as its report tells it; None if it makes no
    forecasts, or was validated on too few to know it.

    Of a run that was opened it is read from its folder. Raises RunError if that is damaged.
    """
    if not isinstance(run.preparation.intake, Forecast) or run.task.kind != "regression":
        return None
    if run.prepared is not None:
        name = "test" if "test" in run.parts else "valid"
        if "valid" not in run.parts:
            return None
        true, said = in_own_unit(run, run.parts["valid"], run.answers_of("valid"))
        later = None
        if name == "test":
            truth, foretold = in_own_unit(run, run.parts[name], run.answers_of(name))
            later = truth - foretold
        told = _interval(true - said, half_widths(true - said), later)
    else:
        place = None if run.folder is None else run.folder / FILE
        if place is None or not place.exists():
            return None
        told = read_json(place).get("interval") or {}
    return _read_interval(told, run)


def _read_interval(told: dict[str, Any], run: Run) -> Interval | None:
    """The interval that :func:`_interval` told; None where its widths are not known."""
    widths, covered_share = told.get("half_widths"), told.get("covered")
    if widths is None:
        return None
    try:
        found = Interval(
            float(told["share"]),
            tuple(float(width) for width in widths),
            int(told["windows"]),
            None if covered_share is None else float(covered_share),
            str(told["checked_on"]),
        )
        if len(found.half_widths) != run.task.outputs:
            raise ValueError(f"{len(found.half_widths)} half-widths for {run.task.outputs} steps")
    except (KeyError, TypeError, ValueError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise RunError("runs.file_damaged", path=str(run.folder), detail=detail) from None
    return found


def _interval(
    residuals: NDArray[np.float64], widths: NDArray[np.float64], later: NDArray[np.float64] | None
) -> dict[str, Any]:
    """``share`` stated, its ``half_widths`` by step ahead (None where they are not known), from how
    many windows, and the share ``covered`` of later ones."""
    told: dict[str, Any] = {"share": SHARE, "windows": len(residuals), "checked_on": "test"}
    stated = widths.tolist() if bool(np.isfinite(widths).all()) else None
    told["half_widths"] = stated
    if later is None:
        half = len(residuals) // 2
        later, widths = residuals[half:], half_widths(residuals[:half])
        told["checked_on"] = "later_half"
    is_known = bool(np.isfinite(widths).all()) and len(later) > 0
    return told | {"covered": covered(later, widths) if is_known else None}


def in_own_unit(
    run: Run, part: Part, found: Answers
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """True and foretold values ``(n, horizon)``, in order of time."""
    order = np.argsort(part.rows)
    true = run.preparation.inverse_target(part.y).reshape(len(part.y), -1)
    said = run.preparation.inverse_target(found.answer).reshape(len(part.y), -1)
    return np.asarray(true, np.float64)[order], np.asarray(said, np.float64)[order]


def _past(run: Run, intake: Forecast, part: Part) -> NDArray[np.float64]:
    """The target's values in each window, ``(n, window)``, in its own unit, in order of time."""
    channel = intake.channels.index(intake.target)
    scaled = np.asarray(part.x[..., channel], np.float64)
    scaled = scaled[np.argsort(part.rows)]
    return scaled * run.preparation.scale[channel] + run.preparation.center[channel]
