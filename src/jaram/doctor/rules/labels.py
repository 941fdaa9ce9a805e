"""Targets that the inputs do not tell, and targets that are probably wrong.

Neither was found in 320 healthy trainings of the suite's tuning half.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from jaram.doctor.evidence import Evidence
from jaram.doctor.finding import Severity
from jaram.doctor.registry import Sighting, finds
from jaram.doctor.suspects import Cross, Doubts, cross, doubts
from jaram.network.frozen import bare
from jaram.spec import name_of

NOTHING = 0.05
"""Share of the targets' variance up to which simple models may have found nothing: with targets
dealt out at random they explained up to 0.022 of it."""
VISIBLE = 0.25
"""... and the largest share that may have gone unseen. With more columns or fewer rows nothing is
claimed."""
BETTER = 3.0
"""Standard errors by which a simple model or the network is better than a constant that mean a
signal."""
DEPENDENT = 3.5
"""Standard deviations by which like rows have more like targets than by chance that mean one. Of 80
sets with targets dealt out at random three had more, so that nothing was claimed of them; of 18
with four wrong labels in ten, all but one."""

HALF = 0.33
"""Part of the contradicted labels that may lie in the half of the rows far from the borders where
classes merely overlap; wrong labels anywhere put half of them there."""
QUARTER = 0.1625
"""The same of the quarter farthest from the borders; wrong labels put a quarter of them there."""
CERTAIN = 0.7
"""Standard errors above both. Of 69 healthy sets (German credit, abalone, MNIST, reviews, and
synthetic classes from far apart to nearly on top of each other) none came above 0.3 (abalone's
sexes). Of 60 synthetic sets of any difficulty 35% are above with two labels in ten wrong, 72% with
three, 77% with four; of sets that simple models know well, nearly all."""
WORTH_TELLING = 0.04
"""Share of wrong labels below which a data set is as good as most are."""
MANY = 0.2
"""Share of wrong labels from which scores can't be trusted: they are measured against the same
labels."""
FAR_OFF = 8.0
"""Robust standard deviations beyond which a number contradicts the others; a normal residual does
so never, those of a t distribution with four degrees of freedom once in 750."""
FAR_OFF_SHARE = 0.02
"""Share of such numbers that is worth telling."""
APART = 0.6
"""Part of the numbers beyond half of FAR_OFF that lie beyond it, from which they are not the tail
of the others. Tails run out: 0.43 for noise whose size varies tenfold, 0.33 for a log-normal
target, 0.11 at most for abalone, sunspots and the columns of the Pima table."""
LISTED = 20
"""Suspicious rows that are named."""


@finds(
    "no_signal",
    reads=("data", "scores"),
    explains=(
        "underfitting",
        "overfitting",
        "constant_prediction",
        "plateau",
        "slow_convergence",
        "too_few_epochs",
        "learning_rate_too_low",
        "label_noise",
        "vanishing_through_time",
        "dead_units",
        "saturated_units",
    ),
    of_data=True,
)
def no_signal(e: Evidence) -> Iterable[Sighting]:
    """Inputs from which neither the network nor any simple model tells the target of a new row.

    A linear model, a kernel and nearest neighbours answer for rows that they were not shown. What
    could have been missed is told; where that is much, nothing is said.
    """
    if e.prepared is None or e.reference is None or _network_knows(e) or _is_sequence(e):
        return
    if e.reference.best - e.reference.constant > 2 * BETTER * e.reference.error:  # beyond doubt
        return
    rows = cross(e.prepared)
    if len(rows.x) < 8 or rows.x.shape[1] == 0 or rows.visible > VISIBLE:
        return
    if _models_know(e, rows):
        return
    yield Sighting(
        "grave",
        {
            "rows": len(rows.x),
            "columns": int(rows.x.shape[1]),
            "explained": round(max(rows.explained, 0.0), 4),
            "visible": round(rows.visible, 4),
        },
    )


def _network_knows(e: Evidence) -> bool:
    """Whether the network is better than a constant on rows that it was not trained on."""
    valid, chance = e.score("valid"), e.chance
    if valid is None or chance is None or e.valid_rows is None:
        return False
    if e.task is not None and e.task.kind == "regression":
        return bool(valid > BETTER * (2 / e.valid_rows) ** 0.5)
    return bool(valid - chance > BETTER * (chance * (1 - chance) / e.valid_rows) ** 0.5)


def _is_sequence(e: Evidence) -> bool:
    """Whether the inputs are tokens or sequences, which the simple models can't read."""
    first = (e.recipe.network or (None,))[0] if e.recipe is not None else None
    return (first is not None and name_of(bare(first)) == "embedding") or len(
        e.input_shape or ()
    ) == 2


