"""Gradients that fade or grow on their way down the network, and numbers that overflow."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from jaram.doctor.evidence import Evidence
from jaram.doctor.finding import Picture
from jaram.doctor.hindsight import weight_of
from jaram.doctor.passage import FADED, Passage, is_narrow, layer_words, stepped, suffers
from jaram.doctor.registry import Sighting, finds

GROWN = 30.0
"""The same, above which it has exploded on its way down: 9 at most in 149 healthy trainings."""
TOO_STRONG = 3000.0
"""Pull at the first weights, in losses of a network that answers 0, from which it has exploded on
its way up and down: 200 at most in 149 healthy trainings, 1800 under dropout of 0.9 (which the
probe sees), 13,000 at least where exploding weights were seeded."""
THROWN = 1000.0
"""How many times its start the loss of a step must have reached before it broke. None of 149
healthy trainings broke."""


@finds(
    "vanishing_gradient",
    reads=("vitals",),
    remedies=(
        "change_activation",
        "match_initializer",
        "insert_batch_norm",
        "insert_layer_norm",
        "residual_connections",
    ),
    explains=(
        "layer_not_learning",
        "slow_convergence",
        "too_few_epochs",
        "plateau",
        "constant_prediction",
        "underfitting",
    ),
)
def vanishing_gradient(evidence: Evidence) -> Iterable[Sighting]:
    """The first layer is pulled far less than the last, and the network has not learnt its rows.

    Judged at the first weights, or where the training spent most of its epochs: a network that has
    learnt has tiny gradients everywhere, and where it fails for another reason they may fade later.
    A step function between the layers is a finding of its own (``layer_not_learning``), and so is a
    layer of one or two units, through which nothing passes once they are silent.
    """
    if stepped(evidence) or not suffers(evidence):
        return
    passage = Passage(evidence)
    if any(is_narrow(evidence, place) for place in passage.places[:-1]):
        return
    share, when = passage.first_share, "start"
    if not share < FADED:
        known = passage.shares[np.isfinite(passage.shares)]
        if len(known) * 2 <= evidence.curves.epochs:
            return
        share, when = float(np.median(known)), "course"
    if not share < FADED:
        return
    first, last = passage.places[0], passage.places[-1]
    told = {
        "layer": first + 1,
        "what": layer_words(evidence, first),
        "last": last + 1,
        "share": share,
        "factor": passage.a_layer(share),
        "layers": len(passage.places),
        "when": when,
    }
    yield Sighting(weight_of(evidence, "notable"), told, when, _picture(passage))


@finds(
    "exploding_gradient",
    reads=("curves",),
    remedies=(
        "clip_gradients",
        "match_initializer",
        "lower_learning_rate",
        "insert_layer_norm",
        "insert_batch_norm",
        "warm_up",
    ),
    explains=(
        "diverged",
        "oscillating_loss",
        "dead_units",
        "saturated_units",
        "plateau",
        "constant_prediction",
        "underfitting",
    ),
)
def exploding_gradient(evidence: Evidence) -> Iterable[Sighting]:
    """Gradients that grow with depth, or signals that do so before them, or a loss that was thrown
    up by orders of magnitude until it broke."""
    if not (evidence.falls_short or evidence.has_diverged or suffers(evidence)):
        return
    told: dict[str, Any] = {"learning_rate": evidence.learning_rate}
    if evidence.has("vitals"):
        passage = Passage(evidence)
        share, strength = passage.first_share, passage.strength
        if share > GROWN or strength > TOO_STRONG:
            first = passage.places[0]
            told |= {
                "layer": first + 1,
                "what": layer_words(evidence, first),
                "share": share,
                "factor": passage.a_layer(share),
                "strength": strength,
                "layers": len(passage.places),
            }
            case = "depth" if share > GROWN else "signal"
            yield Sighting(weight_of(evidence, "notable"), told, case, _picture(passage))
            return
    growth = thrown(evidence)
    if evidence.has_diverged and growth > THROWN:
        told["growth"] = growth
        yield Sighting("grave", told, "course")


def thrown(evidence: Evidence) -> float:
    """How many times its first value the loss of a step reached before it broke."""
    curve = evidence.curves.steps
    if curve is None or not len(curve):
        curve = evidence.curves.loss
    finite = curve[np.isfinite(curve)]
    if len(finite) < 2 or finite[0] <= 0:
        return 1.0
    return float(np.max(finite) / finite[0])


@finds(
    "diverged",
    remedies=("lower_learning_rate", "clip_gradients", "scale_input", "scale_target", "warm_up"),
)
def diverged(evidence: Evidence) -> Iterable[Sighting]:
    """A loss that is not a finite number; with the layer where it began, where the training can be
    gone through again."""
    if not evidence.has_diverged:
        return
    curves = evidence.curves
    told: dict[str, Any] = {"epoch": curves.epochs}
    case = "curves"
    if curves.steps is not None and len(curves.steps):
        broken = np.flatnonzero(~np.isfinite(curves.steps))
        told["step"] = int(broken[0]) + 1 if broken.size else len(curves.steps)
        case = ""
    else:
        told["epoch"] = _first_broken_epoch(evidence)
    if evidence.learning_rate is None:
        case = "curves"
    told["learning_rate"] = evidence.learning_rate
    found = None if evidence.examination is None else evidence.examination.broken_at
    if found is not None and not case:
        told |= {
            "layer": found.layer + 1,
            "what": layer_words(evidence, found.layer),
            "began": found.step,
        }
        case = f"in_{found.where}"
    yield Sighting("grave", told, case, Picture.of({"train/loss": curves.loss}, told["epoch"]))


def _first_broken_epoch(evidence: Evidence) -> int:
    curves = evidence.curves
    losses = [loss for loss in (curves.train_loss, curves.valid_loss) if loss is not None]
    broken = np.flatnonzero(~np.isfinite(np.stack(losses)).all(axis=0))
    return int(broken[0]) + 1 if broken.size else curves.epochs


def _picture(passage: Passage) -> Picture | None:
    """The pull of the first and of the last layer, epoch by epoch, as powers of ten."""
    pulls = passage.pulls
    if not pulls.size or passage.evidence.vitals is None:
        return None
    names = passage.evidence.vitals.layers
    ends = (passage.places[0], passage.places[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        lines = {
            f"{place + 1} {names[place]}": np.log10(pulls[:, column])
            for place, column in zip(ends, (0, -1), strict=True)
        }
    return Picture.of(lines) if math.prod(pulls.shape) else None
