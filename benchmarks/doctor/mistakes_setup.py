"""Mistakes of the set-up: last layer, loss, initial weights, activations, scales."""

from __future__ import annotations

from cases import Mistake
from changes import (
    activation,
    all_of,
    as_arrays,
    deep,
    fields,
    hidden,
    init,
    no_activation,
    numbers_of_classes,
    target,
    times,
)

LAST_LAYER = [
    Mistake(
        "softmax over one unit",
        "wrong_output_activation",
        "circles1 cancer1 | moons1 xor2 | wave1 checker2 hastie2",
        [
            fields(output="dense 1 softmax", loss="bce"),
            fields(output="dense 1 softmax", loss="mse"),
        ],
        also="wrong_loss",
    ),
    Mistake(
        "relu before cross entropy",
        "wrong_output_activation",
        "circles2 cancer2 | xor1 moons2 | checker1 wave2 hastie2",
        [fields(output="dense 1 relu", loss="bce")],
    ),
    Mistake(
        "relu before categorical cross entropy",
        "wrong_output_activation",
        "iris1 blobs2 | wine1 rings2 | shells2 forms1 shells1",
        [fields(output="dense 3 relu", loss="cce")],
    ),
    Mistake(
        "nothing before cross entropy",
        "wrong_output_activation",
        "digits2 digits1 | mnist1 mnist3 | glyphs1 glyphs3",
        [fields(output="dense 10", loss="cce")],
    ),
    Mistake(
        "tanh before cross entropy",
        "wrong_output_activation",
        "spirals2 circles1 | moons1 xor1 | wave1 hastie1 checker1",
        [fields(output="dense 1 tanh", loss="bce")],
    ),
    Mistake(
        "sigmoid on a standardised number",
        "wrong_output_activation",
        "sine1 friedman1 | bumps1 engine2 | swiss1 impedance2",
        [fields(output="dense 1 sigmoid", loss="mse")],
    ),
    Mistake(
        "relu on a number with negatives",
        "wrong_output_activation",
        "saddle2 friedman2 | engine1 bumps2 | ridge1 phase2",
        [fields(output="dense 1 relu", loss="mse")],
    ),
    Mistake(
        "softmax on a number",
        "wrong_output_activation",
        "sine2 | abalone2 diabetes1 | ridge2 sunspots1",
        [fields(output="dense 1 softmax", loss="mse")],
    ),
    Mistake(
        "one unit for all classes",
        "wrong_output_activation",
        "iris2 digits3 | wine2 mnist2 | clusters2 glyphs2",
        [fields(output="dense 1 sigmoid", loss="mse")],
        also="wrong_loss",
    ),
]

LOSS = [
    Mistake(
        "squared error on classes",
        "wrong_loss",
        "digits4 iris2 | wine1 mnist2 | forms2 glyphs1",
        [
            fields(output="dense 10 softmax", loss="mse"),
            fields(output="dense 3 softmax", loss="mse"),
        ],
    ),
    Mistake(
        "absolute error on ten classes",
        "wrong_loss",
        "digits1 digits2 digits3 | mnist1 mnist2 mnist3 | glyphs1 glyphs2 glyphs3",
        [fields(output="dense 10 softmax", loss="mae")],
    ),
    Mistake(
        "absolute error on three classes",
        "wrong_loss",
        "iris1 blobs1 | wine2 rings1 penguins2 | shells2 forms2 shells1",
        [fields(output="dense 3 softmax", loss="mae")],
    ),
    Mistake(
        "squared error on yes or no",
        "wrong_loss",
        "circles2 cancer2 spirals2 | xor2 moons2 xor1 | hastie2 checker2 wave1",
        [
            fields(output="dense 1 sigmoid", loss="mse"),
            fields(output="dense 1 sigmoid", loss="mae"),
        ],
    ),
    Mistake(
        "squared error under plain descent",
        "wrong_loss",
        "digits2 digits3 digits1 | mnist1 mnist3 mnist2 | glyphs1 glyphs3 glyphs2",
        [
            fields(output="dense 10 softmax", loss="mse"),
            fields(output="dense 10 softmax", loss="mae"),
        ],
        base=fields(optimizer="sgd 0.02"),
    ),
    Mistake(
        "absolute error under plain descent",
        "wrong_loss",
        "spirals1 circles3 circles1 | xor1 xor2 moons1 | checker1 hastie1 wave2",
        [fields(output="dense 1 sigmoid", loss="mae")],
        base=fields(optimizer="sgd 0.1"),
    ),
    Mistake(
        "categorical cross entropy over one unit",
        "wrong_loss",
        "circles1 spirals1 | moons1 xor1 | wave1 hastie1 checker1 german2",
        [fields(output="dense 1 sigmoid", loss="cce")],
        accepts="wrong_output_activation",
    ),
    Mistake(
        "binary cross entropy on a number",
        "wrong_loss",
        "sine1 friedman2 | bumps1 abalone2 | swiss1 phase2 ridge1",
        [fields(output="dense 1 sigmoid", loss="bce")],
        also="wrong_output_activation",
    ),
    Mistake(
        "hinge on a number",
        "wrong_loss",
        "sine2 saddle1 friedman1 "
        "| engine2 bumps2 diabetes1 "
        "| impedance2 ridge2 sunspots2 swiss2 phase1",
        [fields(output="dense 1", loss="hinge")],
    ),
    Mistake(
        "cross entropy on class numbers",
        "wrong_loss",
        "digits2 | mnist3 | glyphs3 clusters1",
        [fields(output="dense 1", loss="cce")],
        base_data=numbers_of_classes(),
        also="wrong_output_activation",
    ),
]

