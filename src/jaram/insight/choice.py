"""Which examples of a part are worth seeing, and what is told of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Part
from jaram.data.task import Task
from jaram.training.outputs import Answers

if TYPE_CHECKING:
    from jaram.runs.run import Run


def worth_seeing(task: Task, part: Part, found: Answers, count: int) -> NDArray[np.int64]:
    """Rows of ``part``: the surest mistakes, at most two thirds of ``count``, then right answers
    of one class after the other, each class's first.

    Of a regression the largest errors, of several labels the most that are wrong.
    """
    if not task.has_classes:
        answer, y = found.answer, part.y
        off = np.abs(answer.reshape(len(y), -1) - y.reshape(len(y), -1)).mean(axis=1)
        return np.argsort(-off, kind="stable")[:count]
    predicted = found.probability.argmax(axis=1)
    sure = found.probability.max(axis=1)
    wrong = np.flatnonzero(predicted != part.y)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")][: 2 * count // 3]
    right = np.flatnonzero(predicted == part.y)
    turn = np.zeros(len(right), np.int64)  # how many of its class came before
    for number in range(len(task.classes)):
        of_class = part.y[right] == number
        turn[of_class] = np.arange(of_class.sum())
    right = right[np.lexsort((part.y[right], turn))][: count - len(wrong)]
    return np.concatenate([wrong, right]).astype(np.int64)


def told_of(run: Run, part: Part, found: Answers, row: int) -> dict[str, Any]:
    """What a report says of an example: ``row`` of the data, counted from 1, or ``name`` of the
    file; ``true`` and ``predicted`` in the target's words or unit; ``probability`` of the predicted
    class and ``is_right``."""
    place = int(part.rows[row])
    told: dict[str, Any] = {"row": place + 1}
    names = run.prepared.row_names if run.prepared is not None else ()
    if names and place < len(names):
        told["name"] = names[place]
    task = run.task
    if task.has_classes:
        predicted = int(found.probability[row].argmax())
        told |= {
            "true": task.classes[int(part.y[row])],
            "predicted": task.classes[predicted],
            "probability": float(found.probability[row, predicted]),
            "is_right": bool(predicted == part.y[row]),
        }
    elif task.kind == "multilabel":
        told |= {
            "true": _labels(task, part.y[row] > 0.5),
            "predicted": _labels(task, found.probability[row] > 0.5),
        }
    else:
        true, predicted = run.preparation.inverse_target(
            np.stack([part.y[row].reshape(-1), found.answer[row].reshape(-1)])
        )
        told |= {"true": _numbers(true), "predicted": _numbers(predicted)}
    return told


def _labels(task: Task, there: NDArray[np.bool_]) -> str:
    return ", ".join(name for name, is_there in zip(task.classes, there, strict=True) if is_there)


def _numbers(values: NDArray[Any]) -> str:
    return ", ".join(f"{value:.4g}" for value in np.asarray(values).reshape(-1)[:4])
