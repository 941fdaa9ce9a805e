"""How parameters move: optimizers, learning-rate schedules, clipping and averaging, over Optax.

Importing this package defines every specification in it: a new one is one class in one of its
modules.
"""

from __future__ import annotations

import importlib
import pkgutil

from jaram.optimizer.averaging import Averaging, ExponentialAverage, StochasticWeightAverage
from jaram.optimizer.clipping import ClipNorm, Clipping, ClipValue
from jaram.optimizer.optimizers import (
    LBFGS,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    Lion,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from jaram.optimizer.schedules import (
    ConstantRate,
    Cosine,
    CosineCycles,
    Exponential,
    InverseTime,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    WarmUp,
)

for _found in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_found.name}")

__all__ = [
    "LBFGS",
    "SGD",
    "AMSGrad",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Averaging",
    "ClipNorm",
    "ClipValue",
    "Clipping",
    "ConstantRate",
    "Cosine",
    "CosineCycles",
    "Exponential",
    "ExponentialAverage",
    "InverseTime",
    "Lion",
    "Momentum",
    "Nesterov",
    "OneCycle",
    "Optimizer",
    "RMSProp",
    "ReduceOnPlateau",
    "Schedule",
    "StepDecay",
    "StochasticWeightAverage",
    "WarmUp",
]
