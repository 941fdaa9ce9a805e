"""One step after another gives what the whole series gives."""

import numpy as np
import pytest

from jaram.errors import RecipeError
from jaram.network import (
    GRU,
    LSTM,
    RNN,
    Activation,
    Bidirectional,
    Conv,
    Dense,
    Dropout,
    Embedding,
    LayerNorm,
)
from jaram.network.network import apply, initial_params, initial_state
from jaram.network.stepwise import first_carries, looks_ahead, next_step, require_stepwise

NETWORKS = {
    "rnn": (RNN(5, return_sequences=True),),
    "relu rnn": (RNN(5, "relu", return_sequences=True, truncate=3),),
    "lstm": (LSTM(5, return_sequences=True),),
    "peephole": (LSTM(5, return_sequences=True, peephole=True, recurrent_dropout=0.5),),
    "gru": (GRU(5, return_sequences=True),),
    "gru before": (GRU(5, return_sequences=True, reset="before"),),
    "stacked": (
        LSTM(4, return_sequences=True),
        Dropout(0.5),
        GRU(6, return_sequences=True),
        Activation("relu"),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_steps_agree_with_the_whole_series(name):
    network = (Embedding(7, 3), *NETWORKS[name], Dense(7, "softmax"))
    params, state = initial_params(network, 1, (9,)), initial_state(network, (9,))
    # Biases and peepholes that begin at zero would hide what is done with them.
    rng = np.random.default_rng(2)
    x = rng.integers(0, 7, (3, 9))
    for layer in params:
        for key in ("bias", "peephole"):
            if key in layer:
                layer[key] = rng.normal(size=layer[key].shape).astype(np.float32)
    whole, _ = apply(network, params, state, x)
    carries, found = first_carries(network, 3), []
    for t in range(x.shape[1]):
        out, carries = next_step(network, params, state, carries, x[:, t])
        found.append(out)
    np.testing.assert_allclose(np.stack(found, axis=1), whole, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [Bidirectional(LSTM(4, return_sequences=True)), Conv(4, 3), GRU(4), LayerNorm()],
    ids=["bidirectional", "convolution", "last state", "not known to be by step"],
)
def test_layers_that_do_not_read_forward_are_named(layer):
    network = (Embedding(7, 3), layer, Dense(7, "softmax"))
    assert looks_ahead(network) is layer
    with pytest.raises(RecipeError, match="step by step"):
        require_stepwise(network)
