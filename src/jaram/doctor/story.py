"""Findings in words and small curves, for a terminal."""

from __future__ import annotations

import math

from jaram.doctor.diagnosis import Diagnosis
from jaram.doctor.evidence import Evidence
from jaram.doctor.finding import Finding, Picture
from jaram.doctor.registry import all_definitions
from jaram.doctor.words import called, curve_name, metric_name, score_told
from jaram.messages import Language, text
from jaram.progress import sparkline

MOST_LINES = 3
"""Curves of a picture that are drawn in a terminal."""
BARS = 24
"""Characters of a curve."""
MOST_UNKNOWN = 6
"""Findings that could not be judged and are still named one by one."""


def symptoms(finding: Finding, lang: Language | None = None) -> str:
    """The consequences that are told with a finding, in half a line; empty if it has none."""
    if not finding.symptoms:
        return ""
    names = ", ".join(called(name, lang) for name in finding.symptoms)
    return text("doctor.with_it", lang=lang, names=names)


def drawn(picture: Picture, lang: Language | None = None) -> list[str]:
    """A finding's picture as a line of bars for each of its first curves."""
    lines = []
    for name, values in list(picture.lines.items())[:MOST_LINES]:
        known = [value for value in values if value is not None]
        if not known:
            continue
        bars = sparkline([math.nan if value is None else value for value in values], BARS)
        key = "doctor.drawn" if picture.mark is None else "doctor.drawn_marked"
        told = text(
            key,
            lang=lang,
            name=curve_name(name, lang),
            bars=bars.rstrip(),
            first=f"{known[0]:.3g}",
            last=f"{known[-1]:.3g}",
            from_epoch=picture.epochs[0],
            to_epoch=picture.epochs[-1],
            mark=picture.mark,
        )
        lines.append(told)
    return lines


def health(diagnosis: Diagnosis, evidence: Evidence, lang: Language | None = None) -> list[str]:
    """Whether the training is healthy, if nothing of weight was found, and what it was compared
    with."""
    lines = []
    if not any(finding.severity != "minor" for finding in diagnosis):
        key = "doctor.nothing_serious" if diagnosis else "doctor.nothing_found"
        key = key if evidence.is_healthy else "doctor.nothing_known"
        key = "doctor.nothing_explains" if evidence.falls_short else key
        lines.append(text(key, lang=lang))
    return [*lines, *comparison(evidence, lang)]


def comparison(evidence: Evidence, lang: Language | None = None) -> list[str]:
    """How the network compares with simple models and a constant prediction, as far as known."""
    told = _standing(evidence, lang)
    reference = evidence.reference if told else None
    if reference is None:
        return standing(evidence, lang)
    metric = evidence.curves.score_name
    models = ("linear", "neighbours", "kernel", "constant")
    best = max(models, key=lambda model: float(getattr(reference, model)))
    return [
        text(
            "doctor.compared",
            lang=lang,
            rows=reference.rows,
            model=text(f"doctor.model_{best}", lang=lang),
            best=score_told(reference.best, metric),
            **told,
        )
    ]


def standing(evidence: Evidence, lang: Language | None = None) -> list[str]:
    """How the network compares with a constant prediction, as far as known."""
    told = _standing(evidence, lang)
    return [text("doctor.compared_with_chance", lang=lang, **told)] if told else []


def _standing(evidence: Evidence, lang: Language | None) -> dict[str, str]:
    metric, outcome, chance = evidence.curves.score_name, evidence.outcome, evidence.chance
    if outcome is None or chance is None or not metric:
        return {}
    return {
        "metric": metric_name(metric, lang),
        "score": score_told(outcome, metric),
        "chance": score_told(chance, metric),
    }


def unknown(
    diagnosis: Diagnosis, evidence: Evidence, lang: Language | None = None, *, all_named: bool
) -> str:
    """What could not be judged and what it would have taken, in one line; empty if all was."""
    if not diagnosis.unknown:
        return ""
    lacking = dict.fromkeys(
        kind
        for name in diagnosis.unknown
        if name in all_definitions()
        for kind in all_definitions()[name].reads
        if not evidence.has(kind)
    )
    kinds = ", ".join(text(f"doctor.kind_{kind}", lang=lang) for kind in lacking)
    if len(diagnosis.unknown) > MOST_UNKNOWN and not all_named:
        return text("doctor.unknown_many", lang=lang, count=len(diagnosis.unknown), kinds=kinds)
    names = ", ".join(called(name, lang) for name in diagnosis.unknown)
    return text("doctor.unknown", lang=lang, names=names, kinds=kinds)
