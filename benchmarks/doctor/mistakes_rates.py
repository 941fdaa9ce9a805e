"""Mistakes of the search: rates, batches, epochs, penalties, size of the network, frozen layers."""

from __future__ import annotations

from cases import Mistake
from changes import (
    activation,
    after_each,
    all_frozen,
    all_of,
    deep,
    fields,
    frozen,
    hidden,
    in_turn,
    init,
    noise,
    rate,
    rows,
    target,
    target_noise,
    times,
    useless_columns,
    widths,
)

TOO_HIGH = [
    Mistake(
        "SGD far too fast",
        "learning_rate_too_high",
        "digits2 blobs2 sine2 friedman2 cancer2 circles2 "
        "| mnist1 rings2 engine2 bumps2 wine1 xor2 "
        "| glyphs1 clusters1 impedance2 swiss2 shells2 hastie2",
        [rate(100), rate(40), rate(300)],
    ),
    Mistake(
        "Adam far too fast",
        "learning_rate_too_high",
        "digits1 spirals1 friedman1 iris1 sine1 circles1 "
        "| mnist3 moons1 bumps1 wine2 rings1 xor1 "
        "| glyphs3 wave1 ridge1 clusters2 shells1 checker1",
        [rate(100), rate(500), rate(200)],
    ),
    Mistake(
        "RMSprop far too fast",
        "learning_rate_too_high",
        "digits3 circles3 | penguins1 mnist2 | forms1 glyphs2",
        [fields(optimizer="rmsprop 0.5"), fields(optimizer="rmsprop 1.0")],
    ),
]

TOO_LOW = [
    Mistake(
        "SGD far too slow",
        "learning_rate_too_low",
        "digits2 blobs2 sine2 friedman2 circles2 "
        "| mnist1 rings2 engine2 bumps2 moons2 "
        "| glyphs1 clusters1 impedance2 swiss2 wave2",
        [rate(0.001), rate(0.003)],
    ),
    Mistake(
        "Adam far too slow",
        "learning_rate_too_low",
        "digits1 spirals1 friedman1 circles1 blobs1 sine1 "
        "| mnist3 moons1 bumps1 rings1 penguins2 xor1 "
        "| glyphs3 hastie1 ridge1 shells1 forms2 checker1",
        [rate(0.001), rate(0.002)],
    ),
    Mistake(
        "RMSprop far too slow",
        "learning_rate_too_low",
        "digits3 circles3 | penguins1 mnist2 | clusters2 glyphs2",
        [rate(0.001), rate(0.002)],
    ),
]

SWINGS = [
    Mistake(
        "momentum at a high rate",
        "oscillating_loss",
        "digits2 circles2 iris2 | mnist1 xor2 | checker2 wave2 shells2 glyphs1",
        [rate(4), rate(8), rate(4)],
        accepts="learning_rate_too_high",
        rule="swings",
    ),
    Mistake(
        "a high rate on noisy inputs",
        "oscillating_loss",
        "cancer2 iris1 | wine1 wine2 | forms1 forms2",
        [rate(60), rate(15)],
        base_data=noise(1.2),
        accepts="learning_rate_too_high",
        rule="swings",
        seeds=2,
    ),
    Mistake(
        "Adam at a far higher rate",
        "oscillating_loss",
        "friedman1 saddle1 | mnist3 mnist2 abalone1 | glyphs3 forms1 sunspots1 hastie1 clusters2",
        [rate(100), rate(40), rate(20)],
        accepts="learning_rate_too_high",
        rule="swings",
    ),
    Mistake(
        "momentum at a high rate on numbers",
        "oscillating_loss",
        "sine2 friedman2 saddle2 | bumps2 engine2 abalone2 | swiss2 phase2 sunspots2",
        [rate(6), rate(2.5), rate(1.5)],
        accepts="learning_rate_too_high",
        rule="swings",
    ),
    Mistake(
        "Adam at a high rate",
        "oscillating_loss",
        "spirals1 iris1 circles1 digits1 "
        "| mnist2 penguins1 wine2 penguins2 "
        "| glyphs2 clusters2 hastie1 shells1",
        [rate(15), rate(30), rate(60), rate(20)],
        base_data=noise(1.0),
        accepts="learning_rate_too_high",
        rule="swings",
    ),
    Mistake(
        "Adam at a high rate on numbers",
        "oscillating_loss",
        "sine1 friedman1 saddle1 | bumps1 engine1 abalone1 | ridge1 impedance1 sunspots1",
        [rate(20), rate(60), rate(90)],
        accepts="learning_rate_too_high",
        rule="swings",
    ),
    Mistake(
        "few examples a step",
        "oscillating_loss",
        "blobs2 iris2 cancer2 | engine2 wine1 rings2 penguins2 | forms2 wave2 hastie2 german2",
        [fields(batch_size=2)],
        base=fields(optimizer="sgd 0.1 momentum=0.7"),
        base_data=noise(0.6),
        accepts="learning_rate_too_high batch_too_small",
        rule="swings",
    ),
    Mistake(
        "RMSprop at a high rate",
        "oscillating_loss",
        "digits1 iris1 friedman2 "
        "| penguins1 bumps1 engine2 mnist3 "
        "| clusters2 forms1 wave1 hastie1",
        [fields(optimizer="rmsprop 0.1"), fields(optimizer="rmsprop 0.05")],
        base=fields(optimizer="rmsprop 0.003"),
        base_data=noise(0.5),
        accepts="learning_rate_too_high",
        rule="swings",
    ),
]