def _models_know(e: Evidence, rows: Cross) -> bool:
    """Whether a simple model, or the likeness of like rows, shows that the inputs tell anything."""
    if rows.explained > NOTHING:
        return True
    constant = 0.0
    if e.task is not None and e.task.kind != "regression":
        shares = rows.y.mean(axis=0)
        constant = float(shares.max())
        if e.task.kind == "multilabel":
            constant = float(np.mean(np.maximum(shares, 1 - shares)))
    if any(found.score - constant > BETTER * found.error for found in rows.scores):
        return True
    return rows.dependence > DEPENDENT


@finds(
    "label_noise",
    reads=("data",),
    explains=("overfitting", "oscillating_loss", "underfitting"),
    of_data=True,
)
def label_noise(e: Evidence) -> Iterable[Sighting]:
    """Targets that contradict those of similar rows, also where the classes do not overlap."""
    if e.prepared is None or e.task is None or e.reference is None:
        return
    # As good as clean, by the validation rows and by the training rows: spare the closer look.
    if max(1 - e.reference.best, e.reference.contradicted) < WORTH_TELLING:
        return
    if e.task.has_classes:
        yield from _wrong_classes(e, cross(e.prepared))
    elif e.task.kind == "regression":
        yield from _wrong_numbers(e, cross(e.prepared))


def _wrong_classes(e: Evidence, rows: Cross) -> Iterable[Sighting]:
    if len(rows.x) < 8 or rows.x.shape[1] == 0:
        return
    found = doubts(rows)
    certainty = found.certainty(HALF, QUARTER)
    if found.sure < WORTH_TELLING or certainty < CERTAIN:
        return
    if rows.dependence < DEPENDENT:
        return
    assert e.task is not None
    names, shown = e.task.classes, found.order[:LISTED]
    seen: dict[str, Any] = {
        "rate": round(found.sure, 3),
        "looked_at": len(rows.x),
        "count": len(found.order),
        "rows": _row_numbers(e, rows.place[shown]),
        "given": [str(names[c]) for c in rows.y[shown].argmax(axis=1)],
        "likely": [str(names[c]) for c in found.likely[shown]],
    }
    yield Sighting(_how_bad(found), seen, "classes")


def _how_bad(found: Doubts) -> Severity:
    return "grave" if found.sure >= MANY else "notable"


def _wrong_numbers(e: Evidence, rows: Cross) -> Iterable[Sighting]:
    """Residuals of the kernel, against their median size."""
    if len(rows.x) < 50 or rows.explained <= NOTHING:
        return
    missed = rows.y - rows.curve
    size = 1.4826 * np.median(np.abs(missed - np.median(missed, axis=0)), axis=0)
    far = np.max(np.abs(missed) / np.maximum(size, 1e-12), axis=1)
    wrong = np.flatnonzero(far > FAR_OFF)
    share = len(wrong) / len(far)
    if share < FAR_OFF_SHARE or len(wrong) < APART * np.count_nonzero(far > FAR_OFF / 2):
        return
    assert e.prepared is not None
    shown = wrong[np.argsort(-far[wrong])][:LISTED]
    back = e.prepared.preparation.inverse_target
    given = np.asarray(back(rows.y[shown]), np.float64).reshape(len(shown), -1)
    likely = np.asarray(back(rows.curve[shown]), np.float64).reshape(len(shown), -1)
    seen: dict[str, Any] = {
        "rate": round(share, 3),
        "looked_at": len(far),
        "count": len(wrong),
        "rows": _row_numbers(e, rows.place[shown]),
        "given": [float(f"{value:.4g}") for value in given[:, 0]],
        "likely": [float(f"{value:.4g}") for value in likely[:, 0]],
    }
    yield Sighting("notable", seen, "numbers")


def _row_numbers(e: Evidence, places: Any) -> list[int]:
    """Numbers in the data, of places in the training part and, after its end, the validation
    part."""
    assert e.prepared is not None
    train, valid = e.prepared.train, e.prepared.valid
    both = train.rows if valid is None else np.concatenate([train.rows, valid.rows])
    return [int(row) for row in both[places]]
