"""Programs as beginners write them: four rows of a gate, and two mistakes at once."""

from __future__ import annotations

from cases import Mistake
from changes import (
    activation,
    all_of,
    deep,
    fields,
    init,
    no_activation,
    rate,
    target,
    times,
)

GATES = [
    Mistake(
        "a gate with softmax over one unit",
        "wrong_output_activation",
        "gate1 gate2 | gate3 gate4 | gate5 gate6",
        [fields(output="dense 1 softmax", loss="bce")],
        also="wrong_loss",
    ),
    Mistake(
        "a gate without activation",
        "missing_nonlinearity",
        "gate1 gate2 | gate3 gate4 | gate5 gate6",
        [no_activation()],
    ),
    Mistake(
        "a gate at a tiny rate",
        "learning_rate_too_low",
        "gate1 gate2 | gate3 gate4 | gate5 gate6",
        [rate(0.0005)],
    ),
    Mistake(
        "a gate with equal weights",
        "symmetric_weights",
        "gate1 gate2 | gate3 gate4 | gate5 gate6",
        [init("zeros")],
    ),
    Mistake(
        "a gate for five epochs",
        "too_few_epochs",
        "gate1 gate2 | gate3 gate4 | gate5 gate6",
        [fields(epochs=5)],
        also="learning_rate_too_low",
    ),
]

TWO_AT_ONCE = [
    Mistake(
        "raw pixels under squared error",
        "unscaled_input",
        "digits2 | mnist1 | glyphs1",
        [fields(scale="none", output="dense 10 softmax", loss="mse")],
        data=[times(255)],
        shared=True,
        accepts="wrong_loss",
    ),
    Mistake(
        "softmax over one unit at a tiny rate",
        "wrong_output_activation",
        "circles1 cancer1 | xor2 moons1 | checker1 wave1",
        [all_of(fields(output="dense 1 softmax", loss="bce"), rate(0.01))],
        also="wrong_loss learning_rate_too_low",
    ),
    Mistake(
        "sigmoid layers and squared error under slow descent",
        "learning_rate_too_low",
        "digits2 spirals2 | moons2 mnist2 | wave2 glyphs2",
        [
            all_of(
                activation("sigmoid"),
                fields(optimizer="sgd 0.003", loss="mse", output="dense 10 softmax"),
            ),
            all_of(
                activation("sigmoid"),
                fields(optimizer="sgd 0.003", loss="mse", output="dense 1 sigmoid"),
            ),
        ],
        accepts="wrong_loss vanishing_gradient slow_convergence too_few_epochs",
    ),
    Mistake(
        "zero weights at a high rate",
        "symmetric_weights",
        "digits1 spirals1 | mnist3 rings1 | glyphs3 shells1",
        [all_of(init("zeros"), rate(50))],
        accepts="learning_rate_too_high",
    ),
    Mistake(
        "linear layers for two epochs",
        "missing_nonlinearity",
        "circles1 spirals1 sine2 | moons1 rings1 bumps1 | wave1 shells1 swiss1",
        [all_of(no_activation(), fields(epochs=2))],
        accepts="too_few_epochs",
    ),
    Mistake(
        "raw target under a sigmoid",
        "wrong_output_activation",
        "sine1 friedman1 | bumps1 abalone1 | ridge1 impedance1",
        [fields(output="dense 1 sigmoid", loss="mse", scale_target=False)],
        data=[target(50, 100)],
        shared=True,
        accepts="unscaled_target",
    ),
    Mistake(
        "deep sigmoid for three epochs",
        "vanishing_gradient",
        "digits2 spirals2 | mnist1 moons2 | glyphs1 wave2",
        [all_of(activation("sigmoid"), fields(epochs=3))],
        base=deep(8, 24),
        accepts="too_few_epochs",
    ),
]

TABLE = [*GATES, *TWO_AT_ONCE]
