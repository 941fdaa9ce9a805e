"""Data that no recipe makes good: leaks, and parts that can't tell how good the network is; and
classes so rare that they are passed over.

None of these was found above minor in 320 healthy trainings of the suite's tuning half.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Prepared
from jaram.doctor import baselines
from jaram.doctor import simple_models as models
from jaram.doctor.evidence import SURE, Evidence, Floats
from jaram.doctor.hindsight import kept, noted
from jaram.doctor.registry import Sighting, finds
from jaram.objective.metrics import roc_auc
from jaram.training.outputs import Answers

Ints = NDArray[np.int64]

PARTS_DIFFER = 4.0
"""Standard errors between what a simple model reaches on left-out training rows and on the
validation rows. A random division gives that once in 30,000."""
MUCH = 0.10
"""... and points of accuracy or R², so that it matters."""
TOLD_APART = 0.15
"""Share of the variance of "is a validation row" that the inputs explain on left-out rows, from
which the parts are not drawn alike; a random division explains nothing, a shift of one column by
one standard deviation 14% where a fifth of the rows is validated."""

RARE = 0.5
"""Share of a class, in that of an even division, below which it may be passed over: of two classes,
a quarter of the rows."""
PASSED_OVER = 0.2
"""Rows of a class that the network recognises, as a share, below which it is passed over."""
MOSTLY_FOUND = 0.5
"""... and from which it is found more often than not, which is not passed over."""
BALANCE_LOST = 0.1
"""Points of balanced accuracy that another threshold must gain for the present one to hide it."""
ENOUGH = 5
"""Rows of a class from which its share is worth telling."""
RANKED = 0.65
"""Area under the ROC curve from which the network, or a simple model, knows the rare class from the
others, although it is hardly ever answered: the threshold hides it, not the inputs."""
NEAR_CHANCE = 0.15
"""Balanced accuracy above guessing, in the way from guessing to perfect, up to which the network is
worth little more than guessing."""


@finds(
    "leakage",
    reads=("recipe",),
    explains=("underfitting", "slow_convergence", "too_few_epochs"),  # of what simple models copy
    of_data=True,
)
def leakage(e: Evidence) -> Iterable[Sighting]:
    """A column that gives the target away, as the pre-flight saw it, however good the score."""
    return (kept(note) for note in noted(e, "leakage"))


@finds("validation_too_small", reads=("recipe",), explains=("overfitting",), of_data=True)
def validation_too_small(e: Evidence) -> Iterable[Sighting]:
    """A validation part of a handful of rows, as the pre-flight counted them."""
    return (kept(note) for note in noted(e, "validation_too_small"))


@finds("unrepresentative_validation", reads=("recipe",), explains=("overfitting",), of_data=True)
def unrepresentative_validation(e: Evidence) -> Iterable[Sighting]:
    """A validation part that is not like the training part, in targets or in inputs.

    In targets: as the pre-flight saw it. In inputs: where a simple model does much worse (or
    better) on the validation rows than on training rows that it was not shown, and the inputs
    themselves tell the parts apart. Parts that were drawn at random are alike, and a division by
    time or group may differ in earnest: only parts that came with the data, or rows in their order,
    are compared.
    """
    notes = [kept(note) for note in noted(e, "unrepresentative_validation")]
    yield from notes
    is_told = bool(notes) or any(note.name == "ordered_split" for note in e.notes)
    if not is_told and e.prepared is not None:
        yield from _unlike_inputs(e)


def _unlike_inputs(e: Evidence) -> Iterable[Sighting]:
    assert e.prepared is not None
    if _is_drawn(e.prepared):
        return
    simple = baselines.panel(e.prepared)
    if simple.leaves_out or len(simple.x) < baselines.FEWEST_SCORED:
        return
    told_apart = _told_apart(simple)
    if told_apart < TOLD_APART:
        return
    train, valid = simple.left_out(), simple.scores()
    gap, error = max(
        (
            (within.score - outside.score, float(np.hypot(within.error, outside.error)))
            for within, outside in zip(train, valid, strict=True)
        ),
        key=lambda pair: abs(pair[0]),
    )
    much = abs(gap) > max(MUCH, PARTS_DIFFER * error)
    column = int(np.abs(simple.x.mean(axis=0) - simple.asked.mean(axis=0)).argmax())
    seen = {
        "told_apart": round(told_apart, 3),
        "gap": round(abs(gap), 4),
        "column": simple.names[column],
        "shift": round(float(simple.asked[:, column].mean() - simple.x[:, column].mean()), 2),
    }
    yield Sighting("grave" if much else "notable", seen, "inputs")


def _is_drawn(prepared: Prepared) -> bool:
    """Whether the parts were drawn from one set, at random or as a group or time demands.

    Parts that came with the data number their rows each from 0.
    """
    if prepared.valid is None:
        return True
    kind = prepared.summary.get("split", {}).get("kind")
    is_one_set = not np.intersect1d(prepared.train.rows, prepared.valid.rows).size
    return is_one_set and kind != "ordered"


def _told_apart(simple: baselines.Panel) -> float:
    """R² of a linear model, on left-out rows, for whether a row is of the validation part."""
    x = np.vstack([simple.near, np.clip(simple.asked, -models.FAR, models.FAR)])
    if x.shape[1] > baselines.WIDE or len(x) < 2 * x.shape[1]:
        return 0.0
    is_valid = (np.arange(len(x)) >= len(simple.x)).astype(np.float64)[:, None]
    missed = is_valid - models.linear(x, is_valid).left_out
    return float(1 - np.sum(missed**2) / np.sum((is_valid - is_valid.mean()) ** 2))


@finds(
    "class_imbalance",
    reads=("recipe",),
    remedies=("class_weights",),
    explains=("constant_prediction", "underfitting", "plateau"),
)
def class_imbalance(e: Evidence) -> Iterable[Sighting]:
    """A rare class that the network hardly ever answers, although its inputs tell of it.

    The area under the ROC curve tells whether they do, by the network's own probabilities or by a
    simple model's: it does not ask where the threshold lies. Grave where the network is worth
    little more than guessing when every class counts the same. An imbalance that the pre-flight
    noted and that did no harm is minor.
    """
    notes = list(noted(e, "class_imbalance"))
    told = _passed_over(e) if e.has("data") and e.has("answers") else None
    if told is None:
        yield from (kept(note) for note in notes)
    elif told:
        remedies = ("class_weights",) if _is_unweighted(e) else ()
        is_grave = told["balanced"] <= NEAR_CHANCE
        yield Sighting("grave" if is_grave else "notable", told, "passed_over", remedies=remedies)
    else:
        yield from (kept(note, "minor") for note in notes)


def _is_unweighted(e: Evidence) -> bool:
    return e.recipe is None or e.recipe.class_weight is None


def _passed_over(e: Evidence) -> dict[str, Any] | None:
    """What shows it, over all rows or over the validation rows alone (a network may know its own
    rare rows by heart); empty if no class is passed over, None if that can't be told."""
    assert e.prepared is not None and e.answers is not None
    if not e.prepared.task.has_classes:
        return {}
    parts = {"train": e.prepared.train, "valid": e.prepared.valid}
    told = {name: answer for name, answer in e.answers.items() if parts[name] is not None}
    if not told or not all(np.isfinite(one.logits).all() for one in told.values()):
        return None
    for names in (list(told), ["valid"] if "valid" in told else []):
        y = [parts[name].y for name in names]  # type: ignore[union-attr]
        if seen := _passed_over_in(e, y, [told[name] for name in names]):
            return seen
    return {}


