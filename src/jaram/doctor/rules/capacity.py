"""The network's size against the data: too free, too small, or held back too hard."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from jaram.doctor import signals
from jaram.doctor.course import Course
from jaram.doctor.evidence import SURE, Evidence, Floats
from jaram.doctor.examination import FEW_ROWS
from jaram.doctor.registry import Sighting, finds
from jaram.doctor.remedies.capacity import wider
from jaram.doctor.steps import PARTED, overlong, thrown_about
from jaram.doctor.telling import numbers, severity

RISEN = 0.15
"""Share of its lowest level that the validation loss must have risen by to have turned up, where a
gap between the scores confirms it."""
LOST = 0.01
"""Points of the validation score that this must have cost: 0.005 at most in 623 healthy trainings,
whose validation loss may rise by a fifth while they grow sure of themselves."""
USUAL_GAP = 0.06
"""Points of the score that any network is better by on the rows it learned from: twice what
matters."""
BY_HEART = 0.9
"""Score on a handful of rows from which a network has learned them by heart."""
FEWEST_EPOCHS = 6
"""Epochs below which a curve has no shape."""
HIGH = 0.1
"""Share of its start that the loss fell by, up to which curves alone call it high."""
ALIKE = 0.1
"""Gap between the two losses, as a share of the validation loss, up to which they are alike."""


@finds(
    "overfitting",
    reads=("valid",),
    remedies=("stop_early", "add_l2", "add_dropout", "add_noise", "simplify", "more_data"),
)
def overfitting(evidence: Evidence) -> Iterable[Sighting]:
    """The training loss went on falling while the validation loss had turned up, and at the end the
    network answered its own rows better than others, beyond chance.

    Where the weights of the best epoch are kept, what was lost is time; where even these are worse
    than simple models, it is what was learned.
    """
    course = evidence.course
    train, valid = evidence.curves.train_loss, course.valid
    if train is None or valid is None or len(valid) < 3 or evidence.has_diverged:
        return
    if course.knows_little or thrown_about(course) or overlong(course) is not None:
        return
    last_train, last_valid = signals.level(train, 1.0), signals.level(valid, 1.0)
    turn = int(np.argmin(valid))
    gap = last_gap(evidence)
    if gap is None:
        has_turned = course.back_valid >= 2 * PARTED
    else:
        has_risen = last_valid >= (1 + RISEN) * float(valid[turn]) and score_lost(evidence) >= LOST
        has_turned = (course.back_valid >= PARTED or has_risen) and gap >= least_gap(evidence)
    if not has_turned or last_train > train[turn] or last_valid < last_train:
        return
    told = numbers(
        best_epoch=turn + 1,
        epochs=evidence.curves.epochs,
        rise=course.back_valid,
        train=last_train,
        valid=last_valid,
        lowest=float(valid[turn]),
        gap=gap,
    )
    bad = severity(evidence) if evidence.shortfall else "notable"
    yield Sighting(bad, told, picture=course.picture(turn + 1))


def last_gap(evidence: Evidence) -> float | None:
    """Points by which the last epochs' training score is above their validation score."""
    train, valid = evidence.curves.train_score, evidence.curves.valid_score
    if (
        train is None
        or valid is None
        or not (np.isfinite(train).all() and np.isfinite(valid).all())
    ):
        return None
    return signals.level(train, 1.0) - signals.level(valid, 1.0)


def score_lost(evidence: Evidence) -> float:
    """Points by which the last epochs' validation score is below the highest; 0 if not known."""
    scores = evidence.curves.valid_score
    if scores is None or not np.isfinite(scores).all():
        return 0.0
    return float(scores.max()) - signals.level(scores, 1.0)


def least_gap(evidence: Evidence) -> float:
    """The gap from which two scores differ beyond chance and by more than any network's do."""
    scores = evidence.curves.valid_score
    rows = evidence.valid_rows
    if scores is None or rows is None or evidence.curves.score_name == "r2":
        error = 0.0 if evidence.reference is None else evidence.reference.error
        return max(USUAL_GAP, SURE * error)
    share = (max(signals.level(scores, 1.0), 0.0) * rows + 2) / (rows + 4)
    return max(USUAL_GAP, SURE * math.sqrt(share * (1 - share) / (rows + 4)))


