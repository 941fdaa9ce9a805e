"""One sample of every layer, activation and initializer, for the suites that run over all."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jaram.network.layer import Shape
from jaram.spec import parse

BATCH = 5


class LayerSample(NamedTuple):
    """A layer by its words, its input, and the words of a layer of equal structure, other knobs."""

    words: str
    input_shape: Shape
    twin: str
    tokens: int = 0
    """Inputs are integers below this number; 0: normal numbers."""
    coded: tuple[int, ...] = ()
    """Columns of the input that hold codes 0, 1, 2."""

    @property
    def layer(self) -> Any:
        return parse("layer", self.words)

    def inputs(self, seed: int = 0) -> np.ndarray[Any, Any]:
        rng = np.random.default_rng(seed)
        shape = (BATCH, *self.input_shape)
        if self.tokens:
            return rng.integers(0, self.tokens, shape)
        x = rng.standard_normal(shape, np.float32)
        x[..., self.coded] = rng.integers(0, 3, (*shape[:-1], len(self.coded)))
        return x


LAYERS = {
    "dense": LayerSample("dense 4 (leaky_relu 0.2)", (3,), "dense 4 (leaky_relu 0.3)"),
    "activation": LayerSample("activation (elu 0.5)", (3, 2), "activation (elu 0.75)"),
    "maxout": LayerSample("maxout 4 3 init=(normal 0.5)", (2, 3), "maxout 4 3 init=(normal 0.25)"),
    "dropout": LayerSample("dropout 0.25", (6,), "dropout 0.75"),
    "gaussian_noise": LayerSample("gaussian_noise 0.5", (4,), "gaussian_noise 0.25"),
    "batch_norm": LayerSample("batch_norm 0.75", (3, 4), "batch_norm 0.5 epsilon=0.125"),
    "layer_norm": LayerSample("layer_norm 0.01", (2, 4), "layer_norm 0.125"),
    "flatten": LayerSample("flatten", (2, 3, 2), "flatten"),
    "reshape": LayerSample("reshape (2, -1)", (6,), "reshape (2, -1)"),
    "embedding": LayerSample(
        "embedding 7 3 init=(normal 0.5)", (4,), "embedding 7 3 init=(normal 0.25)", tokens=7
    ),
    "embed_categories": LayerSample(
        "embed_categories ((0, 3), (2, 4)) 2 init=(uniform 0.5)",
        (4,),
        "embed_categories ((0, 3), (2, 4)) 2 init=(uniform 0.25)",
        coded=(0, 2),
    ),
    "sequential": LayerSample(
        "sequential (dense 4 tanh, dropout 0.25, batch_norm)",
        (3,),
        "sequential (dense 4 tanh, dropout 0.5, batch_norm 0.5)",
    ),
    "residual": LayerSample(
        "residual (dense 4 prelu, dropout 0.25) (elu 0.5)",
        (3,),
        "residual (dense 4 (prelu 0.125), dropout 0.5) elu",
    ),
    "parallel": LayerSample(
        "parallel (dense 2 tanh, sequential (batch_norm, dense 3), gaussian_noise 0.5)",
        (2, 3),
        "parallel (dense 2 tanh, sequential (batch_norm 0.5, dense 3), gaussian_noise 0.25)",
    ),
}

ACTIVATIONS = {
    "identity": "identity",
    "step": "step",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "leaky_relu": "leaky_relu 0.2",
    "prelu": "prelu 0.3",
    "elu": "elu 1.5",
    "selu": "selu",
    "gelu": "gelu",
    "silu": "silu",
    "softplus": "softplus 2",
    "softmax": "softmax",
}

INITIALIZERS = {
    "zeros": ("zeros", 0.0),
    "constant": ("constant 0.5", 0.0),
    "random_normal": ("random_normal 0.02", 0.02**2),
    "random_uniform": ("random_uniform 0.3", 0.3**2 / 3),
    "lecun_normal": ("lecun_normal", 1 / 300),
    "lecun_uniform": ("lecun_uniform", 1 / 300),
    "glorot_normal": ("glorot_normal", 2 / 500),
    "glorot_uniform": ("glorot_uniform", 2 / 500),
    "he_normal": ("he_normal", 2 / 300),
    "he_uniform": ("he_uniform", 2 / 300),
    "orthogonal": ("orthogonal 2", 2.0**2 / 300),
}
"""Words, and the variance of weights ``(300, 200)`` drawn with fans 300 and 200."""


def float64(tree: Any) -> Any:
    """Floating arrays and floats of ``tree`` in double precision (within ``jax.enable_x64``)."""
    import jax

    return jax.tree.map(
        lambda leaf: leaf if np.asarray(leaf).dtype.kind in "iub" else np.asarray(leaf, np.float64),
        tree,
    )
