"""Mistakes of recurrent networks: layers that forget where the answer hangs on early steps."""

from __future__ import annotations

from cases import Mistake
from changes import hidden

TABLE = [
    Mistake(
        "plain layers for a long memory",
        "vanishing_through_time",
        "adding1 adding2 | weighing1 weighing2 | comparing1 comparing2",
        [hidden("rnn 24 recurrent_init=glorot_uniform"), hidden("rnn 24 sigmoid")],
        also="underfitting plateau constant_prediction overfitting oscillating_loss",
        seeds=4,
    ),
]
