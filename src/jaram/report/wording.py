"""The texts of the report that come from other rooms: findings, choices, notices."""

from __future__ import annotations

from collections.abc import Callable

from jaram.doctor.finding import SEVERITIES, Finding
from jaram.messages import LANGUAGES, Language, text
from jaram.report.evidence import Evidence, Table, rows, table

Texts = dict[Language, str]


def findings(evidence: Evidence) -> list[Table]:
    """The run's findings, the gravest first, with ``what``, ``why`` and ``fix`` by language."""
    told = []
    for found in rows(evidence.run.get("findings")):
        name, severity = str(found.get("name", "")), found.get("severity")
        finding = Finding(
            name=name,
            severity=severity if severity in SEVERITIES else "minor",
            evidence=table(found.get("evidence")),
            case=str(found.get("case", "")),
        )
        told.append(
            {
                "name": name,
                "severity": finding.severity,
                "evidence": {
                    key: value
                    for key, value in finding.evidence.items()
                    if not isinstance(value, dict)
                },
                "what": _by_language(finding.message, name.replace("_", " ")),
                "why": _by_language(finding.reason, ""),
                "fix": _by_language(finding.fix, ""),
            }
        )
    return sorted(told, key=lambda finding: SEVERITIES.index(finding["severity"]))


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
