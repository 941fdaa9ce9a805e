"""What the report tells of a treatment: its record in ``treatment.json``, arranged for drawing."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from jaram.doctor import words
from jaram.messages import LANGUAGES, Language
from jaram.report.evidence import Series, Table, finite, rows, table

MOST_VERDICTS = 15
"""Verdicts that are shown, the best first."""
KNOWN_FORMAT = 1


def arrange_treatment(record: Table) -> Table | None:
    """The verdicts, the curves and what came of it, in both languages.

    None if there was no treatment, or its record is damaged or of a newer version: the report of
    the run is drawn all the same.
    """
    if record.get("format") != KNOWN_FORMAT:
        return None
    try:
        return _arranged(record)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        return None


def _arranged(record: Table) -> Table:
    from jaram.doctor import told

    verdicts = rows(record["verdicts"])
    metric = str(record["metric"])
    confirmation = record["confirmation"]
    return {
        "metric": metric,
        "is_share": metric in words.SHARES,
        "part": str(record["part"]),
        "seeds": None if confirmation is None else confirmation["gain"]["seeds"],  # of the curves
        "helped": bool(record["helped"]),
        "conclusion": _by_language(partial(_conclusion, record)),
        "control": told.control_told(record) if verdicts else None,
        "verdicts": [_verdict(verdict) for verdict in verdicts[:MOST_VERDICTS]],
        "more": max(0, len(verdicts) - MOST_VERDICTS),
        "curves": None if confirmation is None else _curves(confirmation, metric),
        "changes": {lang: [str(line) for line in record["changes"][lang]] for lang in LANGUAGES}
        if record["changes"]
        else None,
        "runs": {name: str(path) for name, path in table(record.get("runs")).items() if path},
    }


def _conclusion(record: Table, lang: Language) -> list[str]:
    """The verdict of the whole treatment, a sentence an item."""
    from jaram.doctor import told

    if not record["verdicts"]:
        return told.record_told(record, lang).splitlines()
    return [*told.verdict_told(record, lang), *told.of_data_told(record, lang)]


def _verdict(verdict: Table) -> Table:
    gain = {end: finite(verdict["gain"][end]) for end in ("mean", "low", "high")}
    return {
        "remedies": _by_language(partial(words.remedies_told, verdict)),
        "score": finite(verdict["score"]),
        "gain": gain,
        "cured": verdict["cured"],
        "share": finite(verdict["share"]),
        "accepted": bool(verdict["accepted"]),
    }


def _curves(confirmation: Table, metric: str) -> Table:
    """Mean and band over seeds of both arms, on one axis of epochs; no band leaves what the metric
    can be."""
    least = 0.0 if metric in words.SHARES else -math.inf
    arms = {name: table(confirmation[name]["curve"]) for name in ("control", "treated")}
    epochs = sorted({int(epoch) for curve in arms.values() for epoch in curve["epochs"]})
    bands = {name: _band(curve, epochs, least) for name, curve in arms.items()}
    return {"epochs": epochs, **bands}


def _band(curve: Table, epochs: list[int], least: float) -> Table:
    places = {int(epoch): place for place, epoch in enumerate(curve["epochs"])}
    mean: Series = []
    low: Series = []
    high: Series = []
    for epoch in epochs:
        place = places.get(epoch)
        middle = None if place is None else finite(curve["mean"][place])
        spread = None if place is None else finite(curve["sd"][place])
        mean.append(middle)
        if middle is None or spread is None:
            low.append(None)
            high.append(None)
        else:
            low.append(max(least, middle - spread))
            high.append(min(1.0, middle + spread))
    return {"mean": mean, "low": low, "high": high}


def _by_language(say: Any) -> dict[Language, Any]:
    return {lang: say(lang) for lang in LANGUAGES}