DIVERGED = [
    Mistake(
        "rate beyond all bounds",
        "diverged",
        "sine2 friedman2 saddle2 saddle1 "
        "| engine2 bumps2 abalone2 diabetes1 "
        "| impedance2 swiss2 sunspots2 ridge1",
        [fields(optimizer="sgd 20.0"), fields(optimizer="sgd 3.0 momentum=0.9")],
        base=all_of(activation("relu"), fields(optimizer="sgd 0.03 momentum=0.9")),
        accepts="learning_rate_too_high",
        rule="diverged",
    ),
    Mistake(
        "raw target under SGD",
        "diverged",
        "sine2 friedman2 saddle2 | engine2 bumps2 abalone2 | impedance2 swiss2 phase2",
        [fields(scale_target=False)],
        base=activation("relu"),
        data=[target(50_000, 200_000), target(900, 2_000)],
        shared=True,
        accepts="unscaled_target",
        rule="diverged",
    ),
    Mistake(
        "raw inputs under SGD",
        "diverged",
        "friedman2 saddle2 sine2 | engine2 bumps2 diabetes1 | impedance2 phase2 sunspots1",
        [fields(scale="none")],
        base=all_of(hidden("dense 24 leaky_relu"), fields(optimizer="sgd 0.03")),
        data=[times(3000), times(800, plus=900)],
        shared=True,
        accepts="unscaled_input",
        rule="diverged",
    ),
    Mistake(
        "deep and exploding",
        "diverged",
        "friedman1 sine2 saddle1 | engine1 bumps1 bumps2 | impedance1 swiss1 ridge2",
        [init("random_normal 1.0")],
        base=all_of(deep(10, 32), fields(optimizer="sgd 0.01")),
        accepts="exploding_gradient bad_initialization",
        rule="diverged",
    ),
]

SLOW = [
    Mistake(
        "rate a little too low",
        "slow_convergence",
        "digits1 spirals1 sine1 circles1 "
        "| rings1 bumps1 moons1 xor1 "
        "| shells1 swiss1 hastie1 checker1",
        [rate(0.03), rate(0.02)],
        accepts="learning_rate_too_low",
    ),
    Mistake(
        "gradients clipped to nothing",
        "slow_convergence",
        "digits2 circles2 sine2 blobs2 "
        "| mnist1 moons2 engine2 rings2 "
        "| glyphs1 wave2 impedance2 clusters1",
        [fields(clip="clip_norm 0.002"), fields(clip="clip_norm 0.01")],
        accepts="learning_rate_too_low",
    ),
    Mistake(
        "plain descent without momentum",
        "slow_convergence",
        "spirals1 digits3 saddle2 circles2 "
        "| bumps2 rings2 xor2 mnist3 "
        "| swiss2 clusters1 checker2 glyphs3",
        [fields(optimizer="sgd 0.004"), fields(optimizer="sgd 0.002")],
        accepts="learning_rate_too_low",
    ),
    Mistake(
        "AdaGrad that tires",
        "slow_convergence",
        "digits2 spirals2 friedman1 | mnist1 bumps1 rings1 | glyphs1 swiss1 shells1",
        [fields(optimizer="adagrad 0.001"), fields(optimizer="adagrad 0.002")],
        accepts="learning_rate_too_low",
    ),
]

