"""What a training is after: losses and their pairing with outputs, penalties, metrics.

Importing this package defines every loss, penalty and stopping rule in it: a new one is one class
in one of its modules.
"""

from __future__ import annotations

import importlib
import pkgutil

from jaram.objective.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    PerceptronLoss,
    SquaredHinge,
    SumSquaredError,
)
from jaram.objective.penalties import L1, L2, MaxNorm, Penalty

for _found in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_found.name}")

__all__ = [
    "L1",
    "L2",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "Hinge",
    "Huber",
    "Loss",
    "MaxNorm",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Penalty",
    "PerceptronLoss",
    "SquaredHinge",
    "SumSquaredError",
]