WEIGHTS = [
    Mistake(
        "all zero",
        "symmetric_weights",
        "circles1 blobs2 sine1 digits1 spirals1 "
        "| moons1 rings2 bumps1 mnist1 xor2 "
        "| wave1 clusters1 ridge1 glyphs1 checker1",
        [init("zeros")],
    ),
    Mistake(
        "all equal",
        "symmetric_weights",
        "circles2 saddle1 digits2 sine2 spirals2 iris2 "
        "| xor1 bumps2 mnist3 engine1 rings1 wine2 "
        "| hastie2 phase2 glyphs3 impedance1 shells1 clusters2",
        [init("constant 0.5"), init("constant 0.1"), init("constant 1.0")],
    ),
    Mistake(
        "zero under sigmoid",
        "symmetric_weights",
        "digits4 circles3 | mnist2 moons2 | glyphs2 wave2",
        [init("zeros")],
        base=activation("sigmoid"),
    ),
    Mistake(
        "far too small",
        "bad_initialization",
        "digits2 circles2 sine2 blobs2 friedman2 "
        "| mnist3 bumps2 rings2 moons1 xor2 "
        "| glyphs3 swiss2 shells2 wave1 checker2",
        [init("random_normal 0.0001"), init("random_normal 0.001"), init("random_uniform 0.0005")],
        base=all_of(deep(4, 24), fields(optimizer="sgd 0.03 momentum=0.9")),
    ),
    Mistake(
        "far too small under Adam",
        "bad_initialization",
        "spirals1 digits1 saddle1 | bumps1 rings1 mnist2 | ridge1 shells1 glyphs2",
        [init("random_normal 0.0001"), init("random_normal 0.001")],
        base=all_of(deep(5, 24), fields(optimizer="adam 0.003")),
    ),
    Mistake(
        "far too large",
        "bad_initialization",
        "digits1 digits2 friedman1 iris2 spirals1 "
        "| mnist1 mnist2 engine1 wine1 bumps1 "
        "| glyphs1 glyphs2 impedance1 clusters1 swiss1",
        [init("random_normal 3.0"), init("random_normal 8.0"), init("random_uniform 5.0")],
    ),
    Mistake(
        "far too large under tanh",
        "bad_initialization",
        "digits3 friedman2 | mnist2 bumps2 wine2 | glyphs2 phase2 clusters2",
        [init("random_normal 3.0"), init("orthogonal 12.0")],
        base=activation("tanh"),
        also="saturated_units",
    ),
]

ACTIVATIONS = [
    Mistake(
        "layers without activation",
        "missing_nonlinearity",
        "circles1 circles2 circles3 spirals1 spirals2 sine1 saddle1 saddle2 friedman1 sine2 "
        "| moons1 moons2 xor1 xor2 rings1 rings2 bumps1 bumps2 engine1 engine2 "
        "| wave1 wave2 checker1 checker2 shells1 shells2 hastie1 hastie2 swiss1 swiss2 ridge1 "
        "ridge2 phase1 impedance2",
        [no_activation()],
    ),
    Mistake(
        "deep and without activation",
        "missing_nonlinearity",
        "circles1 spirals1 sine2 | xor1 rings1 bumps2 | checker1 shells1 swiss2",
        [no_activation()],
        base=deep(4, 16),
    ),
]