PLATEAU = [
    Mistake(
        "schedule that stops the search",
        "plateau",
        "digits2 spirals1 sine1 friedman2 circles2 "
        "| mnist1 bumps1 rings1 engine2 moons2 "
        "| glyphs1 swiss1 shells1 checker1 hastie2",
        [fields(schedule="exponential 0.2"), fields(schedule="exponential 0.4")],
        base=rate(0.3),
        accepts="learning_rate_too_low",
    ),
    Mistake(
        "stuck at a saddle",
        "plateau",
        "spirals2 saddle2 circles2 digits3 "
        "| xor1 bumps2 moons2 rings2 "
        "| checker2 swiss2 shells2 hastie2",
        [init("random_normal 0.001"), init("random_normal 0.0001")],
        base=all_of(deep(3, 16, "tanh"), fields(optimizer="sgd 0.03 momentum=0.9")),
        accepts="bad_initialization vanishing_gradient",
    ),
    Mistake(
        "stuck by a high rate",
        "plateau",
        "digits1 friedman1 spirals1 | mnist3 engine1 rings1 | glyphs3 impedance1 clusters1",
        [fields(optimizer="adam 2.0"), fields(optimizer="adam 0.7")],
        base=fields(optimizer="adam 0.005"),
        accepts="learning_rate_too_high",
    ),
]

BATCHES = [
    Mistake(
        "one example a step",
        "batch_too_small",
        "digits2 friedman2 saddle2 iris2 sine2 cancer2 "
        "| engine2 bumps2 wine1 rings2 mnist1 moons2 "
        "| impedance2 swiss2 clusters1 shells2 glyphs1 hastie2",
        [fields(batch_size=1)],
        accepts="learning_rate_too_high",
        rule="noisy",
    ),
    Mistake(
        "two examples a step",
        "batch_too_small",
        "friedman2 saddle2 pima1 digits2 "
        "| engine2 bumps2 wine1 mnist1 "
        "| impedance2 ridge2 clusters1 glyphs1",
        [fields(batch_size=2)],
        base=fields(optimizer="sgd 0.04 momentum=0.9"),
        accepts="learning_rate_too_high",
        rule="noisy",
    ),
    Mistake(
        "one example a step under Adam",
        "batch_too_small",
        "cancer1 pima1 iris1 friedman1 saddle1 "
        "| engine1 bumps1 rings1 mnist3 penguins1 "
        "| impedance1 swiss1 clusters2 glyphs3 hastie1",
        [fields(batch_size=1)],
        base=fields(optimizer="adam 0.01"),
        base_data=noise(0.8),
        accepts="learning_rate_too_high",
        rule="noisy",
    ),
    Mistake(
        "the whole set a step",
        "batch_too_large",
        "digits2 circles2 spirals1 sine2 friedman1 saddle1 digits1 "
        "| mnist1 moons2 rings2 bumps1 engine1 xor1 mnist2 "
        "| glyphs1 wave2 shells2 swiss1 impedance1 checker1 glyphs2",
        [fields(batch_size="full")],
        base=fields(epochs=12),
        also="learning_rate_too_low",
    ),
    Mistake(
        "half the set a step",
        "batch_too_large",
        "digits4 spirals2 saddle2 blobs2 digits3 "
        "| rings1 bumps2 moons2 mnist3 xor2 "
        "| shells1 swiss2 wave2 glyphs3 hastie2",
        [fields(batch_size=500), fields(batch_size=250)],
        base=fields(epochs=8),
        also="learning_rate_too_low",
    ),
]

EPOCHS = [
    Mistake(
        "one epoch",
        "too_few_epochs",
        "digits1 spirals1 circles1 friedman1 cancer1 iris1 "
        "| mnist2 rings1 moons1 bumps1 wine2 xor1 "
        "| glyphs2 shells1 hastie1 swiss1 clusters2 checker1",
        [fields(epochs=1), fields(epochs=2)],
    ),
    Mistake(
        "three epochs",
        "too_few_epochs",
        "digits3 spirals2 sine1 saddle1 blobs1 circles1 "
        "| mnist3 penguins2 bumps2 xor1 rings1 moons1 "
        "| glyphs3 forms2 swiss2 checker1 shells1 ridge1",
        [fields(epochs=3)],
    ),
]

LONG = all_of(widths(256, 128), fields(epochs=250))
STOPPED = all_of(
    widths(256, 128), fields(epochs=250, stop="early_stopping 12", penalties=("l2 0.03",))
)

