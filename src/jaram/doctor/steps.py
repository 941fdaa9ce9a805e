"""Steps that overshoot, and steps that chance throws about."""

from __future__ import annotations

import numpy as np

from jaram.doctor import signals
from jaram.doctor.course import FIRST_EXAMPLES, WAVERS, Course
from jaram.doctor.evidence import Evidence
from jaram.doctor.passage import died, frozen
from jaram.doctor.restraint import restraints

RISEN = 0.1
"""Share of its scale that the training loss must end above its start to be above it."""
RISES = 0.25
"""Share of all progress that the training loss must have given back to be risen."""
WIDE_SWING = 0.5
"""Swings of the training loss from half its progress on say that it does not settle."""
UNSETTLED = 0.1
"""Swings of the training loss, as a share of its scale, that a settled training stays below."""
OVERSHOOT = 4.0
"""How many times its start the training loss must reach for the steps to have thrown it up: 2.3 at
most in trainings that were ill of something else."""
FAR = 4.0
"""How many times their first size the weights must have moved: healthy trainings move by about
once, small networks on long trainings by a few times."""
VERY_FAR = 10.0
"""The same for trainings whose last steps are short: units that died stop moving."""
LONG_UPDATE = 1e-2
"""A step that changes a hundredth of the weights, epoch after epoch, is long."""
VERY_LONG_UPDATE = 2e-2
"""A step of which it is no wonder that the loss does not settle."""
PARTED = 0.1
"""Share of its progress that the validation loss must have given back to have turned up."""
TINY = 4
"""Examples a step up to which the direction of a step is mostly chance."""


def overlong(course: Course) -> str | None:
    """Which sign of overlong steps a training shows that suffered from them; None if none."""
    evidence = course.evidence
    if evidence.has_diverged:
        return "diverged" if overshoots(course) else None
    if len(course.loss) < 2 or course.held_back_by is not None or frozen(evidence):
        return None
    if evidence.is_healthy:
        return "swings" if course.swing >= WIDE_SWING and course.wavers >= WAVERS else None
    is_known = evidence.shortfall is not None
    if is_known and not evidence.falls_short:
        return None
    if evidence.size.is_too_small:
        return None
    end, loss = signals.level(course.loss, 1.0), course.loss
    if end > max(course.start, float(loss[0])) + RISEN * course.scale and not course.is_falling:
        return "rises"
    if course.swing >= WIDE_SWING:
        return "swings"
    if course.back >= RISES and course.drop > 0.05:
        return "rises_again"
    if not is_known and not course.learned_too_little:
        return None
    if overshoots(course):
        return "overshoots"
    update = course.update or 0.0
    if moved(evidence) >= (FAR if update >= LONG_UPDATE else VERY_FAR):
        return "far"
    if course.learned_too_little or course.is_unfinished:
        return None  # weights that never grew have long updates, too
    return "long" if update >= VERY_LONG_UPDATE and course.swing >= UNSETTLED else None


def overshoots(course: Course) -> bool:
    """Whether the steps, not the first weights, threw the training loss far above its start."""
    return highest(course) > OVERSHOOT * course.start > 0 and not course.begins_wild


def highest(course: Course) -> float:
    """The highest level of the training loss: of the minibatches, averaged over enough of them; of
    the epochs where dropout or noise are part of what a minibatch shows."""
    steps = course.evidence.curves.steps
    is_disturbed = any(each.kind in ("dropout", "noise") for each in restraints(course.evidence))
    if steps is None or not len(steps) or (is_disturbed and not course.evidence.has_diverged):
        return float(np.max(course.loss)) if len(course.loss) else 0.0
    finite = signals.finite(steps)
    if len(finite) < len(steps):
        return float("inf") if not len(finite) else float(np.max(finite))
    width = max(1, FIRST_EXAMPLES // (course.evidence.batch_size or FIRST_EXAMPLES))
    means = np.convolve(finite, np.full(width, 1 / width), mode="valid")
    return float(np.max(means)) if len(means) else float(np.max(finite))


def moved(evidence: Evidence) -> float:
    """How far the layer that moved most went, relative to its first weights; 0 if not known."""
    found = evidence.moved
    if found is None or not np.isfinite(found).any():
        return 0.0
    return float(np.nanmax(found))


def was_killed(evidence: Evidence) -> bool:
    """Whether steps on a handful of examples left a failed network with mostly dead units."""
    batch = evidence.batch_size
    return batch is not None and batch <= TINY and bool(evidence.has_failed) and died(evidence)


def thrown_about(course: Course) -> bool:
    """Whether steps on a handful of examples kept the network from settling, and it cost something:
    it falls short, or any other epoch's weights would have been worse."""
    evidence = course.evidence
    batch = evidence.batch_size
    if batch is None or batch > TINY:
        return False
    if evidence.has_diverged:
        return overshoots(course)
    if len(course.loss) < 3:
        return False
    costs = evidence.falls_short or course.wavers >= WAVERS or course.back_valid >= PARTED
    if not costs:
        return False
    return max(course.swing, course.back) >= UNSETTLED
