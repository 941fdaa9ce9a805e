"""Initial weights, as specifications.

They draw with NumPy on the host: a member's first weights are then the same whatever the backend and
whoever trains beside it, and no program has to be compiled for them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from jaram.network.activations import ActivationFunction
from jaram.network.layer import Shape
from jaram.spec import parse, parser, spec

Weights = NDArray[np.float32]


class Initializer(ABC):
    """How a weight array is drawn."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        """A float32 array of ``shape``; the fans count the inputs and outputs of one unit."""


InitializerField = Annotated[Initializer | None, parser("initializer")]
"""None stands for the default of the layer's activation."""


@spec(family="initializer", name="zeros")
class Zeros(Initializer):
    """All zero: right for biases, wrong for weights, since it leaves all units of a layer alike."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return np.zeros(shape, np.float32)


@spec(family="initializer", name="he_normal", aliases=("kaiming_normal",))
class HeNormal(Initializer):
    """N(0, 2 / fan_in), for ReLU (He et al., 2015)."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return (rng.standard_normal(shape, np.float32) * np.sqrt(2.0 / fan_in)).astype(np.float32)


@spec(family="initializer", name="glorot_uniform", aliases=("xavier_uniform",))
class GlorotUniform(Initializer):
    """U(-a, a) with a = sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio, 2010)."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        limit = np.sqrt(6.0 / (fan_in + fan_out))
        return ((rng.random(shape, np.float32) * 2 - 1) * limit).astype(np.float32)


def weights_for(init: Initializer | None, activation: ActivationFunction) -> Initializer:
    """``init``, or where it is None the initializer that suits ``activation``."""
    if init is not None:
        return init
    default: Initializer = parse("initializer", activation.default_init)
    return default
