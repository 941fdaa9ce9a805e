"""Illnesses of the data, which no recipe treats."""

from __future__ import annotations

from cases import Mistake
from changes import (
    as_arrays,
    binary,
    fields,
    imbalance,
    in_turn,
    leak,
    noise,
    noise_only,
    rows,
    shuffled_labels,
    target_noise,
    validated_elsewhere,
    wrong_labels,
)

TABLE = [
    Mistake(
        "labels dealt out at random",
        "no_signal",
        "circles1 iris1 digits1 cancer1 blobs2 sine1 "
        "| moons1 wine1 mnist2 xor2 rings1 bumps1 "
        "| wave1 clusters1 glyphs2 hastie2 shells1 swiss1",
        data=[shuffled_labels(1), shuffled_labels(2)],
        rule="data",
    ),
    Mistake(
        "inputs of nothing but noise",
        "no_signal",
        "circles2 friedman1 cancer2 digits2 "
        "| penguins1 engine2 moons2 mnist1 "
        "| forms1 impedance2 checker2 glyphs1",
        data=[noise_only(6, 3), noise_only(20, 4)],
        rule="data",
    ),
    Mistake(
        "labels of four in ten wrong",
        "label_noise",
        "circles1 spirals1 digits1 blobs2 cancer1 iris2 circles2 digits3 "
        "| moons1 rings1 mnist3 xor2 penguins1 wine2 moons2 mnist1 "
        "| wave1 shells1 glyphs3 checker1 forms1 clusters2 wave2 glyphs1",
        data=[wrong_labels(0.4, 1), wrong_labels(0.3, 2)],
        rule="data",
    ),
    Mistake(
        "labels of three in ten wrong",
        "label_noise",
        "blobs1 cancer2 circles3 | rings2 xor1 penguins2 | shells2 hastie1 clusters1",
        data=[wrong_labels(0.3, 3), wrong_labels(0.35, 4)],
        rule="data",
    ),
    Mistake(
        "the answer among the inputs",
        "leakage",
        "pima1 spirals2 friedman1 circles1 "
        "| reviews1 diabetes1 xor1 engine2 "
        "| german2 sunspots1 checker1 impedance2",
        data=[leak("copy"), leak("noisy")],
        base_data=noise(0.5),
        rule="data",
    ),
    Mistake(
        "the answer in another unit",
        "leakage",
        "sine1 friedman2 saddle1 | bumps1 abalone1 engine1 | swiss1 phase1 impedance1",
        data=[leak("unit"), leak("bent")],
        base_data=target_noise(0.8),
        rule="data",
    ),
    Mistake(
        "filled in for one class only",
        "leakage",
        "pima1 spirals1 circles2 cancer2 "
        "| xor2 moons1 reviews1 moons2 "
        "| checker2 wave1 german1 hastie2",
        data=[leak("filled")],
        base_data=noise(0.8),
        rule="data",
    ),
    Mistake(
        "one in fifty",
        "class_imbalance",
        "circles1 circles3 circles2 pima1 "
        "| moons1 moons2 xor1 xor2 "
        "| wave1 german1 german2 checker1",
        base_data=imbalance(50, 0.4),
        base=fields(epochs=15, optimizer="adam 0.003"),
        twin=fields(class_weight="balanced"),
        rule="minority",
    ),
    Mistake(
        "one in thirty",
        "class_imbalance",
        "circles1 circles2 pima1 cancer1 "
        "| moons2 reviews1 xor1 moons1 "
        "| wave2 german1 wave1 german2",
        base_data=imbalance(30, 0.6, seed=3),
        base=fields(epochs=12, optimizer="sgd 0.02 momentum=0.9"),
        twin=fields(class_weight="balanced"),
        rule="minority",
    ),
    Mistake(
        "one class in forty",
        "class_imbalance",
        "digits4 digits1 digits2 blobs2 blobs1 "
        "| mnist1 mnist3 rings2 wine2 "
        "| forms1 forms2 clusters1 clusters2",
        base_data=in_turn(noise(1.0), binary([1]), imbalance(40, 0.4, seed=5)),
        base=fields(epochs=10, scale="standard", optimizer="sgd 0.02 momentum=0.5"),
        twin=fields(class_weight="balanced"),
        rule="minority",
    ),
    Mistake(
        "a handful of rows to validate on",
        "validation_too_small",
        "iris1 circles1 digits1 friedman1 cancer1 sine2 blobs2 pima1 spirals2 saddle1 "
        "| wine1 moons1 mnist1 engine1 penguins1 bumps2 rings2 diabetes1 xor1 abalone1 "
        "| clusters1 wave1 glyphs1 impedance1 forms1 swiss2 shells2 sunspots1 checker1 phase1",
        [fields(validation=0.012), fields(validation=0.02), fields(validation=0.008)],
        base_data=rows(400),
        rule="data",
    ),
    Mistake(
        "validated on one end of a column",
        "unrepresentative_validation",
        "iris1 friedman1 cancer1 sine1 "
        "| wine1 bumps1 moons1 engine1 "
        "| clusters1 swiss1 wave1 impedance1",
        data=[validated_elsewhere("column", 0.2), validated_elsewhere("column", 0.15)],
        rule="data",
    ),
    Mistake(
        "validated on one class",
        "unrepresentative_validation",
        "blobs2 digits1 iris2 | rings2 mnist1 wine2 | shells2 glyphs1 clusters2",
        data=[validated_elsewhere("class")],
        rule="data",
    ),
    Mistake(
        "validated on moved inputs",
        "unrepresentative_validation",
        "circles1 cancer2 friedman2 | moons2 engine2 xor1 | wave2 impedance2 checker1",
        data=[validated_elsewhere("shift", 1.5), validated_elsewhere("shift", 2.5)],
        rule="data",
    ),
    Mistake(
        "validated on the largest answers",
        "unrepresentative_validation",
        "friedman1 sine2 saddle2 | bumps2 abalone1 diabetes1 | swiss2 sunspots1 phase1",
        data=[validated_elsewhere("target", 0.2)],
        base_data=as_arrays,
        rule="data",
    ),
]
