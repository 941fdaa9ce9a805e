"""Loss curves made by hand, alone or with what the vital signs and simple models say besides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.baselines import Reference
from jaram.doctor.evidence import Curves, Evidence, Vitals
from jaram.doctor.finding import Finding
from jaram.doctor.registry import all_definitions
from jaram.training.probe import VITAL_SIGNS

Floats = NDArray[np.float64]
SUBJECTS = (
    "learning_rate_too_high",
    "learning_rate_too_low",
    "oscillating_loss",
    "slow_convergence",
    "plateau",
    "too_few_epochs",
    "batch_too_small",
    "batch_too_large",
    "overfitting",
    "underfitting",
    "over_regularized",
)
"""Findings about the rate, the pace, the minibatch and the size."""


def time(epochs: int = 50) -> Floats:
    """The share of the training that is done, after each epoch ``(epochs,)``."""
    return np.linspace(0.0, 1.0, epochs)


def noise(epochs: int = 50, width: float = 0.005, seed: int = 0) -> Floats:
    """Independent normal noise ``(epochs,)``."""
    return width * np.random.default_rng(seed).standard_normal(epochs)


def settled(epochs: int = 50) -> Floats:
    """A healthy course: a steep fall that flattens, and is done."""
    return 0.1 + 2 * np.exp(-8 * time(epochs)) + noise(epochs)


def alone(train: Any, valid: Any = None) -> Evidence:
    """Losses and nothing else."""
    loss = None if valid is None else np.asarray(valid, np.float64)
    return Evidence(Curves(np.asarray(train, np.float64), loss))


def watched(
    train: Floats,
    *,
    valid: Floats | None = None,
    score: float | Floats = 0.6,
    valid_score: float | Floats | None = None,
    best: float = 0.95,
    update: float = 3e-3,
    steps: int = 2000,
    pull: float = 1.0,
    **fields: Any,
) -> Evidence:
    """A finished training with vital signs, beside simple models that reach ``best``.

    update: what each step changes of the weights. pull: gradient times weight over the loss.
    """
    epochs = len(train)
    signs = np.full((epochs, 1, len(VITAL_SIGNS)), np.nan, np.float32)
    signs[:, 0, VITAL_SIGNS.index("weight_norm")] = 1.0
    signs[:, 0, VITAL_SIGNS.index("gradient_norm")] = pull * train[0]
    signs[:, 0, VITAL_SIGNS.index("update_ratio")] = update
    scores = np.broadcast_to(np.asarray(score, np.float64), epochs).copy()
    others = scores if valid_score is None else np.broadcast_to(valid_score, epochs).copy()
    curves = Curves(
        train,
        train if valid is None else valid,
        scores,
        others,
        "accuracy",
        steps=np.repeat(train, -(-steps // epochs))[:steps],
    )
    fields.setdefault("ending", "completed")
    found = Evidence(
        curves,
        vitals=Vitals(("dense 8",), signs),
        chance=fields.pop("chance", 0.5),
        best_epoch=fields.pop("best_epoch", epochs),
        batch_size=fields.pop("batch_size", 32),
        **fields,
    )
    found.__dict__["reference"] = Reference(0.5, best, best, best, 0.01, 500)
    return found


def findings(evidence: Evidence) -> list[Finding]:
    """What the rules of these subjects say, each rule by itself."""
    found: list[Finding] = []
    for name in SUBJECTS:
        definition = all_definitions()[name]
        if all(evidence.has(kind) for kind in definition.reads):
            found += definition.judge(evidence)
    return found


def names(evidence: Evidence) -> list[str]:
    """The names of :func:`findings`."""
    return [finding.name for finding in findings(evidence)]


def the(name: str, evidence: Evidence) -> Finding:
    """The one finding of that name."""
    (found,) = [finding for finding in findings(evidence) if finding.name == name]
    return found
