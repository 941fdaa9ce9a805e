"""The vote: how the answers of several networks become one."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from jaram.data.task import Task
from jaram.runs.run import Run
from jaram.training.outputs import Answers

Vote = Literal["soft", "hard", "weighted"]
VOTES: tuple[Vote, ...] = get_args(Vote)
Floats = NDArray[np.float64]


def said(run: Run, found: Answers) -> Floats:
    """What a member contributes, float64.

    Of a classification its probabilities ``(n, classes)`` or ``(n, labels)``, of a regression its
    numbers ``(n, outputs)`` in the target's own unit.
    """
    if run.task.kind != "regression":
        return np.asarray(found.probability, np.float64)
    values = run.preparation.inverse_target(found.answer)
    return np.asarray(values, np.float64).reshape(len(values), -1)


def united(voices: Floats, vote: Vote, weights: Floats, task: Task) -> Floats:
    """What the team says, ``(n, outputs)``, of what its members say ``(members, n, outputs)``.

    The mean of probabilities (soft), the share of the members that decided so (hard), the weighted
    mean (weighted); of numbers the mean, the median, the weighted mean. weights: ``(members,)``,
    summing to 1. The class that most decided on, the first of equals, is then the largest, as in
    scikit-learn's VotingClassifier.
    """
    if vote == "weighted":
        counts = weights > 0  # a member without weight may answer what is not finite
        return np.asarray(np.tensordot(weights[counts], voices[counts], axes=1))
    if vote == "soft":
        return np.asarray(voices.mean(axis=0))
    if task.kind == "regression":
        return np.asarray(np.median(voices, axis=0))
    ballots = [decided(voice, task) for voice in voices]
    if task.has_classes:
        ballots = [np.eye(len(task.classes))[ballot] for ballot in ballots]
    return np.asarray(np.mean(ballots, axis=0))  # a sum of whole numbers, so that ties are ties


def decided(voice: Floats, task: Task) -> NDArray[Any]:
    """Class numbers ``(n,)``, 0/1 labels ``(n, labels)``, or the numbers themselves.

    A label that half of the votes are for is not given.
    """
    if task.has_classes:
        return np.asarray(voice.argmax(axis=1))
    return (voice > 0.5).astype(np.int64) if task.kind == "multilabel" else voice