def _passed_over_in(e: Evidence, y_of: list[Any], told: list[Answers]) -> dict[str, Any]:
    """What shows it in some of the parts."""
    assert e.prepared is not None
    if not told:
        return {}
    y = np.concatenate(y_of).astype(np.int64)
    answer = np.concatenate([one.answer for one in told]).astype(np.int64)
    probability = np.concatenate([one.probability for one in told])
    k = len(e.prepared.task.classes)
    counts = np.bincount(y, minlength=k)
    right = np.bincount(y[y == answer], minlength=k)
    recalls = right / np.maximum(counts, 1)
    rare = np.flatnonzero((counts >= ENOUGH) & (counts * k < RARE * len(y)))
    known = [
        int(c)
        for c in rare
        if (recalls[c] < PASSED_OVER and _area(e, y == c, probability[:, c], int(c)) >= RANKED)
        or _is_hidden_by_threshold(y == c, answer == c, probability[:, c])
    ]
    if not known:
        return {}
    worst, most = min(known, key=lambda c: counts[c]), int(counts.argmax())
    present = counts > 0
    balanced = float((recalls[present].mean() - 1 / present.sum()) / (1 - 1 / present.sum()))
    names = e.prepared.task.classes
    return {
        "class": str(names[worst]),
        "count": int(counts[worst]),
        "share": round(float(counts[worst] / len(y)), 5),
        "recall": round(float(recalls[worst]), 4),
        "most": str(names[most]),
        "answered": round(float(np.mean(answer == most)), 4),
        "majority": round(float(counts[most] / len(y)), 5),
        "balanced": round(balanced, 4),
    }


def _is_hidden_by_threshold(
    is_rare: NDArray[np.bool_], is_answered: NDArray[np.bool_], probability: Floats
) -> bool:
    """Whether less than half of a class is found, and another threshold on the same probabilities
    would find so much more that the two classes, counted alike, are told apart better."""
    found = float(is_answered[is_rare].mean())
    if found >= MOSTLY_FOUND:
        return False
    now = (found + float((~is_answered[~is_rare]).mean())) / 2
    error = np.sqrt(0.25 / is_rare.sum()) / 2
    return best_balance(is_rare, probability) - now >= max(BALANCE_LOST, SURE * float(error))


def best_balance(is_rare: NDArray[np.bool_], score: Floats) -> float:
    """The highest balanced accuracy, 0.5 to 1, of answering the class ``is_rare`` ``(n,)`` from a
    threshold of the score ``(n,)`` on."""
    values, group = np.unique(score, return_inverse=True)
    rare = np.bincount(group, is_rare, minlength=len(values))[::-1].cumsum()
    others = np.bincount(group, ~is_rare, minlength=len(values))[::-1].cumsum()
    return float(np.max(rare / is_rare.sum() - others / (~is_rare).sum()) + 1) / 2


def _area(e: Evidence, is_rare: NDArray[np.bool_], probability: Floats, c: int) -> float:
    """How well a class is ranked: by the network, or by a simple model where that is better."""
    assert e.prepared is not None
    area = roc_auc(is_rare.astype(np.int64), probability)
    simple = baselines.panel(e.prepared)
    for places, model in ((simple.line_rows, "linear"), (simple.kernel_rows, "kernel")):
        y = simple.y[places]
        if area >= RANKED or not 0 < y[:, c].sum() < len(y):
            continue
        told = simple.linear.left_out if model == "linear" else simple.kernel.left_out(y)
        area = max(area, roc_auc(y[:, c].astype(np.int64), told[:, c]))
    return area
