"""Targets that nothing can be learnt from, or that are hard to learn as they are."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaram.doctor.finding import Finding
from jaram.doctor.preflight.facts import Facts
from jaram.doctor.preflight.registry import refuses, warns
from jaram.errors import PreflightError

RARE = 5
"""Rows below which a class is rare: under the default split of 80 to 20 it has no row to be
validated on."""
IMBALANCE = 0.05
"""Share of a class relative to an even share below which always guessing the others looks
excellent: of two classes, 2.5% of the rows, where a constant prediction already has 97.5% right."""
LARGE = 10.0
"""Typical size of inputs or targets above which default rates are off. First outputs and gradients
are made for numbers of size 1; the steepest curvature of the loss grows with the square of the
size, so at 10 the largest stable learning rate is a hundredth of the usual."""
SMALL = 1e-3
"""Deviation of a target below which the network's first outputs, of size 1, drown it by a factor of
a thousand."""


@refuses
def training_part_has_rows(facts: Facts) -> None:
    """There is something to learn from."""
    if len(facts.train.y) == 0:
        raise PreflightError("preflight.no_training_rows")


@refuses
def lengths_agree(facts: Facts) -> None:
    """Every example has its target."""
    for part in (facts.train, facts.prepared.valid, facts.prepared.test):
        if part is not None and len(part.x) != len(part.y):
            raise PreflightError("preflight.lengths_differ", rows=len(part.x), labels=len(part.y))


@refuses
def labels_are_classes(facts: Facts) -> None:
    """Class labels are integers from 0 up to the number of classes."""
    if not facts.is_classification:
        return
    for name, part in (
        ("train", facts.train),
        ("valid", facts.valid),
        ("test", facts.prepared.test),
    ):
        if part is None or not len(part.y):
            continue
        wrong = np.flatnonzero(
            (part.y < 0) | (part.y >= facts.classes) | (part.y != np.rint(part.y))
        )
        if len(wrong):
            raise PreflightError(
                "preflight.label_out_of_range",
                value=part.y[wrong[0]].item(),
                row=int(part.rows[wrong[0]]) + 1,
                part=name,
                count=len(wrong),
                classes=facts.classes,
                last=facts.classes - 1,
            )


@refuses
def targets_are_numbers(facts: Facts) -> None:
    """No NaN or infinite target."""
    for part in (facts.train, facts.valid, facts.prepared.test):
        if part is None or not np.issubdtype(part.y.dtype, np.floating):
            continue
        finite = np.isfinite(part.y).reshape(len(part.y), -1).all(axis=1)
        if not finite.all():
            wrong = np.flatnonzero(~finite)
            raise PreflightError(
                "preflight.target_not_finite", count=len(wrong), row=int(part.rows[wrong[0]]) + 1
            )


@refuses
def target_varies(facts: Facts) -> None:
    """A target that is the same everywhere teaches nothing."""
    y = facts.train.y
    if facts.is_classification:
        if np.all(y == y[0]):
            raise PreflightError(
                "preflight.one_class", label=str(facts.task.classes[int(y[0])]), rows=len(y)
            )
        return
    constant = np.all(y == y[:1], axis=0)
    if facts.task.kind == "regression" and np.any(constant):
        names = facts.task.target_names or ("y",)
        place = int(np.flatnonzero(np.atleast_1d(constant))[0])
        raise PreflightError("preflight.target_constant", target=str(names[place]), rows=len(y))
    if np.all(constant):
        raise PreflightError("preflight.labels_constant", rows=len(y))


@warns
def rare_class(facts: Facts) -> Iterable[Finding]:
    """Classes with too few examples to be learnt and judged, among others that have enough.

    Where no class has enough, the data is a table to be learnt by heart, as exclusive or is.
    """
    if not facts.is_classification:
        return
    counts = class_counts(facts)
    rare = np.flatnonzero(counts < RARE)
    if 0 < len(rare) < len(counts):
        yield Finding(
            "rare_class",
            "notable",
            {
                "classes": [str(facts.task.classes[k]) for k in rare],
                "counts": counts[rare].tolist(),
                "fewest": RARE,
            },
        )


@warns
def class_imbalance(facts: Facts) -> Iterable[Finding]:
    """A class so rare against the others that ignoring it costs next to nothing."""
    if not facts.is_classification or facts.recipe.class_weight is not None:
        return
    counts = class_counts(facts)
    shares = counts / counts.sum()
    rarest = int(shares.argmin())
    if counts[rarest] >= RARE and shares[rarest] * facts.classes < IMBALANCE:
        yield Finding(
            "class_imbalance",
            "notable",
            {
                "class": str(facts.task.classes[rarest]),
                "count": int(counts[rarest]),
                "share": round(float(shares[rarest]), 5),
                "most": str(facts.task.classes[int(shares.argmax())]),
                "majority": round(float(shares.max()), 5),
            },
            ("class_weights",),
            case="data",
        )


@warns
def unscaled_target(facts: Facts) -> Iterable[Finding]:
    """A regression target far from the size of a network's first outputs."""
    if facts.task.kind != "regression":
        return
    y = facts.train.y[facts.sample].astype(float).reshape(len(facts.sample), -1)
    mean, deviation = np.abs(y.mean(axis=0)), y.std(axis=0)
    size = float(np.max(np.hypot(mean, deviation)))
    if size > LARGE or float(deviation.min()) < SMALL:
        yield Finding(
            "unscaled_target",
            "notable",
            {
                "mean": float(f"{mean.max():.4g}"),
                "deviation": float(f"{deviation.max() if size > LARGE else deviation.min():.4g}"),
            },
            ("scale_target",),
        )


def class_counts(facts: Facts) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of each class in all parts together, ``(classes,)``."""
    parts = (facts.train, facts.valid, facts.prepared.test)
    return sum(
        (np.bincount(part.y, minlength=facts.classes) for part in parts if part is not None),
        start=np.zeros(facts.classes, np.int64),
    )
