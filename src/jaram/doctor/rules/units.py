"""Units that pass nothing on, and layers that stay as they were."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaram.doctor import signals
from jaram.doctor.course import Course
from jaram.doctor.evidence import Evidence, Floats
from jaram.doctor.finding import Picture
from jaram.doctor.hindsight import kept, noted, weight_of
from jaram.doctor.passage import (
    FADED,
    MOSTLY,
    STOOD,
    Passage,
    frozen,
    is_narrow,
    layer_words,
    stepped,
    suffers,
    weighted,
)
from jaram.doctor.registry import Sighting, finds

FROM_THE_START = 0.05
"""Share of the epochs within which units must have saturated to be why little was learnt after. All
seeded ones had in the first epoch; narrow networks grow saturated by what they learn."""
LOST = 0.1
"""Share of its progress that the training must have lost since, otherwise."""
MANY_SATURATED = 0.5
"""Share of a layer's outputs that lie where the slope is below a twentieth of its largest, from
which they are blamed where learning failed: 0.69 at most in 149 healthy trainings, 0.45 in 93
that failed for other reasons, 0.88 at least in those seeded."""


@finds(
    "dead_units",
    reads=("vitals",),
    remedies=(
        "change_activation",
        "lower_learning_rate",
        "match_initializer",
        "insert_batch_norm",
        "warm_up",
    ),
    explains=(
        "vanishing_gradient",
        "vanishing_through_time",
        "layer_not_learning",
        "slow_convergence",
        "plateau",
        "constant_prediction",
        "underfitting",
    ),
)
def dead_units(evidence: Evidence) -> Iterable[Sighting]:
    """Half of a hidden layer's units or more are 0 on every row, and the network has not learnt."""
    if suffers(evidence) and not (frozen(evidence) or stepped(evidence)):
        yield from _worst(evidence, "dead", MOSTLY)


@finds(
    "saturated_units",
    reads=("vitals",),
    remedies=(
        "match_initializer",
        "scale_input",
        "lower_learning_rate",
        "insert_batch_norm",
        "change_activation",
    ),
    explains=(
        "vanishing_gradient",
        "vanishing_through_time",
        "layer_not_learning",
        "slow_convergence",
        "plateau",
        "constant_prediction",
        "underfitting",
    ),
)
def saturated_units(evidence: Evidence) -> Iterable[Sighting]:
    """Half of a hidden layer's outputs or more lie where its function is flat, and the network has
    not learnt. In one that has learnt this is normal: it is sure of itself."""
    if suffers(evidence) and not (frozen(evidence) or stepped(evidence)):
        yield from _worst(evidence, "saturated", MANY_SATURATED)


def _worst(evidence: Evidence, sign: str, limit: float) -> Iterable[Sighting]:
    """The hidden layer with the largest share of ``sign`` at the end, if that is the limit.

    Not asked where a layer is frozen, whose neighbours go to where they have to make up for it, or
    where a step, which is flat by its nature, stops the gradient.
    """
    assert evidence.vitals is not None
    course = hidden(evidence, evidence.vitals[sign])
    last = course[-1]
    if not np.isfinite(last).any():
        return
    place = int(np.nanargmax(last))
    share = float(last[place])
    if share < limit:
        return
    if Passage(evidence).first_share < FADED and not _began(evidence, sign, place) >= limit:
        return  # the gradient had vanished before; with nothing to hold them, units drifted there
    since = int(np.argmax(course[:, place] >= limit)) + 1
    if sign == "saturated" and not _held_back(evidence, since):
        return
    told = {
        "layer": place + 1,
        "what": layer_words(evidence, place),
        "share": share,
        "epoch": since,
        "layers": (np.flatnonzero(np.nan_to_num(last) >= limit) + 1).tolist(),
    }
    line = {f"{place + 1} {layer_words(evidence, place)}": course[:, place]}
    yield Sighting(weight_of(evidence, "notable"), told, picture=Picture.of(line, since))


def _held_back(evidence: Evidence, since: int) -> bool:
    """Whether what came in epoch ``since`` can be why so little was learnt: it was so from the
    start, or what had been learnt was lost again."""
    course = Course(evidence)
    if since <= max(1, round(FROM_THE_START * evidence.curves.epochs)) or since > len(course.loss):
        return True
    made = signals.progress(course.loss, course.start)
    return signals.level(course.loss, 1.0) - float(course.loss[since - 2]) > LOST * made


def _began(evidence: Evidence, sign: str, place: int) -> float:
    """The share at the first weights, or after the first epoch where these can't be looked at."""
    assert evidence.vitals is not None
    if evidence.examination is not None:
        return float(evidence.examination.initial[sign][place])
    return float(evidence.vitals[sign][0, place])


def hidden(evidence: Evidence, signs: Floats) -> Floats:
    """``signs`` ``(epochs, layers)`` with NaN for the output layer and for narrow ones."""
    places = weighted(evidence)
    found = signs.copy()
    found[:, places[-1] if places else found.shape[1] :] = np.nan
    for place in range(found.shape[1]):
        if is_narrow(evidence, place):
            found[:, place] = np.nan
    return found


@finds(
    "layer_not_learning",
    reads=("vitals",),
    remedies=("change_activation", "match_initializer", "insert_batch_norm"),
    explains=(
        "slow_convergence",
        "too_few_epochs",
        "plateau",
        "constant_prediction",
        "underfitting",
    ),
)
def layer_not_learning(evidence: Evidence) -> Iterable[Sighting]:
    """A layer that stood still while others moved, in a network that did not learn its rows.

    On purpose, where the recipe says so; then it is told in any case, as minor if it did no harm.
    """
    steps = list(noted(evidence, "layer_not_learning"))
    for note in steps:
        yield kept(note, weight_of(evidence, note.severity))
    if steps or stepped(evidence) or evidence.has_diverged:
        return
    places = weighted(evidence)
    way = _way(evidence)
    known = [place for place in places if np.isfinite(way[place])]
    if len(known) < 2:
        return
    still = [place for place in known if way[place] < STOOD * _usual(way, known, place)]
    if not still:
        return
    held = [place for place in still if place in frozen(evidence)]
    place = (held or still)[0]
    told = {
        "layer": place + 1,
        "layers": [each + 1 for each in held or still],
        "what": layer_words(evidence, place),
        "way": float(way[place]),
        "usual": _usual(way, known, place),
    }
    severity = weight_of(evidence, "notable") if suffers(evidence) else "minor"
    if held:
        yield Sighting(severity, told, "frozen", remedies=("sound_defaults",))
    elif severity != "minor":
        yield Sighting(severity, told)


def _way(evidence: Evidence) -> Floats:
    """How far each layer went, in its own size ``(layers,)``: by its weights, else by what the
    steps changed."""
    if evidence.moved is not None:
        return evidence.moved
    assert evidence.vitals is not None
    ratios = evidence.vitals["update_ratio"]
    ratios = ratios[np.isfinite(ratios).any(axis=1)]
    if not len(ratios):
        return np.full(len(evidence.vitals.layers), np.nan)
    found: Floats = np.median(ratios, axis=0)
    return found


def _usual(way: Floats, known: list[int], place: int) -> float:
    """The median way of the layers beside ``place``."""
    return float(np.median([way[other] for other in known if other != place]))
