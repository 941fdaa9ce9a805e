"""A finding: one named problem, with the numbers that show it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from jaram.messages import Language, text

Severity = Literal["grave", "notable", "minor"]
SEVERITIES: tuple[Severity, ...] = ("grave", "notable", "minor")
"""Gravest first. Grave: the training failed or its result can't be trusted; notable: it could
clearly be better; minor: good to know."""

JSON = Any
"""What JSON can hold: None, bool, int, float, str, and lists and dicts of these."""


@dataclass(frozen=True)
class Picture:
    """A small plot that shows a finding.

    lines: by label (a name of the history or of a layer), one value an epoch, at most
    ``MOST_POINTS`` of them, None where there is none. epochs: the epochs of the values.
    mark: the epoch to point at, if one.
    """

    lines: dict[str, tuple[float | None, ...]]
    epochs: tuple[int, ...]
    mark: int | None = None

    MOST_POINTS: ClassVar[int] = 60

    @staticmethod
    def of(lines: Mapping[str, Any], mark: int | None = None) -> Picture:
        """Of arrays ``(epochs,)``, thinned evenly with the first and the last epoch kept."""
        count = max(len(values) for values in lines.values())
        most = min(count, Picture.MOST_POINTS)
        places = [round(i * (count - 1) / max(1, most - 1)) for i in range(most)]
        return Picture(
            {
                name: tuple(_finite(values[i]) if i < len(values) else None for i in places)
                for name, values in lines.items()
            },
            tuple(place + 1 for place in places),
            mark,
        )


def _finite(value: Any) -> float | None:
    """A value as it is drawn: five digits are more than a plot shows."""
    number = float(f"{float(value):.5g}")
    return number if math.isfinite(number) else None


_SHOWN_ITEMS = 5  # of a list in a sentence; the evidence itself keeps them all


@dataclass(frozen=True)
class Finding:
    """A problem of a recipe, its data or its training.

    name: what the problem is called everywhere: ``"unscaled_input"``.
    evidence: the numbers and names that show it; they fill the placeholders of its texts.
    remedies: names of the remedies that may help; empty where no recipe can (a leak in the data).
    case: which of several wordings of the same problem fits; ``""`` for the only one.
    symptoms: names of the findings that are its consequences and are told with it.
    picture: a small plot that shows it.

    Its texts are ``findings.<name>_what``, ``_why`` and ``_fix`` of the catalogue, or
    ``findings.<name>_<case>_what`` … where a case has words of its own.
    """

    name: str
    severity: Severity
    evidence: dict[str, JSON] = field(default_factory=dict)
    remedies: tuple[str, ...] = ()
    case: str = ""
    symptoms: tuple[str, ...] = ()
    picture: Picture | None = None

    def message(self, lang: Language | None = None) -> str:
        """One sentence: what is wrong, and where."""
        return self._text("what", lang)

    def reason(self, lang: Language | None = None) -> str:
        """One sentence: why it matters."""
        return self._text("why", lang)

    def fix(self, lang: Language | None = None) -> str:
        """One sentence: what to change."""
        return self._text("fix", lang)

    def explain(self, lang: Language | None = None) -> str:
        """What is wrong, why it matters and what to change, one line each."""
        return "\n".join(self._text(part, lang) for part in ("what", "why", "fix"))

    def to_json(self) -> dict[str, JSON]:
        """A table for JSON; the inverse is :meth:`from_json`."""
        table: dict[str, JSON] = {
            "name": self.name,
            "severity": self.severity,
            "evidence": dict(self.evidence),
            "remedies": list(self.remedies),
        }
        if self.case:
            table["case"] = self.case
        if self.symptoms:
            table["symptoms"] = list(self.symptoms)
        if self.picture is not None:
            table["picture"] = dataclasses.asdict(self.picture)
        return table

    @staticmethod
    def from_json(table: Mapping[str, JSON]) -> Finding:
        """The finding that :meth:`to_json` wrote."""
        if table["severity"] not in SEVERITIES:
            raise ValueError(f"{table['severity']!r} is no severity")
        return Finding(
            name=str(table["name"]),
            severity=table["severity"],
            evidence=dict(table.get("evidence", {})),
            remedies=tuple(table.get("remedies", ())),
            case=str(table.get("case", "")),
            symptoms=tuple(table.get("symptoms", ())),
            picture=_picture(table.get("picture")),
        )

    def _text(self, part: str, lang: Language | None) -> str:
        shown = {name: _readable(_from_one(name, value)) for name, value in self.evidence.items()}
        if self.case:
            try:
                return text(f"findings.{self.name}_{self.case}_{part}", lang=lang, **shown)
            except KeyError:  # this case shares the sentence of the others
                pass
        return text(f"findings.{self.name}_{part}", lang=lang, **shown)


def _picture(table: Mapping[str, JSON] | None) -> Picture | None:
    if not table:
        return None
    lines = {str(name): tuple(values) for name, values in table["lines"].items()}
    return Picture(lines, tuple(table["epochs"]), table.get("mark"))


def by_severity(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Gravest first; findings of the same severity stay in their order."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def _from_one(name: str, value: JSON) -> JSON:
    """Evidence as a person counts: its rows are places, from 0, but texts count them from 1."""
    if name == "rows" and isinstance(value, list | tuple):
        return row_numbers(value)
    return value + 1 if name == "row" and isinstance(value, int) else value


def row_numbers(places: Sequence[JSON]) -> list[JSON]:
    """Numbers of rows in texts; row 1 is the first row of the data."""
    return [place + 1 if isinstance(place, int) else place for place in places]


def _readable(value: JSON) -> JSON:
    if not isinstance(value, list | tuple):
        return value
    items = [str(item) for item in value[:_SHOWN_ITEMS]]
    return ", ".join(items) + (", …" if len(value) > _SHOWN_ITEMS else "")
