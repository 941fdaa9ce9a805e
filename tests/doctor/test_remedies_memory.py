"""Remedies of what a recurrent network remembers."""

from __future__ import annotations

import numpy as np
import pytest
from remedied import network_of, prescribed

from jaram.messages import LANGUAGES


def after(name: str, network: str, data: str = "series") -> dict[str, str]:
    """The network without its output layer, in words, after each dose of a remedy."""
    doses = prescribed(name, data, network=network)
    return {dose.dose: network_of(dose.recipe).rpartition(", ")[0] for dose in doses}


def test_plain_layers_get_gates_and_keep_their_fields() -> None:
    network = "rnn 8 relu return_sequences=true truncate=4, bidirectional (rnn 4), dense 4 relu"
    assert after("gated_memory", network) == {
        "gru": "gru 8 return_sequences=True truncate=4, bidirectional (gru 4), dense 4 relu",
        "lstm": "lstm 8 return_sequences=True truncate=4, bidirectional (lstm 4), dense 4 relu",
    }
    assert after("gated_memory", "gru 8, dense 4 relu") == {}
    assert after("gated_memory", "dense 8 relu", "classes") == {}


def test_recurrent_weights_become_rotations() -> None:
    network = "lstm 8 recurrent_init=glorot_uniform"
    assert after("orthogonal_recurrence", network) == {"": "lstm 8"}
    for sound in ("gru 8", "rnn 8 recurrent_init=orthogonal"):
        assert after("orthogonal_recurrence", sound) == {}


def test_forget_gates_open_for_as_long_as_the_series_is() -> None:
    (bias,) = after("longer_memory", "lstm 8")
    assert float(bias) == pytest.approx(np.log(12), rel=0.01)  # series of 12 steps
    assert after("longer_memory", "lstm 8") == {bias: f"lstm 8 forget_bias={bias}"}
    assert after("longer_memory", "lstm 8 forget_bias=3") == {}
    assert after("longer_memory", "gru 8") == {}


def test_attention_stands_where_the_last_step_was_taken() -> None:
    assert after("attend_to_steps", "gru 8 return_sequences=true, bidirectional (rnn 4)") == {
        "": "gru 8 return_sequences=True, bidirectional (rnn 4 return_sequences=True), "
        "attention_pool"
    }
    assert after("attend_to_steps", "gru 8 return_sequences=true, global_avg_pool") == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_they_are_called_something(lang: str) -> None:
    from jaram.doctor.remedies.registry import all_remedies

    assert all(all_remedies()[name].title(lang) for name in ("gated_memory", "longer_memory"))  # type: ignore[arg-type]
