"""What is fitted to the validation part, and to nothing else: weights, and who is in the team.

Every function takes runs and reads their own validation answers. None takes data, so that a team
cannot be chosen on the part that it is tested on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaram.ensemble.members import have_in_common, with_data
from jaram.ensemble.votes import Floats, said
from jaram.errors import UsageError
from jaram.runs.run import Run

STEPS = 2000
CLOSE_ENOUGH = 1e-9
LEAST = 1e-7
"""Probabilities are kept off 0 by it: the epsilon of float32, as in the metric."""
FIRM = 1e4
"""How much heavier than all examples together the condition that weights sum to 1 is taken."""


class Heard(NamedTuple):
    """Validation answers of runs.

    values: ``(runs, cases)``; of a classification the probability of the truth, of a regression the
    error in standard deviations of the target. A case is an example, or one label or target of it.
    shares: ``(cases,)``, weights of the cases, 1 on average.
    """

    values: Floats
    shares: Floats
    is_error: bool

    def loss(self, mixtures: Floats) -> Floats:
        """The mean log loss, or squared error, of weighted means of ``values``: ``(..., cases)`` to
        ``(...,)``; infinite where one is not finite."""
        each = mixtures**2 if self.is_error else -np.log(np.clip(mixtures, LEAST, 1.0))
        loss = np.mean(each * self.shares, axis=-1)
        return np.where(np.isfinite(loss), loss, np.inf)


def heard(runs: Sequence[Run]) -> Heard:
    """The runs' validation answers.

    Raises UsageError if a run has no validation part, or its data is not to be found any more, or
    it was validated on other rows than the first.
    """
    runs = with_data(runs)
    for number, run in enumerate(runs, start=1):
        if run.prepared is None:
            raise UsageError("ensemble.data_lost", number=number)
        if "valid" not in run.parts:
            raise UsageError("ensemble.no_validation", number=number)
    if not have_in_common(runs, "valid"):
        raise UsageError("ensemble.other_validation")
    first = runs[0].parts["valid"]
    is_error = runs[0].task.kind == "regression"
    truth = np.asarray(first.y)
    if is_error:
        truth = np.asarray(runs[0].preparation.inverse_target(truth), np.float64)
        truth = truth.reshape(len(truth), -1)
    spread = np.maximum(truth.std(axis=0), 1e-30) if is_error else 1.0
    values: list[Floats] = []
    for run in runs:
        voice = said(run, run.answers_of("valid"))
        if is_error:
            values.append(np.asarray((voice - truth) / spread, np.float64).reshape(-1))
        elif run.task.kind == "multilabel":
            values.append(np.where(truth > 0.5, voice, 1 - voice).reshape(-1))
        else:
            values.append(voice[np.arange(len(voice)), truth.astype(np.int64)])
    table = np.stack(values)
    weight = np.ones(len(first)) if first.weight is None else first.weight.astype(np.float64)
    shares = np.repeat(weight, table.shape[1] // len(first))
    return Heard(table, shares / max(float(shares.mean()), 1e-30), is_error)


def fitted_weights(runs: Sequence[Run]) -> tuple[float, ...]:
    """The weights, summing to 1, whose weighted mean answers the validation part best.

    Log loss is minimised by expectation-maximisation for the weights of a mixture (Dempster, Laird
    and Rubin, 1977), squared error by least squares without negative weights (Lawson and Hanson,
    1974). Both start from equal weights as a prior belief as strong as one example a member, so
    that a small validation part does not silence anyone. A member with an answer that is not
    finite gets 0. Raises UsageError as :func:`heard`, or if there is no finite member.
    """
    told = heard(runs)
    sound = np.asarray(np.isfinite(told.values).all(axis=1))
    if not sound.any():
        raise UsageError("ensemble.none_finite")
    values = told.values[sound]
    weights = np.zeros(len(sound))
    weights[sound] = (_least_squares if told.is_error else _mixture)(values, told.shares)
    return tuple(weights.tolist())


def _mixture(values: Floats, shares: Floats) -> Floats:
    members, cases = values.shape
    values = np.clip(values, LEAST, 1.0)
    weights = np.full(members, 1 / members)
    for _ in range(STEPS):
        owed = weights * ((values / (weights @ values)) @ shares)
        better = (owed + 1) / (cases + members)
        moved = float(np.abs(better - weights).max())
        weights = better
        if moved < CLOSE_ENOUGH:
            break
    return np.asarray(weights / weights.sum())


def _least_squares(errors: Floats, shares: Floats) -> Floats:
    from scipy import optimize

    members = len(errors)
    noise = float(np.mean(errors.mean(axis=0) ** 2 * shares))
    prior = np.sqrt(max(noise, 1e-12) * members)
    firm = FIRM * max(float(np.sqrt(np.sum(errors**2))), prior)
    rows = np.vstack(
        [(errors * np.sqrt(shares)).T, prior * np.eye(members), np.full((1, members), firm)]
    )
    wanted = np.concatenate(
        [np.zeros(errors.shape[1]), np.full(members, prior / members), np.array([firm])]
    )
    weights, _ = optimize.nnls(rows, wanted)  # type: ignore[attr-defined]
    return np.asarray(weights / weights.sum())


def greedy_counts(runs: Sequence[Run], size: int) -> tuple[int, ...]:
    """How often each run is in a team of at most ``size``, chosen one after another.

    Each time the run is added, be it again, with which the mean of those chosen so far answers the
    validation part best; of the teams on the way the best is kept, the smallest of equals (ensemble
    selection with replacement, Caruana et al., 2004). Raises UsageError as :func:`heard`, or if
    there is no finite member.
    """
    if not isinstance(size, int) or size < 1:
        raise UsageError("ensemble.bad_size", value=size)
    told = heard(runs)
    total = np.zeros(told.values.shape[1])
    chosen: list[int] = []
    losses: list[float] = []
    for count in range(1, size + 1):
        found = told.loss((total + told.values) / count)
        best = int(np.argmin(found))
        if not np.isfinite(found[best]):
            raise UsageError("ensemble.none_finite")
        chosen.append(best)
        losses.append(float(found[best]))
        total = total + told.values[best]
    kept = chosen[: int(np.argmin(losses)) + 1]
    return tuple(kept.count(index) for index in range(len(runs)))
