"""Averaging of weights: the network that is kept is a mean of those along the way.

A pair of pure functions; the average has the shape of the parameters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from jaram.spec import Share, parser, spec

Tree = TypeVar("Tree")


class Averaging(ABC):
    """A mean over the parameters of many steps."""

    def initial(self, params: Tree) -> Tree:
        """The average before the first step: the initial ``params`` themselves."""
        return params

    def update(self, average: Tree, params: Tree, step: Array, total_steps: Array | int) -> Tree:
        """The average after ``step`` (int, counted from 0) has made ``params``."""
        share = self.share(jnp.asarray(step), total_steps)

        def move(mean: Array, new: Array) -> Array:
            return (mean + share * (new - mean)).astype(mean.dtype)

        moved: Tree = jax.tree.map(move, average, params)
        return moved

    @abstractmethod
    def share(self, step: Array, total_steps: Array | int) -> Array:
        """How far the average moves towards the new parameters, in [0, 1]."""


AveragingField = Annotated[Averaging | None, parser("averaging")]


@spec(family="averaging", name="exponential_average", aliases=("ema",))
class ExponentialAverage(Averaging):
    """average = d · average + (1 - d) · params with d = min(decay, (1 + step) / (10 + step)).

    The second term lets the average leave the initial weights quickly; about 1 / (1 - decay) steps
    count.
    """

    decay: Share = 0.999

    def share(self, step: Array, total_steps: Array | int) -> Array:
        return 1 - jnp.minimum(self.decay, (1 + step) / (10 + step))


@spec(family="averaging", name="stochastic_weight_average", aliases=("swa",))
class StochasticWeightAverage(Averaging):
    """The plain mean of the parameters of every step after the share ``start_share`` of the
    training.

    Before, the average is the current parameters. (Izmailov et al., 2018, who take one network an
    epoch.)
    """

    start_share: Share = 0.75

    def share(self, step: Array, total_steps: Array | int) -> Array:
        start = jnp.floor(self.start_share * total_steps)
        return 1 / (1 + jnp.maximum(step - start, 0))
