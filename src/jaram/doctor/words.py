"""Words for findings, remedies and scores, also for those that another version wrote."""

from __future__ import annotations

import string
from collections.abc import Callable
from functools import partial
from typing import Any

from jaram.doctor.finding import Finding, row_numbers
from jaram.messages import Language, entry, text

MOST_ROWS = 30
"""Rows of the data that are named in words."""
BEYOND = 1e100
"""A number this large stands for infinity (:func:`jaram.doctor.telling.numbers`)."""
SHARES = frozenset({"accuracy", "balanced_accuracy", "label_accuracy"})
"""Scores that are shares, shown as percentages."""


def called(name: str, lang: Language | None = None) -> str:
    """What a finding is called, in a few words."""
    return _known(lambda: text(f"doctor.called_{name}", lang=lang), name)


def what(finding: Finding, lang: Language | None = None) -> str:
    """What is wrong, in a sentence; its name if it is of a version that knew other findings."""
    return _known(lambda: finding.message(lang), called(finding.name, lang))


def why(finding: Finding, lang: Language | None = None) -> str:
    """Why it matters, in a sentence; empty if that is not known."""
    return _known(lambda: finding.reason(lang), "")


def fix(finding: Finding, lang: Language | None = None) -> str:
    """What to change, in a sentence; empty if that is not known."""
    return _known(lambda: finding.fix(lang), "")


def numbers_told(finding: Finding, lang: Language | None = None) -> list[str]:
    """The numbers of a finding that its sentences leave out, in a few words each.

    Those that the catalogue has no words for are left out here too.
    """
    told = []
    for name, value in finding.evidence.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and abs(value) < BEYOND and name not in _named(finding):
            told.append(_known(partial(text, f"doctor.shown_{name}", lang=lang, value=value), ""))
    return list(dict.fromkeys(filter(None, told)))


def _named(finding: Finding) -> set[str]:
    """The evidence that a finding's sentences name."""
    cases = (f"{finding.name}_{finding.case}", finding.name)
    found: set[str] = set()
    for part in ("what", "why", "fix"):
        for case in cases:
            try:
                sentence = entry("findings", f"{case}_{part}")["en"]
            except KeyError:
                continue
            found.update(name for _, name, _, _ in string.Formatter().parse(sentence) if name)
            break
    return found


def suspicious_rows(finding: Finding, lang: Language | None = None) -> str:
    """The rows of the data that a finding names, with what they look like; empty if it names
    none."""
    rows, given, likely = (finding.evidence.get(key) for key in ("rows", "given", "likely"))
    if not isinstance(rows, list) or not rows:
        return ""
    shown = [str(row) for row in row_numbers(rows[:MOST_ROWS])]
    if isinstance(given, list) and isinstance(likely, list) and len(given) == len(likely):
        shown = [
            text("doctor.row_taken_for", lang=lang, row=row, given=was, likely=like)
            for row, was, like in zip(shown, given, likely, strict=False)
        ]
    more = [] if len(rows) <= MOST_ROWS else ["…"]
    return text("doctor.rows_to_look_at", lang=lang, rows=", ".join([*shown, *more]))


def curve_name(name: str, lang: Language | None = None) -> str:
    """``"train/loss"`` in words; the name of a layer as it is."""
    part, sign, metric = name.partition("/")
    if not sign:
        return name
    part = _known(lambda: text(f"report.part_{part}", lang=lang), part)
    return f"{part} {metric_name(metric, lang)}"


def metric_name(metric: str, lang: Language | None = None) -> str:
    """A metric in the middle of a sentence."""
    found = _known(lambda: text(f"report.metric_{metric}", lang=lang), metric)
    return found[:1].lower() + found[1:] if found[1:2].islower() else found


def score_told(score: float, metric: str) -> str:
    """``"97.1 %"`` or, of R², ``"0.842"``."""
    told = f"{100 * score:.1f} %" if metric in SHARES else f"{score:.3f}"
    return told.replace("-", "−")


def remedies_told(verdict: dict[str, Any], lang: Language | None = None) -> str:
    """Remedies with their doses: ``"lower the learning rate (÷ 10) + scale the inputs"``."""
    pairs = zip(verdict["remedies"], verdict["doses"], strict=True)
    return " + ".join(
        remedy_called(name, lang) + (f" ({dose})" if dose else "") for name, dose in pairs
    )


def remedy_called(name: str, lang: Language | None = None) -> str:
    """What a remedy is called; its name if it is of a version that knew other remedies."""
    return _known(lambda: text(f"remedies.{name}", lang=lang), name)


def gain_told(gain: dict[str, Any], lang: Language | None = None) -> str:
    """A gain in points with its interval: ``"+12.3 (+8.0 to +16.6)"``."""
    low, high = (gain[end] for end in ("low", "high"))
    if low is None or high is None:
        return _points(gain["mean"])
    return text(
        "doctor.interval",
        lang=lang,
        gain=_points(gain["mean"]),
        low=_points(low),
        high=_points(high),
    )


def _points(value: float) -> str:
    told = f"{100 * value:+.1f}".replace("-", "−")
    return "0.0" if told in ("+0.0", "−0.0") else told


def _known(say: Callable[[], str], otherwise: str) -> str:
    """What ``say`` gives, or ``otherwise`` where the catalogue lacks the text or a number in it: a
    run may have been written by another version."""
    try:
        return say()
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, OSError):
        return otherwise.replace("_", " ")
