"""Metrics: how good a network's answers are, in NumPy and float64.

``y`` are true class numbers ``(n,)``, labels 0/1 ``(n, labels)`` or targets ``(n,)`` or ``(n,
targets)``; ``weight`` ``(n,)`` are sample weights, None for equal ones. A metric that the data do
not define (the area under the curve of a single class) is NaN. Conventions are scikit-learn's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jaram.errors import DataError
from jaram.messages import Language, text

if TYPE_CHECKING:
    from jaram.data.task import Task

Floats = NDArray[np.float64]
Classes = NDArray[np.int64]
Weight = ArrayLike | None

LOWER_IS_BETTER = frozenset({"loss", "log_loss", "rmse", "mae", "bits_per_unit", "perplexity"})


def higher_is_better(metric: str) -> bool:
    """Whether more of ``metric`` is better; a part before a slash (``"valid/loss"``) does not
    count.
    """
    return metric.rpartition("/")[2] not in LOWER_IS_BETTER


def full_name(metric: str, lang: Language | None = None) -> str:
    """``metric`` as a person says it: "area under the ROC curve" for ``roc_auc``."""
    return text(f"objective.metric_{metric}", lang=lang)


def evaluate(
    task: Task,
    y: ArrayLike,
    outputs: ArrayLike,
    sample_weight: Weight = None,
    *,
    answer: ArrayLike | None = None,
) -> dict[str, float]:
    """All metrics of ``task`` that ``outputs`` allow; those that are not defined are left out.

    outputs: for classes, int predictions ``(n,)`` or probabilities ``(n, classes)``, for a binary
    task also float probabilities ``(n,)`` of the second class; for labels, ints or probabilities
    ``(n, labels)``; for a regression, predictions in the unit of ``y``. Without probabilities
    there is no ``roc_auc`` and no ``log_loss``. For a task with steps, the probability of the true
    class at every step ``(n, steps)``, and ``answer`` ``(n, steps)``; steps of class -1 count
    nothing.

    answer: the predicted classes or labels that go with probabilities; None takes the most probable
        class, and the labels above 0.5. They differ only where classes are equally probable.

    Raises :class:`~jaram.errors.DataError` if the numbers of rows differ.
    """
    truth, given = np.asarray(y), np.asarray(outputs)
    said = None if answer is None else np.asarray(answer).astype(np.int64)
    _check_rows(truth, given, sample_weight)
    if task.has_steps:
        assert said is not None
        found = _steps(task, truth.astype(np.int64), given, said)
    elif task.kind == "regression":
        found = _regression(truth, given, sample_weight)
    elif task.kind == "multilabel":
        found = _multilabel(truth.astype(np.int64), given, said, sample_weight)
    else:
        found = _classes(task, truth.astype(np.int64), given, said, sample_weight)
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _check_rows(truth: NDArray[Any], given: NDArray[Any], weight: Weight) -> None:
    if len(truth) != len(given):
        raise DataError("objective.row_counts", truth=len(truth), outputs=len(given))
    if weight is not None and np.shape(weight) != (len(truth),):
        raise DataError("objective.weight_shape", rows=len(truth), shape=np.shape(weight))


def _regression(y: NDArray[Any], predicted: NDArray[Any], weight: Weight) -> dict[str, float]:
    y, predicted = y.reshape(len(y), -1), predicted.reshape(len(y), -1)
    return {
        "r2": r2(y, predicted, weight),
        "rmse": rmse(y, predicted, weight),
        "mae": mae(y, predicted, weight),
    }


def _classes(
    task: Task, y: Classes, given: NDArray[Any], said: Classes | None, weight: Weight
) -> dict[str, float]:
    binary = task.kind == "binary"
    probability: NDArray[Any] | None = None
    if given.ndim == 2 and given.shape[1] > 1:
        probability, predicted = given, given.argmax(axis=1)
    elif binary and np.issubdtype(given.dtype, np.floating):
        yes = given.reshape(len(y))
        probability, predicted = np.stack([1 - yes, yes], axis=1), (yes > 0.5).astype(np.int64)
    else:
        predicted = given.reshape(len(y)).astype(np.int64)
    predicted = predicted if said is None else said
    matrix = confusion(y, predicted, max(len(task.classes), 2), weight)
    found = {
        "accuracy": accuracy(y, predicted, weight),
        "balanced_accuracy": balanced_accuracy(matrix),
        "f1": f1(matrix),
    }
    if probability is not None:
        score = probability[:, 1] if binary else probability
        found["roc_auc"] = roc_auc(y, score, weight)
        found["log_loss"] = log_loss(y, probability, weight)
    return found


def _steps(task: Task, y: Classes, of_truth: NDArray[Any], said: Classes) -> dict[str, float]:
    there = y >= 0
    truth, predicted = y[there], said[there]
    cost = _negative_log(of_truth[there])
    if task.kind == "language":
        nats = float(cost.mean())
        return {
            "accuracy": accuracy(truth, predicted),
            "bits_per_unit": nats / float(np.log(2)),
            "perplexity": float(np.exp(nats)),
        }
    matrix = confusion(truth, predicted, len(task.classes))
    return {
        "accuracy": accuracy(truth, predicted),
        "balanced_accuracy": balanced_accuracy(matrix),
        "f1": f1(matrix),
        "log_loss": float(cost.mean()),
    }


def _multilabel(
    y: Classes, given: NDArray[Any], said: Classes | None, weight: Weight
) -> dict[str, float]:
    is_probability = np.issubdtype(given.dtype, np.floating)
    predicted = (given > 0.5).astype(np.int64) if is_probability else given.astype(np.int64)
    predicted = predicted if said is None else said
    right = predicted == y
    labels = range(y.shape[1])
    matrices = [confusion(y[:, k], predicted[:, k], 2, weight) for k in labels]
    found = {
        "label_accuracy": _average(right.mean(axis=1), weight),
        "exact_match": _average(right.all(axis=1), weight),
        "f1": float(np.mean([f1(matrix) for matrix in matrices])),
    }
    if is_probability:
        areas = [roc_auc(y[:, k], given[:, k], weight) for k in labels]
        found["roc_auc"] = _mean_of_defined(areas)
        both = np.stack([1 - given, given], axis=2)  # (n, labels, 2)
        losses = [log_loss(y[:, k], both[:, k], weight) for k in labels]
        found["log_loss"] = float(np.mean(losses))
    return found


def accuracy(y: ArrayLike, predicted: ArrayLike, weight: Weight = None) -> float:
    """The share of rows whose predicted class is right."""
    return _average(np.asarray(y) == np.asarray(predicted), weight)


def confusion(y: ArrayLike, predicted: ArrayLike, classes: int, weight: Weight = None) -> Floats:
    """``(classes, classes)`` float64: the weight of the rows of each true (row) and predicted
    class.
    """
    cell = np.asarray(y).astype(np.int64) * classes + np.asarray(predicted).astype(np.int64)
    shares = None if weight is None else np.asarray(weight, np.float64)
    counts = np.bincount(cell, shares, minlength=classes * classes)
    return counts.astype(np.float64).reshape(classes, classes)


def balanced_accuracy(matrix: Floats) -> float:
    """The mean over the classes that occur of the share of a class that is found (its recall)."""
    true = matrix.sum(axis=1)
    occurs = true > 0
    return float(np.mean(np.diagonal(matrix)[occurs] / true[occurs])) if occurs.any() else np.nan


def f1(matrix: Floats) -> float:
    """2 · right / (true + predicted) of the second of two classes, or the mean over more (macro).

    Classes that neither occur nor are predicted are left out of the mean; 0 if there are none.
    """
    right = np.diagonal(matrix)
    total = matrix.sum(axis=1) + matrix.sum(axis=0)
    per_class = np.divide(2 * right, total, out=np.zeros_like(total), where=total > 0)
    if len(matrix) == 2:
        return float(per_class[1])
    return float(np.mean(per_class[total > 0])) if (total > 0).any() else 0.0


def roc_auc(y: ArrayLike, score: ArrayLike, weight: Weight = None) -> float:
    """The area under the ROC curve.

    The chance that a random row of the class scores higher than a random row of the others, ties
    counting half. With ``score`` ``(n, classes)``, each class against the rest, averaged over the
    classes that occur (macro).
    """
    y, score = np.asarray(y), np.asarray(score)
    if score.ndim == 2:
        return _mean_of_defined(
            [roc_auc(y == k, score[:, k], weight) for k in range(score.shape[1])]
        )
    shares = _weights(len(y), weight)
    values, group = np.unique(score, return_inverse=True)
    positive = np.bincount(group, shares * (y == 1), minlength=len(values))
    negative = np.bincount(group, shares * (y != 1), minlength=len(values))
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    return float(np.sum(positive * (below + negative / 2)) / pairs) if pairs > 0 else np.nan


def log_loss(y: ArrayLike, probability: ArrayLike, weight: Weight = None) -> float:
    """The mean of -log(probability of the true class), ``probability`` ``(n, classes)``.

    Probabilities are kept off 0 and 1 by the epsilon of their dtype.
    """
    p = np.asarray(probability)
    p = p if np.issubdtype(p.dtype, np.floating) else p.astype(np.float64)
    of_truth = p[np.arange(len(p)), np.asarray(y).astype(np.int64)]
    return _average(_negative_log(of_truth), weight)


def _negative_log(p: NDArray[Any]) -> Floats:
    """-log p in nats, p kept off 0 and 1 by the epsilon of its dtype."""
    epsilon = np.finfo(p.dtype).eps
    cost: Floats = -np.log(np.clip(p, epsilon, 1 - epsilon).astype(np.float64))
    return cost


def r2(y: ArrayLike, predicted: ArrayLike, weight: Weight = None) -> float:
    """1 - sum of squared errors / sum of squares about the mean; the mean over the targets.

    A constant target scores 1 if it is met exactly, else 0. NaN for fewer than two rows.
    """
    truth, error = _errors(y, predicted)
    if len(truth) < 2:
        return np.nan
    shares = _weights(len(truth), weight)[:, None]
    if shares.sum() <= 0:
        return np.nan
    mean = np.sum(shares * truth, axis=0) / shares.sum()
    missed = np.sum(shares * error**2, axis=0)
    spread = np.sum(shares * (truth - mean) ** 2, axis=0)
    varies = spread > 0
    scores = np.where(varies, 1 - missed / np.where(varies, spread, 1.0), missed == 0)
    return float(np.mean(scores))


def rmse(y: ArrayLike, predicted: ArrayLike, weight: Weight = None) -> float:
    """The root of the mean squared error, in the unit of ``y``; the mean over the targets."""
    _, error = _errors(y, predicted)
    return float(np.mean([np.sqrt(_average(one**2, weight)) for one in error.T]))


def mae(y: ArrayLike, predicted: ArrayLike, weight: Weight = None) -> float:
    """The mean absolute error, in the unit of ``y``; the mean over the targets."""
    _, error = _errors(y, predicted)
    return _average(np.abs(error).mean(axis=1), weight)


def _errors(y: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats]:
    """The true targets and predicted minus true, both float64 ``(n, targets)``."""
    truth = np.asarray(y, np.float64)
    truth = truth.reshape(len(truth), -1)
    return truth, np.asarray(predicted, np.float64).reshape(truth.shape) - truth


def _weights(n: int, weight: Weight) -> Floats:
    return np.ones(n) if weight is None else np.asarray(weight, np.float64)


def _average(values: NDArray[Any], weight: Weight) -> float:
    shares = _weights(len(values), weight)
    total = shares.sum()
    return float(np.sum(shares * values) / total) if total > 0 else np.nan


def _mean_of_defined(values: list[float]) -> float:
    defined = [value for value in values if np.isfinite(value)]
    return float(np.mean(defined)) if defined else np.nan
