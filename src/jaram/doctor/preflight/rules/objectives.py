"""Losses and output functions that do not fit the target, or each other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaram.doctor.finding import JSON, Finding, Severity
from jaram.doctor.preflight.facts import Facts, activation_of
from jaram.doctor.preflight.registry import warns
from jaram.objective.losses import Loss
from jaram.objective.table import default_loss
from jaram.spec import name_of, words

_RANGES: dict[str, tuple[float, float]] = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "step": (0.0, 1.0),
    "relu": (0.0, np.inf),
    "softplus": (0.0, np.inf),
    "elu": (-1.0, np.inf),
    "selu": (-1.7581, np.inf),
    "gelu": (-0.17, np.inf),
    "silu": (-0.2785, np.inf),
}
"""What an output function can give; those not named can give anything."""
_UNREACHABLE = 0.01
"""Share of targets outside what the output can give that is more than a few odd rows."""
_PROBABILITIES = frozenset({"softmax", "sigmoid"})


@warns
def wrong_loss(facts: Facts) -> Iterable[Finding]:
    """A loss made for another kind of target."""
    loss, kind = facts.recipe.loss, facts.task.kind
    if loss is None:
        return
    evidence = {"loss": name_of(loss), "task": kind, "right": _right_loss(facts)}
    if name_of(loss) == "categorical_cross_entropy" and facts.outputs == 1:
        # The softmax of one number is 1: this loss is then 0 or constant, and has no gradient.
        yield Finding("wrong_loss", "grave", evidence, ("correct_loss",), case="one_output")
    elif not _suits(loss, facts):
        # Squared error on classes learns, if slowly, and so does a yes-or-no loss per class; the
        # logarithm of a number that is no probability does not.
        learns = facts.is_classification and (
            "regression" in loss.tasks
            or (name_of(loss) == "binary_cross_entropy" and facts.outputs >= facts.classes)
        )
        yield Finding("wrong_loss", "notable" if learns else "grave", evidence, ("correct_loss",))


@warns
def wrong_output_activation(facts: Facts) -> Iterable[Finding]:
    """A last layer whose numbers can't be what the target needs."""
    name, outputs, kind = name_of(facts.output_activation), facts.outputs, facts.task.kind
    evidence: dict[str, JSON] = {"activation": name, "outputs": outputs, "task": kind}
    if name == "softmax" and outputs == 1:
        yield _wrong_output("grave", evidence, "softmax_on_one")
    elif kind == "multiclass" and outputs == 1:
        yield _wrong_output("grave", evidence | {"classes": facts.classes}, "one_for_all")
    elif kind == "regression":
        yield from _unreachable_targets(facts, evidence)
    elif kind == "multilabel" and name == "softmax":
        yield _wrong_output("grave", evidence, "softmax_on_labels")
    else:
        yield from _not_the_pair(facts, evidence)


@warns
def doubled_output(facts: Facts) -> Iterable[Finding]:
    """Two output functions in a row: probabilities squeezed a second time can't be sure of
    anything.

    A hidden layer of two or three sigmoid units is ordinary; of softmax units as many as there are
    classes it is an output layer with another behind it.
    """
    if not facts.is_classification or len(facts.layers) < 2:
        return
    layer, last = facts.layers[-2:]
    first, second = activation_of(layer), activation_of(last)
    if first is None or second is None or name_of(second) not in _PROBABILITIES:
        return
    if facts.shapes[-2] != facts.shapes[-1]:
        return
    squeezed = name_of(first) == "softmax" or (
        name_of(first) == "sigmoid" and name_of(last) == "activation"
    )
    if squeezed:
        evidence = {"what": words(layer), "last": words(last), "activation": name_of(first)}
        yield _wrong_output("notable", evidence, "doubled")


def _not_the_pair(facts: Facts, evidence: dict[str, JSON]) -> Iterable[Finding]:
    """Classes and labels: the output function is judged by the loss, if that suits the target."""
    loss = facts.recipe.loss
    suits = loss is not None and _suits(loss, facts)
    if loss is not None and not suits and loss.pairs_with == evidence["activation"]:
        return  # they fit each other; it is the loss that does not fit the target
    judge = loss if loss is not None and suits else default_loss(facts.task.kind)
    allowed = {judge.pairs_with} | ({"identity"} if judge.by_margin else set())
    if not suits or (facts.task.kind == "binary" and facts.outputs > 1):
        allowed |= _PROBABILITIES
    name = evidence["activation"]
    if name in allowed:
        return
    evidence = evidence | {"loss": name_of(judge), "right": judge.pairs_with}
    if judge.pairs_with not in _PROBABILITIES:
        yield _wrong_output("notable", evidence, "not_for_loss")
    elif name in _PROBABILITIES:
        yield _wrong_output("notable", evidence, "other_probability")
    else:
        # A logarithm of what is no probability; squared error at least has a slope everywhere.
        yield _wrong_output("grave" if suits else "notable", evidence, "no_probability")


def _unreachable_targets(facts: Facts, evidence: dict[str, JSON]) -> Iterable[Finding]:
    """Regression: targets outside of what the output function can give."""
    low, high = _RANGES.get(evidence["activation"], (-np.inf, np.inf))
    y = facts.train.y[facts.sample]
    share = float(np.mean((y < low) | (y > high)))
    if share > _UNREACHABLE or evidence["activation"] == "softmax":
        seen = {
            "share": round(share, 4),
            "low": float(f"{y.min():.4g}"),
            "high": float(f"{y.max():.4g}"),
        }
        yield _wrong_output("grave", evidence | seen, "unreachable")


def _wrong_output(severity: Severity, evidence: dict[str, JSON], case: str) -> Finding:
    return Finding("wrong_output_activation", severity, evidence, ("correct_output",), case)


def _suits(loss: Loss, facts: Facts) -> bool:
    """Whether ``loss`` is made for the target; two outputs make a pair of classes of a binary
    target."""
    kind = facts.task.kind
    if kind in loss.tasks:
        return True
    if kind == "binary" and facts.outputs > 1:
        return name_of(loss) == "categorical_cross_entropy"
    if kind == "regression" and name_of(loss) == "binary_cross_entropy":  # shares, pixels
        y = facts.train.y[facts.sample]
        return bool(y.min() >= 0 and y.max() <= 1)
    return False


def _right_loss(facts: Facts) -> str:
    if facts.task.kind == "binary" and facts.outputs > 1:
        return "categorical_cross_entropy"
    return name_of(default_loss(facts.task.kind))
