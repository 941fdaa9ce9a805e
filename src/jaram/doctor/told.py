"""A treatment in words, for a terminal and for :meth:`Treatment.report`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaram.doctor.finding import Finding
from jaram.doctor.record import record_of
from jaram.doctor.words import (
    called,
    fix,
    gain_told,
    metric_name,
    remedies_told,
    score_told,
    suspicious_rows,
)
from jaram.messages import Language, language, text
from jaram.messages.width import pad, width
from jaram.progress import duration

if TYPE_CHECKING:
    from jaram.doctor.verdict import Treatment

MOST_ROWS = 12
"""Verdicts of the table that are shown; the best come first."""

Record = dict[str, Any]


def treatment_told(treatment: Treatment, lang: Language | None = None) -> str:
    """The treatment in words: what was found, tried and gained."""
    return record_told(record_of(treatment), lang)


def record_told(
    record: Record, lang: Language | None = None, *, after_the_findings: bool = False
) -> str:
    """A treatment in words, from its record (:func:`~jaram.doctor.record.record_of`).

    after_the_findings: whether what to do about them has been told already.
    """
    lines = []
    if record["verdicts"]:
        lines += [*_table(record, lang), "", *verdict_told(record, lang)]
    elif record["is_treatable"]:
        lines.append(text("doctor.untried", lang=lang))
    elif not record["of_data"]:
        lines.append(text("doctor.untreated_healthy", lang=lang))
    if record["changes"]:
        lines += ["", text("doctor.changed", lang=lang)]
        lines += [f"  {line}" for line in record["changes"][lang or language()]]
    about_data = of_data_told(record, lang, with_advice=not after_the_findings)
    return "\n".join([*lines, *about_data])


def before_told(record: Record, run: Path, lang: Language | None = None) -> str:
    """What came of the treatment that a run had, or that it came from, in a line.

    run: the folder that the record lies in.
    """
    told = (
        verdict_told(record, lang) if record["verdicts"] else record_told(record, lang).split("\n")
    )
    runs = record.get("runs") or {}
    if runs.get("before", ".") != ".":
        return text("doctor.treated_here", lang=lang, told=told[0])
    if not record["helped"] or not runs.get("after"):
        return text("doctor.treated_before", lang=lang, told=told[0])
    after = os.path.normpath(run / str(runs["after"]))
    return text("doctor.treated_with", lang=lang, told=told[0], run=after)


def is_settled(record: Record) -> bool:
    """Whether remedies of the run's own recipe were trained to their end: another treatment would
    say the same."""
    is_own = (record.get("runs") or {}).get("before", ".") == "."
    return is_own and any(verdict["share"] >= 1 for verdict in record["verdicts"])


def of_data_told(
    record: Record, lang: Language | None = None, *, with_advice: bool = True
) -> list[str]:
    """The findings that no recipe treats; as advice what to do instead, and the rows to look at."""
    lines = []
    for found in map(Finding.from_json, record["diagnosis"]["findings"]):
        if found.name not in record["of_data"]:
            continue
        lines.append(text("doctor.untreated_data", lang=lang, name=called(found.name, lang)))
        if with_advice:
            lines += filter(None, [fix(found, lang), suspicious_rows(found, lang)])
    return lines


def _table(record: Record, lang: Language | None) -> list[str]:
    """The remedies that were tried, the best first, as lines of a table."""
    head = text(
        "doctor.trial_of",
        lang=lang,
        metric=metric_name(record["metric"], lang),
        part=text(f"report.part_{record['part']}", lang=lang),
        seeds=record["seeds"],
        time=duration(record["seconds"]),
    )
    names = ("remedy", "score", "gain", "cured")
    rows = [[text(f"doctor.head_{name}", lang=lang) for name in names]]
    rows.append([text("doctor.as_it_was", lang=lang), control_told(record), "", ""])
    verdicts = record["verdicts"]
    rows += [verdict_cells(verdict, record["metric"], lang) for verdict in verdicts[:MOST_ROWS]]
    widths = [max(width(row[place]) for row in rows) for place in range(len(names))]
    lines = [
        "  "
        + "  ".join(
            pad(cell, size, right=place == 1)
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    if len(verdicts) > MOST_ROWS:
        lines.append("  " + text("doctor.rows_more", lang=lang, count=len(verdicts) - MOST_ROWS))
    starts = {round(v["score"] - v["gain"]["mean"], 6) for v in verdicts}
    if len(starts) > 1:
        lines.append("  " + text("doctor.rounds", lang=lang))
    return [head, *lines]


def control_told(record: Record) -> str:
    """Score of the recipe as it was, in the first round of the trial."""
    singles = [verdict for verdict in record["verdicts"] if len(verdict["remedies"]) == 1]
    first = (singles or record["verdicts"])[0]
    return score_told(first["score"] - first["gain"]["mean"], record["metric"])


def verdict_cells(verdict: Record, metric: str, lang: Language | None) -> list[str]:
    """The cells of a row: remedies and doses, score, gain with its interval, whether it cured."""
    if verdict["cured"] is None:
        share = f"{100 * verdict['share']:.0f} %"
        cured = text("doctor.cured_dropped", lang=lang, share=share)
    else:
        cured = text(f"doctor.cured_{'yes' if verdict['cured'] else 'no'}", lang=lang)
    remedies = remedies_told(verdict, lang)
    return [remedies, score_told(verdict["score"], metric), gain_told(verdict["gain"], lang), cured]


def verdict_told(record: Record, lang: Language | None = None) -> list[str]:
    """The verdict of the whole treatment, with the figures from fresh seeds."""
    confirmation, metric = record["confirmation"], record["metric"]
    told = {"metric": metric_name(metric, lang), "count": len(record["verdicts"])}
    if confirmation is None and all(found["share"] < 1 for found in record["verdicts"]):
        return [text("doctor.verdict_cut", lang=lang)]
    if confirmation is None:
        return [text("doctor.verdict_none", lang=lang, **told)]
    remedy = remedies_told(confirmation, lang)
    seeds, gain = confirmation["gain"]["seeds"], gain_told(confirmation["gain"], lang)
    if not confirmation["holds"]:
        told |= {"remedy": remedy, "seeds": seeds, "gain": gain}
        return [text("doctor.verdict_unconfirmed", lang=lang, **told)]
    lines = [
        text("doctor.verdict_accepted", lang=lang, remedy=remedy),
        text(
            "doctor.confirmed",
            lang=lang,
            metric=told["metric"],
            seeds=seeds,
            control=_mean(confirmation["control"]["scores"], metric),
            treated=_mean(confirmation["treated"]["scores"], metric),
            gain=gain,
            chance="–"
            if confirmation["chance"] is None
            else score_told(confirmation["chance"], metric),
        ),
    ]
    test = confirmation["test"]
    if test is not None:
        lines.append(
            text(
                "doctor.confirmed_apart",
                lang=lang,
                rows=test["rows"],
                control=_mean(test["control"], metric),
                treated=_mean(test["treated"], metric),
                gain=gain_told(test["gain"], lang),
            )
        )
    if record["random"] is not None:
        score = _mean(record["random"]["treated"]["scores"], metric)
        lines.append(text("doctor.beside_random", lang=lang, score=score))
    return lines


def tried_told(finding: Finding, record: Record, lang: Language | None = None) -> str | None:
    """What was tried against a finding and what it gained, in a line; None if nothing was.

    The accepted verdict, with its gain on fresh seeds, if it cured or holds one of the finding's
    remedies; else the best that does.
    """
    if not finding.remedies:
        return None
    own = [v for v in record["verdicts"] if set(v["remedies"]) & set(finding.remedies)]
    accepted = [v for v in record["verdicts"] if v["accepted"] and (v["cured"] or v in own)]
    if not own and not accepted:
        return None
    if accepted:
        gain = gain_told(record["confirmation"]["gain"], lang)
        remedy = remedies_told(accepted[0], lang)
        return text("doctor.tried_accepted", lang=lang, remedy=remedy, gain=gain)
    gain = gain_told(own[0]["gain"], lang)
    return text("doctor.tried", lang=lang, remedy=remedies_told(own[0], lang), gain=gain)


def _mean(scores: list[float], metric: str) -> str:
    return score_told(sum(scores) / len(scores), metric)
