"""What the pre-flight noted before the training, judged again now that its outcome is known."""

from __future__ import annotations

from collections.abc import Iterator

from jaram.doctor.evidence import Evidence
from jaram.doctor.finding import Finding, Severity
from jaram.doctor.registry import Sighting

LARGE_LOSS = 0.10
"""Points of accuracy or R² below a simple model from which the result is called a failure: one
answer in ten that need not be wrong."""


def weight_of(evidence: Evidence, unknown: Severity) -> Severity:
    """How bad a mistake in the setup turned out to be.

    ``"grave"``: the training failed, or lost ``LARGE_LOSS``. ``"notable"``: it stayed below a
    simple model. ``"minor"``: nothing simple would have done better. Where the outcome is not
    known, ``unknown``.
    """
    if evidence.has_failed or evidence.has_diverged:
        return "grave"
    if evidence.shortfall:
        return "grave" if evidence.shortfall >= LARGE_LOSS else "notable"
    return "minor" if evidence.is_healthy else unknown


def noted(evidence: Evidence, name: str) -> Iterator[Finding]:
    """The notes of the pre-flight under ``name``."""
    return (note for note in evidence.notes if note.name == name)


def kept(note: Finding, severity: Severity | None = None) -> Sighting:
    """A note as a sighting, with its own words and remedies, as bad as noted or as told."""
    return Sighting(severity or note.severity, note.evidence, note.case, None, note.remedies)


def judged_again(evidence: Evidence, name: str) -> Iterator[Sighting]:
    """The notes under ``name``, as bad as they turned out to be; one that was minor stays so."""
    for note in noted(evidence, name):
        minor = note.severity == "minor"
        yield kept(note, "minor" if minor else weight_of(evidence, note.severity))
