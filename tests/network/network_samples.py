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
    counted_shape: Shape | None = None
    """A series of one step, because the compiler counts one turn of a loop only; and of many
    features, because it leaves out the product with the first state, zeros."""

    @property
    def layer(self) -> Any:
        return parse("layer", self.words)

    def inputs(self, seed: int = 0, of_shape: Shape | None = None) -> np.ndarray[Any, Any]:
        rng = np.random.default_rng(seed)
        shape = (BATCH, *(of_shape or self.input_shape))
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
    "anchored": LayerSample(
        "anchored (sequential (flatten, dropout 0.25, dense 5)) 3 channel=1",
        (4, 2),
        "anchored (sequential (flatten, dropout 0.5, dense 5)) 3 channel=1 epsilon=0.5",
    ),
    "masking": LayerSample("masking", (5, 3), "masking"),
    "flatten": LayerSample("flatten", (2, 3, 2), "flatten"),
    "reshape": LayerSample("reshape (2, -1)", (6,), "reshape (2, -1)"),
    "embedding": LayerSample(
        "embedding 7 3 init=(normal 0.5)", (4,), "embedding 7 3 init=(normal 0.25)", tokens=7
    ),
    "ngram_embedding": LayerSample(
        "ngram_embedding 7 3 11 init=(normal 0.5)",
        (4,),
        "ngram_embedding 7 3 11 init=(normal 0.25)",
        tokens=7,
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
    "frozen": LayerSample(
        "frozen (sequential (dense 4 (leaky_relu 0.2), batch_norm, dropout 0.25))",
        (3,),
        "frozen (sequential (dense 4 (leaky_relu 0.3), batch_norm 0.5, dropout 0.5))",
    ),
    "conv": LayerSample(
        "conv 4 (2, 3) (leaky_relu 0.2) stride=(2, 1) padding=valid",
        (5, 6, 3),
        "conv 4 (2, 3) (leaky_relu 0.3) stride=(2, 1) padding=valid",
    ),
    "depthwise_conv": LayerSample(
        "depthwise_conv 3 (elu 0.5) multiplier=2 padding=valid",
        (6, 5, 2),
        "depthwise_conv 3 elu multiplier=2 padding=valid",
    ),
    "conv_transpose": LayerSample(
        "conv_transpose 3 2 (elu 0.5) stride=2",
        (2, 3, 4),
        "conv_transpose 3 2 elu stride=2",
        counted_shape=(2, 3, 20),
    ),
    "max_pool": LayerSample("max_pool 3 stride=2 padding=1", (7, 6, 2), "max_pool 3 2 1"),
    "avg_pool": LayerSample("avg_pool 2", (6, 4, 2), "avg_pool 2"),
    "global_max_pool": LayerSample("global_max_pool", (3, 4, 2), "global_max_pool"),
    "global_avg_pool": LayerSample("global_avg_pool", (3, 4, 2), "global_avg_pool"),
    "up_sample": LayerSample("up_sample (2, 3)", (3, 2, 2), "up_sample (2, 3)"),
    "repeat": LayerSample("repeat 4", (3,), "repeat 4"),
    "squeeze_excite": LayerSample("squeeze_excite 2", (3, 2, 4), "squeeze_excite 2"),
    "group_norm": LayerSample("group_norm 2 0.01", (3, 2, 4), "group_norm 2 0.125"),
    "instance_norm": LayerSample("instance_norm 0.01", (3, 2, 4), "instance_norm 0.125"),
    "spatial_dropout": LayerSample("spatial_dropout 0.25", (3, 6), "spatial_dropout 0.5"),
    "rnn": LayerSample(
        "rnn 3 return_sequences=true", (4, 2), "rnn 3 return_sequences=true", counted_shape=(1, 24)
    ),
    "lstm": LayerSample("lstm 3", (4, 2), "lstm 3 forget_bias=0.5", counted_shape=(1, 24)),
    "gru": LayerSample("gru 3", (4, 2), "gru 3", counted_shape=(1, 24)),
    "bidirectional": LayerSample(
        "bidirectional (gru 3 recurrent_dropout=0.25)",
        (4, 2),
        "bidirectional (gru 3 recurrent_dropout=0.5)",
        counted_shape=(1, 24),
    ),
    "attention_pool": LayerSample("attention_pool 3", (4, 2), "attention_pool 3"),
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
