"""What a finished training shows by how it ended; the curves' own findings are another room's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jaram.doctor.finding import Finding

if TYPE_CHECKING:
    from jaram.recipe import Recipe
    from jaram.runs.chronicle import Chronicle


def outcome_findings(recipe: Recipe, chronicle: Chronicle, result: str) -> tuple[Finding, ...]:
    """``diverged``, with the step whose loss was the first that is not finite."""
    if result != "diverged" or recipe.optimizer is None:
        return ()
    broken = np.flatnonzero(~np.isfinite(chronicle.steps))
    step = int(broken[0]) + 1 if broken.size else len(chronicle.steps)
    evidence = {
        "epoch": chronicle.epochs,
        "step": step,
        "learning_rate": float(recipe.optimizer.learning_rate),
    }
    remedies = ("lower_learning_rate", "clip_gradients", "scale_inputs")
    return (Finding("diverged", "grave", evidence, remedies),)
