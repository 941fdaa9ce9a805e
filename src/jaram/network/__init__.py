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
from jaram.network.anchoring import Anchored
from jaram.network.attention import AttentionPool
from jaram.network.bidirectional import Bidirectional
from jaram.network.composition import Parallel, Residual, Sequential
from jaram.network.convolution import Conv, ConvTranspose, DepthwiseConv
from jaram.network.dense import Dense
from jaram.network.embedding import EmbedCategories, Embedding
from jaram.network.frozen import Frozen
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
from jaram.network.masking import Masking
from jaram.network.maxout import Maxout
from jaram.network.ngrams import NGramEmbedding
from jaram.network.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from jaram.network.pooling import AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from jaram.network.recurrent import GRU, LSTM, RNN
from jaram.network.regularization import Dropout, GaussianNoise, SpatialDropout
from jaram.network.resizing import Repeat, UpSample
from jaram.network.shape import Flatten, Reshape
from jaram.network.squeeze_excite import SqueezeExcite

for _found in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_found.name}")

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "SELU",
    "Activation",
    "ActivationFunction",
    "Anchored",
    "AttentionPool",
    "AvgPool",
    "BatchNorm",
    "Bidirectional",
    "Constant",
    "Context",
    "Conv",
    "ConvTranspose",
    "Dense",
    "DepthwiseConv",
    "Dropout",
    "EmbedCategories",
    "Embedding",
    "Flatten",
    "Frozen",
    "GaussianNoise",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GlorotNormal",
    "GlorotUniform",
    "GroupNorm",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "InstanceNorm",
    "Layer",
    "LayerNorm",
    "LeCunNormal",
    "LeCunUniform",
    "LeakyReLU",
    "Masking",
    "MaxPool",
    "Maxout",
    "NGramEmbedding",
    "Orthogonal",
    "PReLU",
    "Parallel",
    "RandomNormal",
    "RandomUniform",
    "ReLU",
    "Repeat",
    "Reshape",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "SpatialDropout",
    "SqueezeExcite",
    "Step",
    "Tanh",
    "UpSample",
    "Zeros",
]
