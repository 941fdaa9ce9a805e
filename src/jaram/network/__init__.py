"""Networks as data: layers, activations and initializers, shape inference, parameters, computation.

Importing this package defines every specification in it: a new layer, activation or initializer is
one class in one of its modules.
"""

from __future__ import annotations

import importlib
import pkgutil

from jaram.network.activation import Activation
from jaram.network.activations import (
    ELU,
    GELU,
    SELU,
    ActivationFunction,
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Step,
    Tanh,
)
from jaram.network.composition import Parallel, Residual, Sequential
from jaram.network.dense import Dense
from jaram.network.embedding import EmbedCategories, Embedding
from jaram.network.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LeCunNormal,
    LeCunUniform,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    Zeros,
)
from jaram.network.layer import Context, Layer
from jaram.network.maxout import Maxout
from jaram.network.normalization import BatchNorm, LayerNorm
from jaram.network.regularization import Dropout, GaussianNoise
from jaram.network.shape import Flatten, Reshape

for _found in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_found.name}")

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "ActivationFunction",
    "BatchNorm",
    "Constant",
    "Context",
    "Dense",
    "Dropout",
    "EmbedCategories",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "Layer",
    "LayerNorm",
    "LeCunNormal",
    "LeCunUniform",
    "LeakyReLU",
    "Maxout",
    "Orthogonal",
    "PReLU",
    "Parallel",
    "RandomNormal",
    "RandomUniform",
    "ReLU",
    "Reshape",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Step",
    "Tanh",
    "Zeros",
]
