"""The texts of the report that come from other rooms' catalogues: findings and choices."""

from __future__ import annotations

from jaram.messages import LANGUAGES, Language, text
from jaram.report.evidence import Evidence, Table, rows, table

SEVERITIES = ("grave", "notable", "minor")

Texts = dict[Language, str]


def findings(evidence: Evidence) -> list[Table]:
    """The run's findings, the gravest first, with ``what``, ``why`` and ``fix`` by language."""
    told = []
    for finding in rows(evidence.run.get("findings")):
        name = str(finding.get("name", ""))
        numbers = table(finding.get("evidence"))
        severity = finding.get("severity")
        told.append(
            {
                "name": name,
                "severity": severity if severity in SEVERITIES else "minor",
                "evidence": {
                    key: value for key, value in numbers.items() if not isinstance(value, dict)
                },
                "what": _texts(f"findings.{name}_what", numbers, name.replace("_", " ")),
                "why": _texts(f"findings.{name}_why", numbers, ""),
                "fix": _texts(f"findings.{name}_fix", numbers, ""),
            }
        )
    return sorted(told, key=lambda finding: SEVERITIES.index(finding["severity"]))


def choices(evidence: Evidence) -> list[Table]:
    """What was chosen for the learner: ``field``, ``value`` and the reason ``why`` by language."""
    return [
        {
            "field": str(choice.get("field", "")),
            "value": choice.get("value"),
            "why": _texts(str(choice.get("key", "")), table(choice.get("values")), ""),
        }
        for choice in rows(evidence.run.get("choices"))
    ]


def _texts(key: str, values: Table, otherwise: str) -> Texts:
    return {lang: _text(key, values, otherwise, lang) for lang in LANGUAGES}


def _text(key: str, values: Table, otherwise: str, lang: Language) -> str:
    """The text of ``key``, or ``otherwise``.

    A run written by another version may name what this catalogue lacks, or lack a number that a
    text names; its report is drawn all the same.
    """
    try:
        return text(key, lang=lang, **values)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, OSError):
        return otherwise