SCALES = [
    Mistake(
        "inputs in large units",
        "unscaled_input",
        "digits1 circles2 spirals2 friedman2 digits3 blobs1 "
        "| mnist2 rings1 xor1 bumps2 moons2 wine2 "
        "| glyphs2 shells1 checker1 swiss2 wave2 clusters2",
        [fields(scale="none")],
        data=[times(255), times(100, plus=300), times(1000)],
        shared=True,
    ),
    Mistake(
        "columns of very different widths",
        "unscaled_input",
        "iris2 spirals1 friedman1 saddle2 "
        "| wine1 xor2 bumps1 engine1 moons1 "
        "| clusters1 checker2 swiss1 hastie1 wave1",
        [fields(scale="none")],
        data=[times([1, 5000]), times([0.001, 100]), times([2000, 1, 0.01])],
        shared=True,
    ),
    Mistake(
        "the units it came in",
        "unscaled_input",
        "cancer1 cancer2 pima1 "
        "| penguins1 penguins2 wine1 wine2 "
        "| impedance1 phase1 impedance2 phase2 german2",
        [fields(scale="none")],
        base_data=as_arrays,
    ),
    Mistake(
        "target of hundred thousands",
        "unscaled_target",
        "sine1 friedman1 saddle2 | bumps1 engine2 abalone1 | ridge1 impedance2 phase1",
        [fields(scale_target=False)],
        data=[target(50_000, 200_000), target(3_000, 9_000)],
        shared=True,
    ),
    Mistake(
        "target of hundreds",
        "unscaled_target",
        "sine2 friedman2 saddle1 "
        "| bumps2 engine1 abalone2 diabetes1 "
        "| swiss2 impedance1 sunspots2 phase2",
        [fields(scale_target=False)],
        data=[target(80, 150), target(400, 20)],
        shared=True,
    ),
    Mistake(
        "target of millionths",
        "unscaled_target",
        "sine1 saddle1 friedman1 sine2 "
        "| bumps1 engine1 abalone2 bumps2 "
        "| ridge1 impedance1 sunspots1 swiss2",
        [fields(scale_target=False)],
        data=[target(1e-5), target(1e-4, 1e-3)],
        shared=True,
    ),
]

DEPTH = [
    Mistake(
        "deep sigmoid",
        "vanishing_gradient",
        "digits2 circles2 spirals2 blobs2 sine2 "
        "| mnist1 moons2 rings2 xor2 bumps2 "
        "| glyphs1 wave2 shells2 checker2 swiss2",
        [activation("sigmoid")],
        base=deep(6, 24),
    ),
    Mistake(
        "deeper sigmoid",
        "vanishing_gradient",
        "digits1 circles1 spirals1 friedman1 saddle1 "
        "| mnist3 moons1 rings1 engine1 xor1 "
        "| glyphs3 wave1 shells1 impedance1 hastie1",
        [activation("sigmoid")],
        base=all_of(deep(9, 32), fields(optimizer="sgd 0.02 momentum=0.9")),
    ),
    Mistake(
        "deep sigmoid under Adam",
        "vanishing_gradient",
        "digits3 iris1 | mnist2 wine1 | glyphs2 clusters2",
        [activation("sigmoid")],
        base=all_of(deep(12, 24), fields(optimizer="adam 0.001")),
    ),
    Mistake(
        "deep with too large weights",
        "exploding_gradient",
        "digits2 spirals1 friedman1 circles1 "
        "| mnist3 engine1 rings2 moons1 "
        "| glyphs3 impedance1 shells2 wave1",
        [init("random_normal 0.9"), init("random_normal 0.7"), init("orthogonal 4.0")],
        base=all_of(deep(8, 32), fields(optimizer="sgd 0.01 momentum=0.9")),
        accepts="bad_initialization",
    ),
    Mistake(
        "deeper with too large weights",
        "exploding_gradient",
        "digits1 sine2 iris1 saddle1 | mnist1 bumps1 wine1 xor2 | glyphs1 swiss1 clusters1 hastie2",
        [init("random_normal 0.7"), init("orthogonal 2.8")],
        base=all_of(deep(12, 16, "leaky_relu"), fields(optimizer="sgd 0.01")),
        accepts="bad_initialization",
    ),
    Mistake(
        "deep selu with too large weights",
        "exploding_gradient",
        "digits3 circles3 | mnist2 moons2 | glyphs2 checker2",
        [init("random_normal 0.9")],
        base=all_of(deep(8, 24, "elu"), fields(optimizer="sgd 0.02")),
        accepts="bad_initialization",
    ),
]

