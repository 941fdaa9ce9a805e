"""The evaluation: what a report shows of a trained network beside its curves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Part
from jaram.objective.metrics import confusion
from jaram.training.outputs import Answers

if TYPE_CHECKING:
    from jaram.runs.run import AnswersOf, Run

MOST_MISTAKES = 12
MOST_POINTS = 500
CALIBRATION_BINS = 10
IMPORTANCE_ROWS = 500
IMPORTANCE_REPEATS = 3
IMPORTANCE_SECONDS = 1.0
"""Columns that are not reached within this time are left out of the importance."""


def evaluation(run: Run, answers_of: AnswersOf) -> dict[str, Any]:
    """Plain values for ``evaluation.json``, measured on the part that was not trained on.

    That is :func:`evaluated_part`.
    """
    name = evaluated_part(run)
    part, found = run.parts[name], answers_of(name)
    told: dict[str, Any] = {"part": name}
    if run.task.has_classes:
        told[name] = _classes(run, part, found.probability)
    elif run.task.kind == "regression":
        told[name] = _residuals(run, part, found.answer)
    else:
        told[name] = {}
    return told | _importance(run, part)


def evaluated_part(run: Run) -> str:
    """The test part if there is one, else the validation part, else the training part."""
    return next(name for name in ("test", "valid", "train") if name in run.parts)


def _classes(run: Run, part: Part, probability: NDArray[np.float32]) -> dict[str, Any]:
    predicted = probability.argmax(axis=1)
    matrix = confusion(part.y, predicted, len(run.task.classes))
    return {
        "confusion": {
            "classes": list(run.task.classes),
            "matrix": matrix.astype(int).tolist(),
        },
        "mistakes": _mistakes(run, part, probability, predicted),
        "calibration": calibration(part.y, probability),
    }


def _mistakes(
    run: Run, part: Part, probability: NDArray[np.float32], predicted: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """The most confident wrong answers; rows are numbered from 1 as in the table, examples that are
    files have their names too."""
    wrong = np.flatnonzero(predicted != part.y)
    surest = wrong[np.argsort(-probability[wrong, predicted[wrong]])][:MOST_MISTAKES]
    names = () if run.prepared is None else run.prepared.row_names
    return [
        {
            "row": int(part.rows[i]) + 1,
            **({"name": names[int(part.rows[i])]} if names else {}),
            "true": run.task.classes[int(part.y[i])],
            "predicted": run.task.classes[int(predicted[i])],
            "probability": float(probability[i, predicted[i]]),
        }
        for i in surest
    ]


def calibration(y: NDArray[Any], probability: NDArray[np.float32]) -> list[dict[str, Any]]:
    """Per bin of stated probability: its mean, the share that was right, how many.

    For two classes the second class's probability and share; else those of the predicted class
    (Guo et al., 2017). Ten bins of equal width.
    """
    if probability.shape[1] == 2:
        stated, right = probability[:, 1], y == 1
    else:
        stated, right = probability.max(axis=1), probability.argmax(axis=1) == y
    known = np.isfinite(stated)  # a network that diverged states nothing
    stated, right = stated[known], right[known]
    bins = np.minimum((stated * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        {
            "probability": float(stated[bins == index].mean()),
            "share": float(right[bins == index].mean()),
            "count": int((bins == index).sum()),
        }
        for index in range(CALIBRATION_BINS)
        if (bins == index).any()
    ]


def calibration_error(bins: list[dict[str, Any]]) -> float:
    """The expected calibration error of :func:`calibration`'s bins, 0 to 1 (Naeini et al., 2015).

    How far the stated probability is from the share that was right, averaged over the examples;
    NaN if there are none.
    """
    total = sum(one["count"] for one in bins)
    missed = sum(one["count"] * abs(one["probability"] - one["share"]) for one in bins)
    return missed / total if total else float("nan")


def _residuals(run: Run, part: Part, answer: NDArray[Any]) -> dict[str, Any]:
    """True and predicted values of the first target, evenly drawn."""
    rows = np.linspace(0, len(part.x) - 1, min(len(part.x), MOST_POINTS)).astype(int)
    true = run.preparation.inverse_target(part.y[rows])[:, 0]
    predicted = run.preparation.inverse_target(answer[rows])[:, 0]
    return {"residuals": {"true": true.tolist(), "predicted": predicted.tolist()}}


def _importance(run: Run, part: Part) -> dict[str, Any]:
    """Permutation importance of the input columns (Breiman, 2001): how much worse the metric gets
    when a column's values change places, mean and deviation over the repeats."""
    columns = run.preparation.column_positions()
    if part.x.ndim != 2 or not len(columns) > 1:
        return {}
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(part.x))[:IMPORTANCE_ROWS]
    x, y = part.x[rows], part.y[rows]
    (score,) = _scores(run, x, y)
    until = time.perf_counter() + IMPORTANCE_SECONDS
    found = []
    for name, positions in columns.items():
        shuffled = np.tile(x, (IMPORTANCE_REPEATS, 1))  # asked all at once: a call costs its block
        for start in range(0, len(shuffled), len(x)):
            others = x[rng.permutation(len(x))][:, positions]
            shuffled[start : start + len(x), positions] = others
        drops = [score - worse for worse in _scores(run, shuffled, y)]
        found.append(
            {"column": name, "drop": float(np.mean(drops)), "std": float(np.std(drops, ddof=1))}
        )
        if time.perf_counter() > until:
            break
    found.sort(key=lambda item: -float(item["drop"]))  # type: ignore[arg-type]
    return {"importance": found, "importance_metric": _metric(run), "importance_rows": len(x)}


def _scores(run: Run, x: NDArray[Any], y: NDArray[Any]) -> list[float]:
    """The score of each of the tables, as long as ``y``, that ``x`` holds one after another."""
    found = run.examine(x)
    starts = range(0, len(x), len(y))
    tables = (Answers(*(values[start : start + len(y)] for values in found)) for start in starts)
    return [_score(run, one, y) for one in tables]


def _score(run: Run, found: Answers, y: NDArray[Any]) -> float:
    """How good the answers are by :func:`_metric`."""
    if run.task.has_classes:
        return float(np.mean(found.probability.argmax(axis=1) == y))
    if run.task.kind == "multilabel":
        return float(np.mean((found.probability > 0.5) == (y > 0.5)))
    spread = float(np.sum((y - y.mean(axis=0)) ** 2))
    return 1 - float(np.sum((found.answer - y) ** 2)) / max(spread, 1e-30)


def _metric(run: Run) -> str:
    """What the importance is measured by."""
    if run.task.has_classes:
        return "accuracy"
    return "label_accuracy" if run.task.kind == "multilabel" else "r2"
