"""The minibatch: too few steps an epoch, or steps that are mostly noise."""

from __future__ import annotations

from collections.abc import Iterable

from jaram.doctor.evidence import Evidence
from jaram.doctor.finding import Severity
from jaram.doctor.registry import Sighting, finds
from jaram.doctor.steps import overlong, thrown_about, was_killed
from jaram.doctor.telling import numbers, severity


@finds(
    "batch_too_large",
    remedies=("smaller_batch", "more_epochs", "raise_learning_rate"),
    explains=("slow_convergence", "too_few_epochs", "underfitting", "constant_prediction"),
)
def batch_too_large(evidence: Evidence) -> Iterable[Sighting]:
    """The training ended on its way, and what it had too little of were steps in an epoch.

    A batch larger than the data, which the pre-flight notes, is harmless where learning is done.
    """
    course = evidence.course
    ended_early = not evidence.has_diverged and overlong(course) is None and course.is_unfinished
    if ended_early and course.lack == "batch":
        told = numbers(
            batch_size=evidence.batch_size,
            rows=None if evidence.prepared is None else len(evidence.prepared.train),
            steps=course.steps,
            per_epoch=evidence.curves.steps_per_epoch,
            epochs=evidence.curves.epochs,
            usual=course.usual_batch,
            late=course.late,
        )
        yield Sighting(severity(evidence), told, "steps", course.picture())
        return
    for note in evidence.notes:
        if note.name == "batch_too_large":
            yield Sighting("minor", note.evidence)


@finds(
    "batch_too_small",
    remedies=("larger_batch", "lower_learning_rate"),
    explains=("oscillating_loss", "dead_units"),
)
def batch_too_small(evidence: Evidence) -> Iterable[Sighting]:
    """Steps on a handful of examples, which keep throwing the network about at the end, or threw
    its units where no example reaches them."""
    for note in evidence.notes:
        if note.name == "batch_too_small":
            bad: Severity = "minor" if evidence.is_healthy else "grave"
            yield Sighting(bad, note.evidence, note.case)
            return
    course = evidence.course
    if thrown_about(course) or was_killed(evidence):
        told = numbers(
            batch_size=evidence.batch_size,
            swing=course.swing,
            wavers=course.wavers,
            epochs=evidence.curves.epochs,
        )
        case = "noise" if thrown_about(course) else "killed"
        if evidence.has_diverged:
            case = "broke"
        yield Sighting(severity(evidence), told, case, course.picture())
