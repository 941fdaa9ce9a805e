"""A space as Optuna knows it: a point as its parameters, and back.

A parameter bears its dimension's path. ``1 - LogUniform(...)`` is on a logarithmic scale only as
what is subtracted, and is called ``1-PATH``. A dimension inside an option counts only where the
option was drawn, so a trial has only the parameters that it uses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from jaram.errors import UsageError
from jaram.searches.distributions import (
    Choice,
    Distribution,
    IntLogUniform,
    IntUniform,
    LogUniform,
    OneMinus,
    Uniform,
)
from jaram.searches.space import Space

if TYPE_CHECKING:
    import optuna

UNUSED = 0.5
"""Where a point lies along a dimension that does not count."""


def require_optuna() -> None:
    """Raise UsageError where Optuna is not installed."""
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise UsageError("search.needs_optuna") from None


def name_of(path: str, distribution: Distribution) -> str:
    """What the parameter of a dimension is called."""
    return f"1-{path}" if isinstance(distribution, OneMinus) else path


def as_optuna(distribution: Distribution) -> optuna.distributions.BaseDistribution:
    """The Optuna distribution of the same values."""
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    match distribution:
        case Uniform(low, high):
            return FloatDistribution(low, high)
        case LogUniform(low, high) | OneMinus(LogUniform(low, high)):
            return FloatDistribution(low, high, log=True)
        case IntUniform(low, high):
            return IntDistribution(low, high)
        case IntLogUniform(low, high):
            return IntDistribution(low, high, log=True)
        case Choice():
            return CategoricalDistribution(distribution.labels)
    raise TypeError(type(distribution).__name__)


def share_of(distribution: Distribution, value: Any) -> float:
    """The share at which a distribution has the value of a parameter; of whole numbers and options
    the middle of where it has it."""
    match distribution:
        case Uniform(low, high):
            return float((value - low) / (high - low))
        case LogUniform(low, high) | OneMinus(LogUniform(low, high)):
            return math.log(value / low) / math.log(high / low)
        case IntUniform(low, high):
            return float((value - low + 0.5) / (high - low + 1))
        case IntLogUniform(low, high):
            return math.log((value + 0.5) / low) / math.log((high + 1) / low)
        case Choice():
            return (distribution.labels.index(value) + 0.5) / len(distribution.options)
    raise TypeError(type(distribution).__name__)


def suggested(space: Space, trial: optuna.trial.BaseTrial) -> tuple[float, ...]:
    """The point whose parameters an Optuna trial suggests.

    Options are asked for before what is inside them, and what is inside an option that was not
    drawn is not asked for.
    """
    point = np.full(len(space.dimensions), UNUSED)
    for place, (path, distribution) in enumerate(space.dimensions.items()):
        if path in space.at(point).values:
            value = _suggested(trial, name_of(path, distribution), distribution)
            point[place] = min(1.0, max(0.0, share_of(distribution, value)))
    return tuple(point.tolist())


def _suggested(trial: optuna.trial.BaseTrial, name: str, distribution: Distribution) -> Any:
    match distribution:
        case Uniform(low, high):
            return trial.suggest_float(name, low, high)
        case LogUniform(low, high) | OneMinus(LogUniform(low, high)):
            return trial.suggest_float(name, low, high, log=True)
        case IntUniform(low, high):
            return trial.suggest_int(name, low, high)
        case IntLogUniform(low, high):
            return trial.suggest_int(name, low, high, log=True)
        case Choice():
            return trial.suggest_categorical(name, distribution.labels)
    raise TypeError(type(distribution).__name__)


def params_of(
    space: Space, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, optuna.distributions.BaseDistribution]]:
    """Parameters and their distributions, by name, of what was drawn by path."""
    params, distributions = {}, {}
    for path, distribution in space.dimensions.items():
        if path in values:
            name = name_of(path, distribution)
            value = values[path]
            params[name] = _inside(distribution, 1 - value) if name != path else value
            distributions[name] = as_optuna(distribution)
    return params, distributions


def _inside(distribution: Distribution, value: float) -> float:
    """1 − a momentum, which rounding may have carried over the limits."""
    assert isinstance(distribution, OneMinus)
    return min(distribution.of.high, max(distribution.of.low, value))