FIT = [
    Mistake(
        "far too large for few noisy rows",
        "overfitting",
        "circles1 spirals1 cancer1 pima1 iris1 "
        "| moons1 rings1 wine2 xor1 penguins1 "
        "| wave1 shells1 clusters2 checker1 hastie1",
        [LONG],
        twin=STOPPED,
        base=fields(optimizer="adam 0.003"),
        base_data=in_turn(noise(0.7), rows(250)),
        rule="parts",
    ),
    Mistake(
        "far too long on few noisy numbers",
        "overfitting",
        "saddle2 friedman1 saddle1 friedman2 "
        "| bumps1 engine1 diabetes1 abalone1 engine2 "
        "| ridge1 impedance1 sunspots1 phase1 swiss1",
        [LONG],
        twin=STOPPED,
        base=fields(optimizer="adam 0.005"),
        base_data=in_turn(target_noise(0.6), rows(150)),
        rule="parts",
    ),
    Mistake(
        "lost among useless columns",
        "overfitting",
        "cancer2 cancer1 blobs1 iris1 digits4 "
        "| reviews1 wine1 rings1 penguins2 mnist2 "
        "| hastie2 clusters1 shells1 forms2 german2",
        [LONG],
        twin=STOPPED,
        base=fields(optimizer="adam 0.005"),
        base_data=in_turn(useless_columns(40), rows(250)),
        rule="parts",
    ),
    Mistake(
        "far too narrow",
        "underfitting",
        "digits2 spirals1 spirals2 friedman1 digits3 saddle2 "
        "| mnist3 rings2 bumps1 bumps2 mnist2 engine1 "
        "| glyphs3 clusters1 swiss1 swiss2 glyphs2 checker1",
        [widths(2, 2), widths(1, 1)],
    ),
    Mistake(
        "a bottleneck of one unit",
        "underfitting",
        "digits1 circles1 sine1 | mnist1 rings1 engine2 | glyphs1 shells1 clusters1",
        [widths(1)],
    ),
    Mistake(
        "no hidden layer",
        "underfitting",
        "circles1 spirals1 sine1 saddle1 "
        "| moons1 xor1 rings1 bumps1 "
        "| wave1 checker1 shells1 swiss1",
        [hidden("")],
        accepts="missing_nonlinearity",
    ),
]

REGULARIZED = [
    Mistake(
        "dropout of nine tenths",
        "over_regularized",
        "circles1 spirals1 digits3 friedman1 sine1 "
        "| moons1 rings1 mnist3 engine1 bumps1 "
        "| wave1 shells1 glyphs3 impedance1 swiss1",
        [after_each("dropout 0.9"), after_each("dropout 0.95"), after_each("dropout 0.85")],
    ),
    Mistake(
        "a heavy penalty",
        "over_regularized",
        "digits1 circles2 spirals1 friedman2 iris1 cancer1 "
        "| mnist2 xor1 rings1 bumps1 wine1 penguins2 "
        "| glyphs2 checker1 shells1 swiss1 clusters1 hastie1",
        [
            fields(penalties=("l2 1.0",)),
            fields(penalties=("l2 0.3",)),
            fields(penalties=("l1 0.1",)),
        ],
    ),
    Mistake(
        "weights on a short lead",
        "over_regularized",
        "spirals2 sine1 digits2 | rings2 bumps2 mnist1 | clusters1 swiss2 glyphs1",
        [fields(penalties=("max_norm 0.05",)), fields(penalties=("l1 0.3",))],
    ),
]

FROZEN = [
    Mistake(
        "first layer frozen",
        "layer_not_learning",
        "digits2 spirals1 friedman1 circles1 saddle1 "
        "| mnist3 rings2 engine1 bumps1 xor2 "
        "| glyphs3 clusters1 impedance1 swiss1 checker1",
        [frozen(0), frozen(0, 1e-5)],
        base=widths(3, 16),
    ),
    Mistake(
        "narrow first layer frozen",
        "layer_not_learning",
        "digits1 spirals2 friedman2 circles3 blobs2 "
        "| mnist1 rings1 bumps2 engine2 moons1 "
        "| glyphs1 shells1 swiss2 impedance2 hastie1",
        [frozen(0, 1e-6), frozen(0)],
        base=widths(2, 24),
    ),
    Mistake(
        "all but the output frozen",
        "layer_not_learning",
        "digits3 spirals1 saddle2 | mnist2 rings2 bumps2 | glyphs2 checker2 swiss2",
        [all_frozen()],
        base=widths(8, 4),
    ),
    Mistake(
        "steps that have no slope",
        "layer_not_learning",
        "digits1 spirals1 friedman1 circles1 "
        "| mnist1 rings1 engine2 moons1 "
        "| glyphs1 shells1 impedance2 clusters1",
        [activation("step")],
        base=widths(8, 8),
    ),
]

TABLE = [
    *TOO_HIGH,
    *TOO_LOW,
    *SWINGS,
    *DIVERGED,
    *SLOW,
    *PLATEAU,
    *BATCHES,
    *EPOCHS,
    *FIT,
    *REGULARIZED,
    *FROZEN,
]
