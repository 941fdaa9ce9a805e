"""What the network answers: always the same, or by a last layer and a loss that can't be right.

None of these was found above minor in 320 healthy trainings of the suite's tuning half.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaram.doctor.evidence import Evidence, Floats
from jaram.doctor.hindsight import judged_again
from jaram.doctor.registry import Sighting, finds
from jaram.doctor.rules.scaling import DISTURBED
from jaram.network.activations import ActivationFunction, Identity
from jaram.spec import name_of
from jaram.training.outputs import Answers

ONE_CLASS = 0.99
"""Share of the answers that are one class from which they are called always the same."""
HARDLY = 0.1
"""Spread of the answers, in that of the target, below which they hardly vary: what they can explain
of the target is then at most 2·0.1 − 0.1² = 19% if they are perfectly right, and nothing if they
are noise; only trainings that failed are looked at."""
STUCK = 0.9
"""Share of the rows at the flat end of the output function, where no gradient passes, while their
targets are elsewhere."""
_FLAT = 4.0
"""|z| beyond which sigmoid and tanh are flat: the slope of the sigmoid is below 2%."""


@finds(
    "constant_prediction",
    reads=("answers", "data"),
    remedies=("lower_learning_rate", "match_initializer", "sound_defaults"),
)
def constant_prediction(e: Evidence) -> Iterable[Sighting]:
    """The same answer for every training example, whatever the input, of a training that failed."""
    if not e.has_failed or e.task is None:
        return
    told, truth = training_answers(e)
    if told is None or len(truth) < 2:
        return
    if e.task.kind == "regression":
        yield from _one_number(e, np.asarray(told.answer, np.float64), truth)
    elif e.task.has_classes:
        yield from _one_class(e, told, truth)
    elif np.max(np.minimum(np.mean(told.answer, 0), 1 - np.mean(told.answer, 0))) < 1 - ONE_CLASS:
        yield Sighting("grave", {"rows": len(truth)}, "labels")


def _one_class(e: Evidence, told: Answers, truth: Floats) -> Iterable[Sighting]:
    assert e.task is not None
    k, answer = len(e.task.classes), np.asarray(told.answer, np.int64)
    shares = np.bincount(answer, minlength=k) / len(answer)
    probability = np.asarray(told.probability, np.float64)
    wanted = np.eye(k)[truth.astype(np.int64)].std(axis=0)
    is_still = bool(np.all(probability.std(axis=0) <= HARDLY * np.maximum(wanted, HARDLY)))
    if shares.max() < ONE_CLASS and not is_still:
        return
    most = int(shares.argmax())
    seen = {
        "class": str(e.task.classes[most]),
        "share": round(float(shares[most]), 4),
        "rows": len(answer),
        "probability": round(float(probability[:, most].mean()), 4),
    }
    yield Sighting("grave", seen, "classes" if shares.max() >= ONE_CLASS else "undecided")


def _one_number(e: Evidence, answer: Floats, truth: Floats) -> Iterable[Sighting]:
    assert e.prepared is not None
    spread, wanted = answer.std(axis=0), truth.reshape(len(truth), -1).std(axis=0)
    if not np.all(spread < HARDLY * wanted):
        return
    back = e.prepared.preparation.inverse_target
    value = np.asarray(back(answer.mean(axis=0, keepdims=True)), np.float64).reshape(-1)
    unit = np.asarray(back(truth.reshape(answer.shape)), np.float64).reshape(len(truth), -1)
    seen = {
        "value": float(f"{value[0]:.4g}"),
        "mean": float(f"{unit[:, 0].mean():.4g}"),
        "deviation": float(f"{unit[:, 0].std():.4g}"),
        "spread": float(f"{float((spread / wanted).max()):.2g}"),
        "rows": len(truth),
    }
    yield Sighting("grave", seen, "number")


@finds(
    "wrong_output_activation",
    reads=("recipe",),
    remedies=("correct_output",),
    explains=DISTURBED,
)
def wrong_output_activation(e: Evidence) -> Iterable[Sighting]:
    """A last layer that can't give what the target needs, by its kind or as it was trained."""
    again = list(judged_again(e, "wrong_output_activation"))
    yield from again
    if not again and e.has_failed and e.task is not None:
        yield from _stuck(e)


def _stuck(e: Evidence) -> Iterable[Sighting]:
    """A regression whose outputs all lie where the output function is flat."""
    told, truth = training_answers(e)
    assert e.task is not None
    if told is None or e.task.kind != "regression":
        return
    name = name_of(_last_function(e))
    z = np.asarray(told.logits, np.float64)
    if name == "relu":
        flat = (z <= 0) & (truth.reshape(z.shape) > 0)
    elif name in ("sigmoid", "tanh"):
        flat = np.abs(z) > _FLAT
    else:
        return
    share = float(flat.all(axis=1).mean())
    if share >= STUCK:
        yield Sighting("grave", {"activation": name, "share": round(share, 4)}, "stuck")


def _last_function(e: Evidence) -> ActivationFunction:
    last = (e.recipe.network or (None,))[-1] if e.recipe is not None else None
    found = getattr(last, "activation", None)
    return found if isinstance(found, ActivationFunction) else Identity()


@finds("wrong_loss", reads=("recipe",), remedies=("correct_loss",), explains=DISTURBED)
def wrong_loss(e: Evidence) -> Iterable[Sighting]:
    """A loss made for another kind of target; harmless if it was learnt all the same."""
    yield from judged_again(e, "wrong_loss")


def training_answers(e: Evidence) -> tuple[Answers | None, Floats]:
    """The answers for the training part, and its targets; None if they are not known or finite."""
    told = None if e.answers is None else e.answers.get("train")
    if told is None or e.prepared is None or not np.isfinite(told.logits).all():
        return None, np.zeros(0)
    return told, np.asarray(e.prepared.train.y, np.float64)
