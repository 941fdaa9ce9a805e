"""The diagnosis: every finding that the evidence supports, told as few stories."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from jaram.data.prepare import Prepared
from jaram.doctor import patient
from jaram.doctor.evidence import MATTERS, Evidence
from jaram.doctor.finding import SEVERITIES, Finding, by_severity
from jaram.doctor.registry import Definition, all_definitions
from jaram.doctor.threads import one_thread
from jaram.errors import UsageError

if TYPE_CHECKING:
    from jaram.runs.run import AnswersOf, Run

SHOWN = 5
"""Findings that are shown unless all are asked for."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Diagnosis(Sequence[Finding]):
    """Findings, the most important first; a sequence of them.

    findings: one for each cause, with its consequences among its ``symptoms``.
    symptoms: the findings that those explain, which are shown only when all are asked for.
    unknown: names of findings that the evidence is not enough to judge.
    """

    findings: tuple[Finding, ...]
    symptoms: tuple[Finding, ...] = ()
    unknown: tuple[str, ...] = ()

    @overload
    def __getitem__(self, index: int) -> Finding: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...

    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        return self.findings[index]

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __repr__(self) -> str:
        shown = ", ".join(f"{finding.name} ({finding.severity})" for finding in self.findings)
        return f"Diagnosis({shown or 'nothing found'})"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the findings."""
        return tuple(finding.name for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """A table for JSON; the inverse is :meth:`from_json`."""
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "symptoms": [finding.to_json() for finding in self.symptoms],
            "unknown": list(self.unknown),
        }

    @staticmethod
    def from_json(table: Mapping[str, Any]) -> Diagnosis:
        """The diagnosis that :meth:`to_json` wrote."""
        return Diagnosis(
            tuple(Finding.from_json(item) for item in table["findings"]),
            tuple(Finding.from_json(item) for item in table["symptoms"]),
            tuple(str(name) for name in table["unknown"]),
        )


def diagnose(
    subject: Any, data: Any = None, *, names: Mapping[str, str] | None = None
) -> Diagnosis:
    """What is wrong with a training, the most important first.

    subject: a :class:`~jaram.runs.run.Run`; the folder of one, which may still be training or have
        been killed; or curves from elsewhere: a frame or dict of columns, a CSV, JSON or
        TensorBoard event file, a Keras ``History`` (:mod:`jaram.interop.logs`).
    data: the data of the run (a :class:`~jaram.data.Data`, or what :func:`~jaram.data.load` takes),
        where the run was opened from a folder and the data can't be found where it was.
    names: of the columns of curves from elsewhere, as :func:`jaram.interop.logs.read_curves` takes
        them.

    Raises RunError or DataError for what is none of these or holds no curve, UsageError for names
    of a run's columns, which are known.
    """
    return diagnose_evidence(gather(subject, data, names))


def gather(subject: Any, data: Any = None, names: Mapping[str, str] | None = None) -> Evidence:
    """The evidence that :func:`diagnose` reads."""
    from jaram.runs.run import Run

    is_folder = isinstance(subject, str | Path) and (Path(subject) / "run.json").is_file()
    if names is not None and (is_folder or isinstance(subject, Evidence | Run)):
        raise UsageError("doctor.names_of_a_run")
    if isinstance(subject, Evidence):
        return subject
    if isinstance(subject, Run):
        is_known = isinstance(data, Prepared) or (data is None and subject.prepared is not None)
        known = data if is_known else patient.prepared_for(subject, data, subject.folder)
        return patient.of_run(subject, known)
    if is_folder:
        return patient.of_folder(Path(subject), data)
    from jaram.interop.logs import read_curves

    return read_curves(subject, names)


def diagnose_at_once(run: Run, answers_of: AnswersOf | None = None) -> Diagnosis:
    """What is seen of a run without compiling anything: the diagnosis that it is stored with.

    answers_of: gives the run's answers for a part where they are known already.
    """
    evidence = patient.of_run(run, answers_of=answers_of)
    known = evidence.through_time if run.knows_through_time else None
    return diagnose_evidence(dataclasses.replace(evidence, examination=None, through_time=known))


def look_ahead(prepared: Prepared) -> None:
    """Find out what a diagnosis will want to know of the data, while the training still runs."""
    from jaram.doctor.baselines import reference
    from jaram.doctor.suspects import cross

    with suppress(Exception), one_thread():  # a mistake is raised by the diagnosis itself
        all_definitions()
        if prepared.task.has_steps:  # simple models do not answer every step
            return
        if 1 - reference(prepared).best > MATTERS:  # else nothing is suspected
            _ = cross(prepared).explained


def diagnose_evidence(evidence: Evidence) -> Diagnosis:
    """The diagnosis of whatever evidence there is.

    A note of the pre-flight is judged again by the rule of its name, now that the outcome is known;
    one without a rule is handed on as it is.
    """
    definitions = all_definitions()
    found: list[Finding] = []
    unknown: list[str] = []
    with one_thread():
        for definition in definitions.values():
            if all(evidence.has(kind) for kind in definition.reads):
                found += definition.judge(evidence)
            else:
                unknown.append(definition.name)
    found += [note for note in evidence.notes if note.name not in definitions]
    heads, symptoms = tell(tuple(found), definitions)
    return Diagnosis(by_severity(heads), symptoms, tuple(unknown))


def tell(
    found: tuple[Finding, ...], definitions: dict[str, Definition]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings as stories: the causes with their symptoms, and the symptoms themselves.

    A finding belongs to the story of another that explains it, directly or through others. A cause
    is as severe as the worst of its consequences.
    """
    present = {finding.name for finding in found}
    harmless = {f.name for f in found if f.severity == "minor"}
    explained_by = {
        name: {
            other
            for other in present
            if other != name
            and name in definitions.get(other, _NOTHING).explains
            and (name in harmless or other not in harmless)  # what does no harm causes none
        }
        for name in present
    }
    roots = {name for name in present if not explained_by[name]}
    heads, symptoms = [], []
    for finding in found:
        if finding.name not in roots:
            symptoms.append(finding)
            continue
        reached = _reached(finding.name, explained_by)
        consequences = [other for other in found if other.name in reached]
        severity = min(
            [finding.severity, *(other.severity for other in consequences)], key=SEVERITIES.index
        )
        names = tuple(dict.fromkeys(other.name for other in consequences))
        heads.append(dataclasses.replace(finding, severity=severity, symptoms=names))
    return tuple(heads), tuple(symptoms)


def _reached(root: str, explained_by: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    new = {root}
    while new:
        new = {name for name, causes in explained_by.items() if causes & new} - reached - {root}
        reached |= new
    return reached


_NOTHING = Definition("", (), (), (), False, lambda _: ())
