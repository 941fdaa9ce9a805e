"""The texts of the report that come from other rooms: findings, choices, notices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from jaram.doctor import words
from jaram.doctor.finding import SEVERITIES, Finding
from jaram.messages import LANGUAGES, Language, text
from jaram.report.evidence import Evidence, Table, finite, rows, table

Texts = dict[Language, str]


def findings(evidence: Evidence) -> list[Table]:
    """The run's findings, the gravest first, with ``what``, ``why`` and ``fix`` by language.

    Those of its diagnosis, each with ``numbers`` that its sentences leave out, ``rows`` to look at,
    the ``symptoms`` that it explains and its ``picture`` or that of a symptom; of a run without
    one, what was seen before the training.
    """
    diagnosis = table(evidence.run.get("diagnosis"))
    consequences = rows(diagnosis.get("symptoms"))
    told = []
    for found in rows((diagnosis or evidence.run).get("findings")):
        finding, named = _finding(found), found.get("symptoms")
        symptoms = [
            other
            for name in (named if isinstance(named, list) else [])
            for other in consequences
            if other.get("name") == name
        ]
        pictures = (_picture(table(seen.get("picture"))) for seen in (found, *symptoms))
        told.append(
            {
                "name": finding.name,
                "severity": finding.severity,
                "numbers": _by_language(partial(_numbers, finding), ""),
                "rows": _by_language(partial(words.suspicious_rows, finding), ""),
                "what": _by_language(partial(words.what, finding), ""),
                "why": _by_language(partial(words.why, finding), ""),
                "fix": _by_language(partial(words.fix, finding), ""),
                "symptoms": [
                    _by_language(partial(words.what, _finding(other)), "") for other in symptoms
                ],
                "picture": next(filter(None, pictures), None),
            }
        )
    return sorted(told, key=lambda finding: SEVERITIES.index(finding["severity"]))


def _numbers(finding: Finding, lang: Language) -> str:
    return " · ".join(words.numbers_told(finding, lang))


def unknown(evidence: Evidence) -> list[Texts]:
    """What could not be judged, by language."""
    names = table(evidence.run.get("diagnosis")).get("unknown")
    return [
        _by_language(partial(words.called, str(name)), str(name))
        for name in (names if isinstance(names, list) else [])
    ]


def _finding(found: Table) -> Finding:
    """A finding as far as it can be read; severities of another version count as minor."""
    severity = found.get("severity")
    return Finding(
        name=str(found.get("name", "")),
        severity=severity if severity in SEVERITIES else "minor",
        evidence=table(found.get("evidence")),
        case=str(found.get("case", "")),
    )


def _picture(told: Table) -> Table | None:
    """A finding's small plot: ``epochs``, and ``lines`` with ``label`` by language and ``values``;
    None if there is nothing to draw."""
    listed = told.get("epochs")
    epochs = [finite(epoch) for epoch in listed] if isinstance(listed, list) else []
    lines = []
    for name, values in table(told.get("lines")).items():
        numbers = [finite(value) for value in values] if isinstance(values, list) else []
        if len(numbers) == len(epochs) and any(number is not None for number in numbers):
            label = _by_language(partial(words.curve_name, name), name)
            lines.append({"label": label, "values": numbers})
    if not lines or None in epochs:
        return None
    return {"epochs": epochs, "lines": lines, "mark": finite(told.get("mark"))}


def choices(evidence: Evidence) -> list[Table]:
    """What was chosen for the learner: ``field``, ``value`` and the reason ``why`` by language."""
    return [
        {
            "field": str(choice.get("field", "")),
            "value": choice.get("value"),
            "why": in_both(str(choice.get("key", "")), table(choice.get("values"))),
        }
        for choice in rows(evidence.run.get("choices"))
    ]


def in_both(key: str, values: Table) -> Texts:
    """The text of ``key`` by language; empty where the catalogue does not have it."""
    return _by_language(lambda lang: text(key, lang=lang, **values), "")


def _by_language(say: Callable[[Language], str], otherwise: str) -> Texts:
    """What ``say`` gives for each language, or ``otherwise``.

    A run written by another version may name what this catalogue lacks, or lack a number that a
    text names; its report is drawn all the same.
    """
    texts: Texts = {}
    for lang in LANGUAGES:
        try:
            texts[lang] = say(lang)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError, OSError):
            texts[lang] = otherwise
    return texts