UNITS = [
    Mistake(
        "dead by large rate",
        "dead_units",
        "circles1 digits1 spirals1 friedman1 "
        "| moons1 mnist3 bumps1 rings1 "
        "| wave1 glyphs3 ridge1 shells1 checker1",
        [fields(optimizer="adam 3.0"), fields(optimizer="adam 1.0")],
        base=all_of(deep(3, 24), fields(optimizer="adam 0.005")),
        accepts="learning_rate_too_high",
        rule="dead",
    ),
    Mistake(
        "dead by momentum",
        "dead_units",
        "digits2 sine2 circles3 | mnist1 engine2 rings2 | glyphs1 impedance2 clusters1 hastie2",
        [fields(optimizer="sgd 3.0 momentum=0.9"), fields(optimizer="sgd 1.5 momentum=0.95")],
        base=fields(optimizer="sgd 0.03 momentum=0.9"),
        accepts="learning_rate_too_high",
        rule="dead",
    ),
    Mistake(
        "dead by inputs far from zero",
        "dead_units",
        "circles1 friedman1 spirals1 saddle1 "
        "| rings1 bumps1 moons1 engine2 "
        "| shells1 swiss1 wave1 impedance2 checker1 hastie2",
        [fields(scale="none")],
        data=[times(30, plus=200), times(100, plus=1000)],
        shared=True,
        accepts="unscaled_input",
        rule="dead",
    ),
    Mistake(
        "born dead, deep and narrow",
        "dead_units",
        "circles2 blobs2 iris1 sine1 digits2 "
        "| moons2 wine1 rings2 penguins1 bumps2 "
        "| wave2 clusters1 shells2 forms1 swiss2 glyphs1",
        [hidden(", ".join(["dense 3 relu"] * 14)), hidden(", ".join(["dense 4 relu"] * 18))],
        base=deep(3, 16),
        also="bad_initialization",
        rule="dead",
    ),
    Mistake(
        "saturated by large weights",
        "saturated_units",
        "digits3 circles2 friedman2 iris2 sine1 "
        "| mnist2 wine2 bumps2 moons2 xor1 "
        "| glyphs2 checker2 swiss2 shells2 phase2",
        [init("random_normal 6.0"), init("random_normal 15.0")],
        accepts="bad_initialization",
        rule="saturated",
    ),
    Mistake(
        "saturated by large inputs",
        "saturated_units",
        "digits4 spirals2 saddle2 circles2 friedman2 "
        "| mnist2 penguins2 bumps2 moons2 rings1 "
        "| glyphs2 forms2 swiss2 shells2 wave1 checker1",
        [fields(scale="none")],
        base=all_of(activation("tanh"), fields(optimizer="adam 0.005")),
        base_data=as_arrays,
        data=[times(200), times(80, plus=100)],
        shared=True,
        accepts="unscaled_input",
        rule="saturated",
    ),
    Mistake(
        "saturated by large rate",
        "saturated_units",
        "digits3 spirals2 sine1 | mnist2 bumps2 wine2 | glyphs2 swiss2 clusters2",
        [fields(optimizer="adam 1.0"), fields(optimizer="rmsprop 0.7")],
        base=fields(optimizer="adam 0.005"),
        accepts="learning_rate_too_high",
        rule="saturated",
    ),
]

CONSTANT = [
    Mistake(
        "constant by zeros",
        "constant_prediction",
        "digits2 circles1 sine2 | mnist1 xor2 engine1 | glyphs1 hastie2 swiss1 clusters1",
        [init("zeros")],
        accepts="symmetric_weights",
        rule="constant",
    ),
    Mistake(
        "constant by depth",
        "constant_prediction",
        "digits2 spirals2 friedman2 | mnist1 rings2 bumps2 | glyphs1 shells2 phase2 wave2",
        [activation("sigmoid")],
        base=deep(8, 16),
        accepts="vanishing_gradient",
        rule="constant",
    ),
    Mistake(
        "constant by tiny inputs",
        "constant_prediction",
        "circles2 saddle2 blobs2 | moons2 engine2 wine1 | wave2 impedance2 shells2",
        [fields(scale="none")],
        data=[times(1e-5), times(1e-4)],
        shared=True,
        accepts="unscaled_input",
        rule="constant",
    ),
    Mistake(
        "constant by zero outputs and penalty",
        "constant_prediction",
        "iris1 cancer1 sine1 digits1 "
        "| wine2 moons1 bumps1 mnist3 "
        "| clusters2 wave1 swiss1 glyphs3 checker1",
        [fields(penalties=("l2 3.0",)), fields(penalties=("l1 1.0",))],
        accepts="over_regularized",
        rule="constant",
    ),
    Mistake(
        "constant by rate",
        "constant_prediction",
        "digits1 friedman1 spirals1 | rings1 engine1 mnist3 | shells1 swiss1 glyphs3 checker1",
        [fields(optimizer="adam 5.0"), fields(optimizer="sgd 50.0")],
        base=fields(optimizer="adam 0.005"),
        accepts="learning_rate_too_high",
        also="diverged",
        rule="constant",
    ),
]

TABLE = [*LAST_LAYER, *LOSS, *WEIGHTS, *ACTIVATIONS, *SCALES, *DEPTH, *UNITS, *CONSTANT]
