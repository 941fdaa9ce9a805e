"""The learning rate: steps too long, too short, and a loss that swings or jumps."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from jaram.doctor import signals
from jaram.doctor.course import SENSIBLE_UPDATE, WAVERS, Course
from jaram.doctor.evidence import Evidence
from jaram.doctor.passage import frozen
from jaram.doctor.registry import Sighting, finds
from jaram.doctor.steps import highest, moved, overlong
from jaram.doctor.telling import numbers, severity

NOTED_SWING = 0.2
"""Swings of the training loss, as a share of its scale, that are worth a word where the scores
waver, too: six of 623 healthy trainings swing as much, and none of those wavers."""
RESTLESS = 0.2
"""Share of what is left of the loss that it moves by from epoch to epoch where the scores waver."""
STRAIGHT = 0.5
"""Slope of the last third over that of the first from which a loss curve is called straight."""
LINEAR = 0.9
"""R² of a line through the curve that a straight one has at least."""
FEWEST_EPOCHS = 6
"""Epochs below which a curve has no shape."""
SPENT = 0.95
"""Share of the sum of all rates after which the rest of a schedule changes little."""
JUMP_OF_NOISE = 8.0
"""Deviations of its noise that a jump is higher than; a normal chance of 1e-15 an epoch."""
RECOVERED = 0.05
"""Share of its scale that the loss may end above its lowest level to have recovered from a jump."""
JUMP_OF_PROGRESS = 0.3
"""Share of all progress that a jump takes back."""


@finds(
    "learning_rate_too_high",
    remedies=("lower_learning_rate", "warm_up", "schedule_learning_rate", "clip_gradients"),
    explains=(
        "diverged",
        "exploding_gradient",
        "dead_units",
        "saturated_units",
        "oscillating_loss",
        "plateau",
        "constant_prediction",
        "underfitting",
        "layer_not_learning",
        "vanishing_gradient",
        "vanishing_through_time",
    ),
)
def learning_rate_too_high(evidence: Evidence) -> Iterable[Sighting]:
    """The steps overshoot, and the training paid for it.

    What the rate is as a number says nothing: Adam at 0.1 may be right. The training loss ends
    above where it began, was thrown far above it by the first steps and learning suffered, swings
    as wide as it fell, or the weights went many times their own size and it still falls short.
    """
    course = evidence.course
    case = overlong(course)
    if case is None:
        return
    loss, steps = course.loss, evidence.curves.steps
    start = course.start
    if evidence.has_diverged and steps is not None and np.isfinite(steps[:1]).any():
        start = min(start, float(steps[0]))  # within a few steps all others were thrown up
    told = numbers(
        learning_rate=evidence.learning_rate,
        update=course.update,
        start=start,
        end=signals.level(loss, 1.0) if len(loss) else None,
        times=highest(course) / max(course.start, 1e-30),
        swing=course.swing if len(loss) else None,
        back=course.back if len(loss) else None,
        moved=moved(evidence) or None,  # 0 is not known
        epochs=evidence.curves.epochs,
    )
    yield Sighting(severity(evidence), told, case, course.picture())


@finds(
    "learning_rate_too_low",
    remedies=("raise_learning_rate", "change_optimizer", "add_momentum"),
    explains=(
        "slow_convergence",
        "too_few_epochs",
        "underfitting",
        "plateau",
        "constant_prediction",
        "layer_not_learning",
        "vanishing_through_time",
    ),
)
def learning_rate_too_low(evidence: Evidence) -> Iterable[Sighting]:
    """The training ended on its way, and the steps were what it had too little of.

    Without vital signs: a loss along a straight line, whose steps are too short to see the valley.
    """
    course = evidence.course
    told = numbers(
        epochs=evidence.curves.epochs,
        steps=course.steps,
        learning_rate=evidence.learning_rate,
        update=course.update,
        reach=course.reach,
        straightness=signals.straightness(course.loss),
    )
    picture = course.picture()
    spent = spent_by(evidence)
    if spent is not None and course.learned_too_little and overlong(course) is None:
        yield Sighting(severity(evidence), told | {"spent": spent}, "decayed", picture)
    elif course.update is None:
        if is_straight(course):
            yield Sighting(severity(evidence), told, "straight", picture)
    elif course.is_unfinished and course.lack == "rate" and overlong(course) is None:
        told |= numbers(times=raise_by(course.update))
        yield Sighting(severity(evidence), told, picture=picture)


def raise_by(update: float) -> float:
    """How many times longer steps should be that change ``update`` of the weights: 3, or a power
    of ten."""
    times = SENSIBLE_UPDATE / max(update, 1e-30)
    return 3.0 if times < 5 else 10.0 ** round(math.log10(times))


def spent_by(evidence: Evidence) -> int | None:
    """The epoch (1-based) by which a schedule had spent nearly all of its rate, if that was in the
    first half of the training; None if there was no such epoch."""
    rates = evidence.curves.learning_rate
    if rates is None or not len(rates) or not np.isfinite(rates).all() or rates.max() <= 0:
        return None
    spent = int(np.argmax(np.cumsum(rates) >= SPENT * rates.sum())) + 1
    return spent if rates[-1] < rates.max() / 10 and spent <= len(rates) / 2 else None


def is_straight(course: Course) -> bool:
    """Whether the training loss falls along a straight line to the end, with something left."""
    loss = course.loss
    return (
        len(loss) >= FEWEST_EPOCHS
        and course.could_be_better
        and course.is_falling
        and signals.straightness(loss) >= STRAIGHT
        and signals.linearity(loss) >= LINEAR
    )


@finds(
    "oscillating_loss",
    remedies=("lower_learning_rate", "larger_batch", "schedule_learning_rate", "clip_gradients"),
)
def oscillating_loss(evidence: Evidence) -> Iterable[Sighting]:
    """The training loss swings or jumps as wide as matters, though nothing names the cause."""
    course = evidence.course
    if len(course.loss) < FEWEST_EPOCHS or evidence.has_diverged:
        return
    if course.held_back_by is not None or frozen(evidence) or evidence.size.is_too_small:
        return
    wavers = course.wavers >= WAVERS
    is_restless = wavers and signals.restlessness(course.loss) >= RESTLESS
    is_known = evidence.shortfall is not None
    if is_known and not wavers and (course.learned_too_little or not evidence.falls_short):
        return
    jumps = signals.jumps(course.loss, JUMP_OF_PROGRESS * course.scale, JUMP_OF_NOISE)
    told = numbers(epochs=evidence.curves.epochs, swing=course.swing, wavers=course.wavers)
    if 0 < len(jumps) <= max(1, len(course.loss) // 20):
        place = int(jumps[np.argmax(np.diff(course.loss)[jumps - 1])])
        before, after = float(course.loss[place - 1]), float(course.loss[place])
        told |= {"epoch": place + 1, "before": before, "after": after}
        left = signals.level(course.loss, 1.0) - signals.lowest(course.loss)
        is_over = left <= RECOVERED * course.scale and not wavers
        bad = "minor" if is_over else severity(evidence)
        yield Sighting(bad, told, "jump", course.picture(place + 1))
    elif course.swing >= NOTED_SWING:
        yield Sighting(severity(evidence), told, picture=course.picture())
    elif is_restless:
        yield Sighting(severity(evidence), told, "restless", course.picture())
