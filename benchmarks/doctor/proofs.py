"""Whether a seeded illness shows: judged from the two trainings alone, never by the doctor.

A case counts if its proof holds. Scores are accuracy, or R² of a regression, of the kept weights on
the validation part.

- ``score``: the twin is better by at least :data:`MARGIN`.
- ``data``: nothing to show; the data has it by construction.
- ``parts`` (overfitting): at its end the training's validation loss is at least
  :data:`RISEN` times its lowest, and its training score at least :data:`GAP` above its validation
  score; of the twin neither is so by half.
- ``swings``: over the second half of the epochs the training loss moves from one epoch to the next
  by at least :data:`SWING` of its mean, :data:`WORTH` of the first step's loss, and :data:`WIDER`
  times as much as the twin's.
- ``noisy`` (too small a batch): as ``score``, or for the mean validation score over the second half
  of the epochs.
- ``diverged``: a loss was not finite, and none of the twin's.
- ``dead``, ``saturated``: as ``score``, and in some hidden layer at least half of the units (of
  the activations) are so at the end, and at least twice as many as in that layer of the twin.
- ``constant``: as ``score``, and the predictions on the training part are nearly one value (one
  class for 99% of the rows, or probabilities that deviate by less than 0.02 from row to row;
  numbers that deviate by less than 5% of the target's deviation).
- ``minority`` (class imbalance): the share of the rare class found is under a half, and the twin's
  mean share found over the classes is better by :data:`MINORITY`.

Every twin must be finite and better than a constant prediction by :data:`MARGIN` (but for
``data``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.evidence import Evidence

MARGIN = 0.05
RISEN, GAP = 1.15, 0.08
SWING, WORTH, WIDER = 0.1, 0.02, 3.0
MINORITY = 0.1
HALF = 0.5


def shows(rule: str, ill: Evidence, twin: Evidence) -> bool:
    """Whether the proof ``rule`` holds."""
    if rule == "data":
        return True
    if rule == "minority":
        found, other = _recalls(ill), _recalls(twin)
        return found[1] < HALF and other.mean() - found.mean() >= MINORITY
    if not _works(twin):
        return False
    if rule == "parts":
        return shows_parts(ill) and _risen(twin) < _risen(ill) / 2
    if rule == "swings":
        return _swings(ill, twin)
    if rule == "noisy":
        late = _late_score(twin) - _late_score(ill)
        return _is_worse(ill, twin) or late >= MARGIN
    if rule == "diverged":
        return not _is_finite(ill)
    if not _is_worse(ill, twin):
        return False
    if rule in ("dead", "saturated"):
        share, others = _hidden(ill, rule), _hidden(twin, rule)
        if len(share) != len(others):  # the mistake was the depth
            others = np.full(len(share), np.nanmax(others))
        return bool((share >= np.maximum(HALF, 2 * others)).any())
    if rule == "constant":
        return _is_constant(ill)
    assert rule == "score"
    return True


def score_of(evidence: Evidence) -> float:
    """Score of the kept weights on the validation part, or on the training part where there is no
    other; that of a constant where none was finite."""
    score = evidence.outcome
    floor = evidence.chance or 0.0
    return floor if score is None else score


def _is_finite(evidence: Evidence) -> bool:
    curves = evidence.curves
    assert curves.steps is not None
    return bool(np.isfinite(curves.steps).all() and np.isfinite(curves.loss).all())


def _works(evidence: Evidence) -> bool:
    chance = evidence.chance or 0.0
    return _is_finite(evidence) and score_of(evidence) - chance >= MARGIN


def _is_worse(ill: Evidence, twin: Evidence) -> bool:
    return score_of(twin) - score_of(ill) >= MARGIN


def _late(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    return curve[len(curve) // 2 :]


def _late_score(evidence: Evidence) -> float:
    assert evidence.curves.valid_score is not None
    return float(np.mean(np.nan_to_num(_late(evidence.curves.valid_score))))


def shows_parts(evidence: Evidence) -> bool:
    """Whether the curves of the training and the validation part came apart."""
    curves = evidence.curves
    if curves.train_score is None or curves.valid_score is None:
        return False
    return _risen(evidence) >= RISEN - 1 and curves.train_score[-1] - curves.valid_score[-1] >= GAP


def _risen(evidence: Evidence) -> float:
    """How much higher than its lowest the validation loss ended, relative to that."""
    loss = evidence.curves.valid_loss
    return 0.0 if loss is None else float(loss[-1] / loss.min() - 1)


def _swings(ill: Evidence, twin: Evidence) -> bool:
    if not _is_finite(ill):
        return False
    late = _late(ill.curves.loss)
    moves, others = (np.abs(np.diff(part)).mean() for part in (late, _late(twin.curves.loss)))
    assert ill.curves.steps is not None
    least = max(SWING * late.mean(), WORTH * ill.curves.steps[0], WIDER * others)
    return bool(moves >= least)


def _hidden(evidence: Evidence, sign: str) -> NDArray[np.float64]:
    """A vital sign after the last epoch, of each hidden layer; 0 where a layer has none."""
    assert evidence.vitals is not None
    return np.nan_to_num(evidence.vitals[sign][-1][:-1])


def _is_constant(evidence: Evidence) -> bool:
    assert evidence.answers is not None and evidence.prepared is not None
    answer = np.asarray(evidence.answers["train"].answer)
    if evidence.task is not None and evidence.task.kind == "regression":
        return bool(answer.std() < 0.05 * evidence.prepared.train.y.std())
    _, counts = np.unique(answer, return_counts=True)
    spread = np.asarray(evidence.answers["train"].probability).std(axis=0).max()
    return bool(counts.max() >= 0.99 * len(answer) or spread < 0.02)


def _recalls(evidence: Evidence) -> NDArray[np.float64]:
    """Share of each class that is found on the validation part."""
    assert evidence.answers is not None and evidence.prepared is not None
    assert evidence.prepared.valid is not None
    truth = evidence.prepared.valid.y
    answer = np.asarray(evidence.answers["valid"].answer).reshape(-1)
    return np.array([np.mean(answer[truth == k] == k) for k in np.unique(truth)])