@finds(
    "underfitting",
    remedies=("widen", "deepen", "more_epochs", "raise_learning_rate", "less_regularization"),
    explains=("plateau", "constant_prediction"),
)
def underfitting(evidence: Evidence) -> Iterable[Sighting]:
    """The network does not even learn its own training rows as well as simple models answer new
    ones, though its training was done."""
    course = evidence.course
    if evidence.has_diverged or len(course.loss) < 2 or overlong(course) is not None:
        return
    is_on_its_way = course.is_unfinished and not (course.lack is None and course.went_far)
    if is_on_its_way or (thrown_about(course) and not evidence.size.is_too_small):
        return
    train, reference = evidence.score("train"), evidence.reference
    told = numbers(
        epochs=evidence.curves.epochs,
        score=train,
        reference=None if reference is None else reference.best,
        metric=evidence.curves.score_name,
        drop=course.drop,
    )
    picture = course.picture()
    bad = "minor" if evidence.is_healthy else severity(evidence)
    if evidence.size.too_small == "linear" and reference is not None:
        told |= numbers(linear=reference.linear)
        remedies = ("deepen", "widen")
        yield Sighting(bad, told, "linear", picture, remedies)
    elif evidence.size.too_small == "narrow":
        fewest = evidence.size.fewest_units or 0
        told |= numbers(units=fewest, wider=wider(fewest), roomier=evidence.size.roomier)
        yield Sighting(bad, told, "narrow", picture, ("widen", "deepen"))
    elif course.knows_little:
        few = None if evidence.examination is None else evidence.examination.few_rows_score
        case = "stuck" if few is not None and few < BY_HEART else ""
        yield Sighting(bad, told | numbers(few=few, rows=FEW_ROWS), case, picture)
    elif reference is None and both_are_high(course):
        yield Sighting("notable", told, "curves", picture)


def both_are_high(course: Course) -> bool:
    """Whether curves alone show two losses that fell little, are alike and have come to rest."""
    valid = course.valid
    if (
        valid is None
        or len(course.loss) < FEWEST_EPOCHS
        or course.evidence.curves.train_loss is None
    ):
        return False
    train_end, valid_end = signals.level(course.loss, 1.0), signals.level(valid, 1.0)
    fell_little = 0.02 < course.drop <= HIGH
    return fell_little and abs(valid_end - train_end) <= ALIKE * abs(valid_end)


@finds(
    "over_regularized",
    remedies=("less_regularization",),
    explains=(
        "underfitting",
        "constant_prediction",
        "plateau",
        "layer_not_learning",
        "dead_units",
        "vanishing_gradient",
        "vanishing_through_time",
        "exploding_gradient",
        "slow_convergence",
        "too_few_epochs",
    ),
)
def over_regularized(evidence: Evidence) -> Iterable[Sighting]:
    """The network stays below what it could learn of its own rows, and what holds it is strong."""
    course = evidence.course
    valid = course.valid
    if evidence.recipe is None and valid is not None and valid_is_easier(course, valid):
        told = numbers(
            train=signals.level(course.loss, 1.0),
            valid=signals.level(valid, 1.0),
        )
        yield Sighting("minor", told, "valid_below", course.picture())
        return
    if evidence.has_diverged or not course.learned_too_little:
        for note in evidence.notes:
            if note.name == "over_regularized":
                yield Sighting("minor", note.evidence, note.case)
        return
    for note in evidence.notes:
        if note.name == "over_regularized":
            yield Sighting(severity(evidence), note.evidence, note.case)
            return
    worst = course.held_back_by
    if worst is None:
        return
    told = numbers(
        restraint=worst.words,
        strength=worst.strength,
        score=evidence.score("train"),
        reference=None if evidence.reference is None else evidence.reference.best,
        metric=evidence.curves.score_name,
    )
    picture = course.picture()
    yield Sighting(severity(evidence), told, "strong", picture)


def valid_is_easier(course: Course, valid: Floats) -> bool:
    """Whether the validation loss ends clearly below a training loss that has come to rest.

    Elsewhere the training loss is often the mean over an epoch, which lags while it falls, and is
    taken with dropout and augmentation at work.
    """
    train = course.evidence.curves.train_loss
    is_finished = len(valid) >= FEWEST_EPOCHS and not course.is_falling
    if train is None or not is_finished or course.evidence.has_diverged:
        return False
    end = signals.level(train, 1.0)
    away = max(ALIKE * end, 4 * signals.noise(train[-len(train) // 2 :]))
    return signals.level(valid, 1.0) < end - away
