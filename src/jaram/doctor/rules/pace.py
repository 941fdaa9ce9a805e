"""The pace: trainings that end on their way, or stand still before they are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jaram.doctor import signals
from jaram.doctor.course import Course
from jaram.doctor.evidence import Evidence
from jaram.doctor.registry import Sighting, finds
from jaram.doctor.rules.rate import is_straight
from jaram.doctor.steps import overlong
from jaram.doctor.telling import numbers, severity

FLAT = 0.03
"""Share of all progress in the second half up to which a curve is called flat."""
SETTLED = 0.5
"""Share of the training after which nothing more happened, for half of it to be wasted."""
LITTLE = 0.1
"""Share of its start that the loss fell by, up to which curves alone say: little was learned."""
NOTHING = 0.02
"""The same, up to which nothing was learned: a constant answer brings as much."""
FEWEST_EPOCHS = 6
"""Epochs below which a curve has no shape."""


@finds(
    "too_few_epochs",
    remedies=("more_epochs", "raise_learning_rate"),
    explains=("slow_convergence", "underfitting", "constant_prediction"),
)
def too_few_epochs(evidence: Evidence) -> Iterable[Sighting]:
    """The training ended on its way, with steps of a sensible length, but few of them."""
    course = evidence.course
    if evidence.recipe is not None and evidence.ending is None:
        return  # it is still training
    if evidence.has_diverged or overlong(course) is not None or not course.is_unfinished:
        return
    is_proved = evidence.size.needs_time and course.lack is None and course.went_far
    if course.lack == "epochs" or is_proved or (course.update is None and not is_straight(course)):
        case = "" if course.is_falling else "brief"
        yield Sighting(severity(evidence), _told(course), case, course.picture())


@finds(
    "slow_convergence",
    remedies=(
        "change_optimizer",
        "add_momentum",
        "raise_learning_rate",
        "match_initializer",
        "insert_batch_norm",
        "more_epochs",
    ),
    explains=("underfitting", "constant_prediction", "plateau"),
)
def slow_convergence(evidence: Evidence) -> Iterable[Sighting]:
    """The training ended on its way, though its steps were neither short nor few."""
    course = evidence.course
    if evidence.has_diverged or overlong(course) is not None or not course.is_unfinished:
        return
    if course.update is not None and course.lack is None and not course.went_far:
        yield Sighting(severity(evidence), _told(course), picture=course.picture())


@finds(
    "plateau",
    remedies=("lower_learning_rate", "raise_learning_rate", "change_optimizer", "widen"),
)
def plateau(evidence: Evidence) -> Iterable[Sighting]:
    """The loss stood still for half of the training, before the network was as good as it could be.

    A training that stopped early because it was done stands still too, and is not ill.
    """
    course = evidence.course
    if evidence.has_diverged or len(course.loss) < FEWEST_EPOCHS or course.is_unfinished:
        return
    is_known = evidence.shortfall is not None or evidence.has_failed is not None
    short = course.learned_too_little if is_known else course.drop < LITTLE
    since = signals.settled(course.loss, course.top)
    late = signals.last_doubling(course.loss, course.top)
    is_flat = course.drop < NOTHING or (abs(late) <= FLAT and since <= SETTLED)
    if short and is_flat and overlong(course) is None:
        told = _told(course) | {"since": max(1, round(since * len(course.loss)))}
        case = "nothing" if course.drop < NOTHING else ""
        yield Sighting(severity(evidence), told, case, course.picture())


def _told(course: Course) -> dict[str, Any]:
    return numbers(
        epochs=course.evidence.curves.epochs,
        steps=course.steps,
        late=course.late,
        drop=course.drop,
        update=course.update,
        reach=course.reach,
        start=course.top,
        loss=signals.level(course.loss, 1.0),
    )
