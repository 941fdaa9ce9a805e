"""Initial weights, as specifications.

They draw with NumPy on the host: a member's first weights are then the same whatever the backend
and whoever trains beside it, and no program has to be compiled for them.

Notation: a weight array has its units on the last axis; ``fan_in`` and ``fan_out`` count the inputs
that one unit reads and the units that one input feeds.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from jaram.network.activations import ActivationFunction
from jaram.network.layer import Shape
from jaram.spec import Finite, Positive, parse, parser, spec

Weights = NDArray[np.float32]


class Initializer(ABC):
    """How a weight array is drawn."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        """A float32 array of ``shape``; the fans count the inputs and outputs of one unit."""


InitializerField = Annotated[Initializer | None, parser("initializer")]
"""None stands for the default of the layer's activation."""


def weights_for(init: Initializer | None, activation: ActivationFunction) -> Initializer:
    """``init``, or where it is None the initializer that suits ``activation``."""
    if init is not None:
        return init
    default: Initializer = parse("initializer", activation.default_init)
    return default


def _normal(rng: np.random.Generator, shape: Shape, variance: float) -> Weights:
    return np.asarray(rng.standard_normal(shape, np.float32) * np.sqrt(variance), np.float32)


def _uniform(rng: np.random.Generator, shape: Shape, variance: float) -> Weights:
    limit = np.sqrt(3.0 * variance)  # U(-a, a) has the variance a² / 3
    return np.asarray((rng.random(shape, np.float32) * 2 - 1) * limit, np.float32)


@spec(family="initializer", name="zeros")
class Zeros(Initializer):
    """All zero: right for biases, wrong for weights, since it leaves all units of a layer alike."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return np.zeros(shape, np.float32)


@spec(family="initializer", name="constant")
class Constant(Initializer):
    """The same number everywhere; all units of a layer stay alike, as with zeros."""

    value: Finite

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return np.full(shape, self.value, np.float32)


@spec(family="initializer", name="random_normal", aliases=("normal",))
class RandomNormal(Initializer):
    """N(0, stddev²), whatever the size of the layer: the ``0.01 * randn`` of the courses.

    Deep networks shrink or blow up their signals under it; the others below look at the layer's
    size.
    """

    stddev: Positive = 0.01

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return _normal(rng, shape, self.stddev**2)


@spec(family="initializer", name="random_uniform", aliases=("uniform",))
class RandomUniform(Initializer):
    """U(-limit, limit), whatever the size of the layer."""

    limit: Positive = 0.01

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return _uniform(rng, shape, self.limit**2 / 3.0)


@spec(family="initializer", name="lecun_normal")
class LeCunNormal(Initializer):
    """N(0, 1 / fan_in), for SELU and for maxout (LeCun et al., 1998)."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return _normal(rng, shape, 1.0 / fan_in)


@spec(family="initializer", name="lecun_uniform")
class LeCunUniform(Initializer):
    """U(-a, a) with a = sqrt(3 / fan_in) (LeCun et al., 1998)."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return _uniform(rng, shape, 1.0 / fan_in)


@spec(family="initializer", name="glorot_normal", aliases=("xavier_normal",))
class GlorotNormal(Initializer):
    """N(0, 2 / (fan_in + fan_out)) (Glorot & Bengio, 2010)."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return _normal(rng, shape, 2.0 / (fan_in + fan_out))


@spec(family="initializer", name="glorot_uniform", aliases=("xavier_uniform", "glorot", "xavier"))
class GlorotUniform(Initializer):
    """U(-a, a), a = sqrt(6 / (fan_in + fan_out)), for sigmoid, tanh (Glorot & Bengio, 2010)."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return _uniform(rng, shape, 2.0 / (fan_in + fan_out))


@spec(family="initializer", name="he_normal", aliases=("kaiming_normal", "he", "kaiming"))
class HeNormal(Initializer):
    """N(0, 2 / fan_in), for ReLU (He et al., 2015)."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return _normal(rng, shape, 2.0 / fan_in)


@spec(family="initializer", name="he_uniform", aliases=("kaiming_uniform",))
class HeUniform(Initializer):
    """U(-a, a) with a = sqrt(6 / fan_in) (He et al., 2015)."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        return _uniform(rng, shape, 2.0 / fan_in)


@spec(family="initializer", name="orthogonal")
class Orthogonal(Initializer):
    """``gain`` times a random orthogonal matrix (Saxe et al., 2014).

    All axes but the last are taken as rows. The shorter of rows and columns are orthonormal (times
    gain). Costs one QR decomposition.
    """

    gain: Positive = 1.0

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Weights:
        columns = shape[-1] if shape else 1
        rows = math.prod(shape) // columns
        tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        q = q * np.sign(np.diagonal(r))  # else the draw would not be uniform over rotations
        matrix = q if rows >= columns else q.T
        return np.asarray(self.gain * matrix, np.float32).reshape(shape)
