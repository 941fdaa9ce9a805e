"""Seeded mistakes are each caught by name; healthy data raises no alarm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from seeded import (
    classes,
    flight,
    flight_of_parts,
    inputs,
    labels,
    multilabel,
    numbers,
    prepared_for,
    regression,
    with_column,
)

from jaram.data.data import Data
from jaram.data.language import language_data
from jaram.data.prepare import Part
from jaram.data.text import TextWishes
from jaram.doctor.finding import Finding
from jaram.doctor.preflight import preflight
from jaram.doctor.preflight.registry import all_rules
from jaram.errors import JaramError
from jaram.messages import LANGUAGES
from jaram.network.dense import Dense
from jaram.network.shape import Reshape
from jaram.recipe import Recipe

Make = Callable[[], tuple[Finding, ...]]
WARNED: dict[str, tuple[Make, str]] = {}
REFUSED: dict[str, tuple[Make, str]] = {}


def warned(finding: str) -> Callable[[Make], Make]:
    """A mistake that is expected to be told as ``"name"`` or ``"name/case"``."""

    def register(make: Make) -> Make:
        WARNED[make.__name__] = (make, finding)
        return make

    return register


def refused(key: str) -> Callable[[Make], Make]:
    """A mistake that is expected to be refused with the text ``key``."""

    def register(make: Make) -> Make:
        REFUSED[make.__name__] = (make, key)
        return make

    return register


# --- the last layer and the loss


@warned("wrong_output_activation/softmax_on_one")
def softmax_on_one_unit() -> tuple[Finding, ...]:
    network = ("dense 8 sigmoid", "dense 1 softmax")
    return flight(classes(k=2), network=network, output=None, loss="mse")


@warned("wrong_output_activation/one_for_all")
def one_sigmoid_unit_for_three_classes() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu", "dense 1 sigmoid"), output=None, loss="mse")


@warned("wrong_output_activation/one_for_all")
def one_linear_unit_for_three_classes() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu", "dense 1"), output=None, loss="mse")


@warned("wrong_output_activation/no_probability")
def relu_before_cross_entropy() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu",), output="dense 3 relu", loss="cce")


@warned("wrong_output_activation/no_probability")
def tanh_before_binary_cross_entropy() -> tuple[Finding, ...]:
    return flight(classes(k=2), network=("dense 8 relu",), output="dense 1 tanh", loss="bce")


@warned("wrong_output_activation/no_probability")
def no_activation_before_cross_entropy() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu",), output="dense 3", loss="cce")


@warned("wrong_output_activation/other_probability")
def sigmoid_before_categorical_cross_entropy() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu",), output="dense 3 sigmoid", loss="cce")


@warned("wrong_output_activation/softmax_on_labels")
def softmax_over_labels_that_hold_together() -> tuple[Finding, ...]:
    return flight(multilabel(), network=("dense 8 relu",), output="dense 3 softmax", loss="bce")


@warned("wrong_output_activation/not_for_loss")
def sigmoid_before_hinge() -> tuple[Finding, ...]:
    return flight(classes(k=2), network=("dense 8 relu",), output="dense 1 sigmoid", loss="hinge")


@warned("wrong_output_activation/unreachable")
def sigmoid_for_a_standardised_target() -> tuple[Finding, ...]:
    return flight(regression(), network=("dense 8 relu",), output="dense 1 sigmoid")


@warned("wrong_output_activation/unreachable")
def relu_for_a_target_with_negatives() -> tuple[Finding, ...]:
    return flight(regression(), network=("dense 8 tanh",), output="dense 1 relu", loss="mse")


@warned("wrong_output_activation/softmax_on_one")
def softmax_for_a_regression() -> tuple[Finding, ...]:
    return flight(regression(), network=("dense 8 tanh",), output="dense 1 softmax", loss="mse")


@warned("wrong_output_activation/doubled")
def output_layer_written_and_added() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu", "dense 3 softmax"))


@warned("wrong_output_activation/doubled")
def softmax_twice() -> tuple[Finding, ...]:
    network = ("dense 8 relu", "dense 3 softmax", "activation softmax")
    return flight(classes(), network=network, output=None, loss="cce")


@warned("wrong_output_activation/too_many")
def ten_outputs_for_three_classes() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu",), output="dense 10 softmax")


@warned("wrong_loss")
def squared_error_on_classes() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu",), output="dense 3 softmax", loss="mse")


@warned("wrong_loss")
def absolute_error_on_yes_or_no() -> tuple[Finding, ...]:
    return flight(classes(k=2), network=("dense 8 relu",), output="dense 1 sigmoid", loss="mae")


@warned("wrong_loss")
def binary_cross_entropy_on_three_classes() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu",), output="dense 3 softmax", loss="bce")


@warned("wrong_loss")
def binary_cross_entropy_on_a_regression() -> tuple[Finding, ...]:
    return flight(regression(), network=("dense 8 relu",), output="dense 1 sigmoid", loss="bce")


@warned("wrong_loss/one_output")
def categorical_cross_entropy_over_one_output() -> tuple[Finding, ...]:
    return flight(classes(k=2), network=("dense 8 relu",), output="dense 1 sigmoid", loss="cce")


@warned("wrong_loss/one_output")
def regression_on_class_numbers_with_cross_entropy() -> tuple[Finding, ...]:
    x = inputs()
    data = Data(x, labels(x).astype(float), task="regression")
    return flight(data, network=("dense 8 relu",), output="dense 1", loss="cce")


@warned("wrong_loss")
def hinge_on_a_regression() -> tuple[Finding, ...]:
    return flight(regression(), network=("dense 8 relu",), output="dense 1", loss="hinge")


# --- the network


@warned("symmetric_weights")
def zero_weights_under_sigmoid() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 sigmoid init=zeros",))


@warned("symmetric_weights")
def zero_weights_under_relu() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu", "dense 8 relu init=zeros"))


@warned("symmetric_weights")
def equal_weights() -> tuple[Finding, ...]:
    init = {"type": "constant", "value": 0.5}
    layer = {"type": "dense", "units": 8, "activation": "tanh", "init": init}
    return flight(regression(), network=(layer,))


@warned("missing_nonlinearity")
def linear_layers_stacked() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 16", "dense 8"))


@warned("missing_nonlinearity")
def linear_layers_with_dropout_between() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 16 relu", "dense 8", "dropout 0.2"))


@warned("missing_nonlinearity")
def batch_norm_is_no_activation() -> tuple[Finding, ...]:
    return flight(regression(), network=("dense 16", "batch_norm"))


@warned("layer_not_learning/step")
def step_in_a_hidden_layer() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 step",))


@warned("over_regularized/dropout_on_output")
def dropout_after_the_output() -> tuple[Finding, ...]:
    network = ("dense 8 relu", "dense 3 softmax", "dropout 0.5")
    return flight(classes(), network=network, output=None, loss="cce")


@warned("over_regularized/dropout")
def dropout_that_leaves_nothing() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu", "dropout 0.95"))


# --- batches and order


@warned("batch_too_large")
def batch_larger_than_the_data() -> tuple[Finding, ...]:
    return flight(classes(), batch_size=1000)


@warned("batch_too_small/batch_norm")
def batch_norm_over_one_example() -> tuple[Finding, ...]:
    network = ("dense 8", "batch_norm", "activation relu")
    return flight(classes(), network=network, batch_size=1)


@warned("unshuffled")
def sorted_labels_never_shuffled() -> tuple[Finding, ...]:
    data = classes()
    order = np.argsort(data.y, kind="stable")
    return flight(Data(data.x[order], data.y[order]), shuffle=False)


# --- inputs


@warned("unscaled_input/large")
def pixels_from_0_to_255() -> tuple[Finding, ...]:
    x = np.random.default_rng(0).integers(0, 256, (200, 8, 8, 1))
    return flight(Data(x, labels(inputs())), network=("flatten", "dense 8 relu"), scale="none")


@warned("unscaled_input/large")
def incomes_left_as_they_are() -> tuple[Finding, ...]:
    x = with_column(inputs(), 30_000 + 9_000 * inputs(seed=5)[:, 0])
    return flight(Data(x, labels(x)), scale="none")


@warned("unscaled_input/unequal")
def one_column_a_thousand_times_narrower() -> tuple[Finding, ...]:
    x = inputs()
    x[:, 3] /= 1000
    return flight(Data(x, labels(x)), scale="none")


@warned("missing_values")
def nan_in_an_array() -> tuple[Finding, ...]:
    x = inputs()
    y = labels(x)
    x[7, 2] = x[9, 2] = np.nan
    return flight(Data(x, y))


@warned("constant_column")
def constant_column_in_an_array() -> tuple[Finding, ...]:
    x = with_column(inputs(), np.full(200, 3.0))
    return flight(Data(x, labels(x)))


@warned("identifier_column")
def row_numbers_among_the_inputs() -> tuple[Finding, ...]:
    x = inputs()
    x[:, 4] = np.random.default_rng(3).permutation(200) + 1001
    return flight(Data(x, labels(x)))


@warned("identifier_column/left_out")
def customer_numbers_in_a_table() -> tuple[Finding, ...]:
    x = inputs()
    numbered = {"customer_id": np.random.default_rng(0).permutation(200) + 7000}
    return flight(_table(numbered | {f"x{j}": x[:, j] for j in range(5)}, labels(x)))


@warned("identifier_column")
def names_taken_for_a_category() -> tuple[Finding, ...]:
    x = inputs()
    columns = {f"x{j}": x[:, j] for j in range(5)}
    people = {"name": [f"person{i}" for i in range(200)]}
    kinds = {"name": "category"}
    return flight(_table(columns | people, labels(x), kinds=kinds), categories="embed")


@warned("constant_column/left_out")
def constant_column_in_a_table() -> tuple[Finding, ...]:
    x = inputs()
    columns = {f"x{j}": x[:, j] for j in range(5)}
    return flight(_table(columns | {"country": ["KR"] * 200}, labels(x)))


# --- the target


@warned("unscaled_target")
def prices_left_as_they_are() -> tuple[Finding, ...]:
    x = inputs()
    return flight(Data(x, 200_000 + 50_000 * numbers(x), task="regression"), scale_target=False)


@warned("unscaled_target")
def target_in_millionths() -> tuple[Finding, ...]:
    x = inputs()
    return flight(Data(x, 1e-6 * numbers(x), task="regression"), scale_target=False)


@warned("rare_class")
def class_of_two_examples() -> tuple[Finding, ...]:
    x = inputs()
    y = labels(x, 2)
    y[:2] = 2
    return flight(Data(x, y, task="multiclass"))


@warned("class_imbalance/data")
def one_in_a_hundred() -> tuple[Finding, ...]:
    x = inputs(2000)
    return flight(Data(x, (numbers(x) > np.quantile(numbers(x), 0.99)).astype(int)))


# --- leaks


@warned("leakage")
def target_among_the_inputs() -> tuple[Finding, ...]:
    x = inputs()
    return flight(Data(with_column(x, labels(x)), labels(x)))


@warned("leakage")
def target_with_a_little_noise() -> tuple[Finding, ...]:
    x = inputs()
    return flight(Data(with_column(x, 5 - labels(x) + 0.01 * inputs(seed=7)[:, 0]), labels(x)))


@warned("leakage")
def filled_only_for_one_class() -> tuple[Finding, ...]:
    x = inputs()
    y = labels(x, 2)
    days = np.where(y == 1, np.random.default_rng(3).integers(1, 365, 200), 0)
    return flight(Data(with_column(x, days), y))


@warned("leakage")
def score_the_label_was_cut_from() -> tuple[Finding, ...]:
    x = inputs(500)
    score = numbers(x)
    return flight(Data(with_column(x, score), (score > 0.2).astype(int)))


@warned("leakage/number")
def target_in_another_unit() -> tuple[Finding, ...]:
    x = inputs()
    y = numbers(x)
    return flight(Data(with_column(x, 1.8 * y + 32), y, task="regression"))


@warned("leakage/number")
def logarithm_of_the_target() -> tuple[Finding, ...]:
    x = inputs()
    y = np.exp(2 * numbers(x))
    return flight(Data(with_column(x, np.log(y)), y, task="regression"))


@warned("leakage")
def category_that_names_the_class() -> tuple[Finding, ...]:
    x = inputs()
    y = labels(x)
    column = pl.Series("verdict", np.array(["mild", "severe", "none"])[y])
    return flight(_table({f"x{j}": x[:, j] for j in range(5)} | {"verdict": column}, y))


@warned("duplicate_rows")
def validation_part_out_of_the_training_part() -> tuple[Finding, ...]:
    data = classes()
    return flight(Data(data.x, data.y, valid=(data.x[:40], data.y[:40])))


@warned("duplicate_rows")
def rows_repeated_before_the_split() -> tuple[Finding, ...]:
    data = classes()
    return flight(Data(np.tile(data.x, (3, 1)), np.tile(data.y, 3)))


@warned("duplicate_rows")
def minority_oversampled_before_the_split() -> tuple[Finding, ...]:
    x = inputs(400)
    y = (numbers(x) > 0.8).astype(int)
    again = np.random.default_rng(0).choice(np.flatnonzero(y == 1), 200)
    return flight(Data(np.vstack([x, x[again]]), np.concatenate([y, y[again]])))


# --- parts


@warned("ordered_split/classes")
def sorted_classes_divided_in_order() -> tuple[Finding, ...]:
    data = classes()
    order = np.argsort(data.y, kind="stable")
    return flight(Data(data.x[order], data.y[order]), split="ordered")


@warned("ordered_split/numbers")
def sorted_numbers_divided_in_order() -> tuple[Finding, ...]:
    data = regression()
    order = np.argsort(data.y)
    return flight(Data(data.x[order], data.y[order], task="regression"), split="ordered")


@warned("unrepresentative_validation/classes")
def validation_part_of_one_class() -> tuple[Finding, ...]:
    data, more = classes(), classes(300, seed=9)
    own = more.y == 2
    return flight(Data(data.x, data.y, valid=(more.x[own], more.y[own])))


@warned("unrepresentative_validation/numbers")
def validation_part_from_elsewhere() -> tuple[Finding, ...]:
    data, more = regression(), regression(seed=9)
    return flight(Data(data.x, data.y, task="regression", valid=(more.x, more.y + 2)))


@warned("validation_too_small")
def four_validation_rows() -> tuple[Finding, ...]:
    return flight(classes(), validation=0.02)


def test_windows_of_a_text_are_not_taken_for_rows() -> None:
    """Five windows of a hundred characters each: "only 5 rows"."""
    text = "It is what it is, and so on. " * 110
    found = flight(language_data(text, TextWishes(length=100)))
    assert "validation_too_small" not in {finding.name for finding in found}
    short = flight(language_data("abc" * 60, TextWishes(length=2)), validation=0.05)
    small = next(finding for finding in short if finding.name == "validation_too_small")
    assert small.evidence["rows"] < 10 <= small.evidence["train_rows"]


# --- what can't be trained


@refused("data.lengths")
def fewer_labels_than_rows() -> tuple[Finding, ...]:
    return flight(Data(inputs(), labels(inputs())[:150]))


@refused("preflight.lengths_differ")
def labels_lost_after_preparation() -> tuple[Finding, ...]:
    return flight_of_parts(classes(), lambda train: replace(train, y=train.y[:-3]))


@refused("preflight.label_out_of_range")
def label_beyond_the_classes() -> tuple[Finding, ...]:
    return flight_of_parts(classes(), lambda train: replace(train, y=train.y + 1))


@refused("preflight.label_out_of_range")
def negative_label() -> tuple[Finding, ...]:
    return flight_of_parts(classes(), lambda train: replace(train, y=train.y - 1))


@refused("preflight.label_out_of_range")
def label_between_two_classes() -> tuple[Finding, ...]:
    return flight_of_parts(classes(), lambda train: replace(train, y=train.y * 0.5))


@refused("data.unknown_class")
def unknown_label_in_the_validation_part() -> tuple[Finding, ...]:
    data = classes()
    return flight(Data(data.x, data.y, valid=(data.x[:20], data.y[:20] + 1)))


@refused("data.class_names")
def more_classes_than_names() -> tuple[Finding, ...]:
    data = classes()
    return flight(Data(data.x, data.y, class_names=("a", "b")))


@refused("data.one_class")
def only_one_class() -> tuple[Finding, ...]:
    return flight(Data(inputs(), np.zeros(200, int), task="multiclass"))


@refused("preflight.one_class")
def only_one_class_left_to_train_on() -> tuple[Finding, ...]:
    data = classes(k=2)
    data = Data(data.x, np.arange(200) >= 160)
    return flight(data, split="ordered")


@refused("data.one_class")
def constant_regression_target() -> tuple[Finding, ...]:
    return flight(Data(inputs(), np.full(200, 0.7), task="regression"))


@refused("preflight.target_constant")
def second_target_constant() -> tuple[Finding, ...]:
    x = inputs()
    y = np.column_stack([numbers(x), np.full(200, 0.7)])
    return flight(Data(x, y, task="regression"), scale_target=False)


@refused("data.infinite")
def infinity_among_the_inputs() -> tuple[Finding, ...]:
    x = inputs()
    y = labels(x)
    x[11, 3] = np.inf
    return flight(Data(x, y))


@refused("data.target_infinite")
def infinite_target() -> tuple[Finding, ...]:
    x = inputs()
    y = numbers(x)
    y[11] = -np.inf
    return flight(Data(x, y, task="regression"))


@refused("preflight.target_not_finite")
def nan_target_after_preparation() -> tuple[Finding, ...]:
    def broken(train: Part) -> Part:
        y = train.y.copy()
        y[4] = np.nan
        return replace(train, y=y)

    return flight_of_parts(regression(), broken)


@refused("preflight.input_not_finite")
def nan_input_after_preparation() -> tuple[Finding, ...]:
    def broken(train: Part) -> Part:
        x = train.x.copy()
        x[4, 1] = np.nan
        return replace(train, x=x)

    return flight_of_parts(classes(), broken)


@refused("preflight.no_training_rows")
def empty_training_part() -> tuple[Finding, ...]:
    return flight_of_parts(
        classes(), lambda train: Part(train.x[:0], train.y[:0], None, train.rows[:0])
    )


@refused("preflight.weights_unusable")
def negative_sample_weight() -> tuple[Finding, ...]:
    def broken(train: Part) -> Part:
        return replace(train, weight=np.linspace(-1, 1, len(train.y), dtype=np.float32))

    return flight_of_parts(classes(), broken)


@refused("preflight.outputs_classes")
def two_outputs_for_three_classes() -> tuple[Finding, ...]:
    return flight(classes(), network=("dense 8 relu",), output="dense 2 softmax")


@refused("preflight.outputs_regression")
def three_outputs_for_one_number() -> tuple[Finding, ...]:
    return flight(regression(), network=("dense 8 relu",), output="dense 3")


@refused("preflight.outputs_multilabel")
def one_output_for_three_labels() -> tuple[Finding, ...]:
    return flight(multilabel(), network=("dense 8 relu",), output="dense 1 sigmoid", loss="bce")


@refused("preflight.output_not_flat")
def picture_never_flattened() -> tuple[Finding, ...]:
    data = Data(np.random.default_rng(0).random((200, 8, 8, 1)), labels(inputs()))
    return flight(data, network=("dense 8 relu", "dense 3 softmax"), output=None, loss="cce")


@refused("preflight.codes_outside")
def codes_beyond_the_vocabulary() -> tuple[Finding, ...]:
    x = np.random.default_rng(0).integers(0, 50, (200, 6))
    network = ("embedding 20 4", "flatten", "dense 8 relu")
    return flight(Data(x, labels(inputs())), network=network, scale="none")


@refused("preflight.codes_outside")
def codes_standardised() -> tuple[Finding, ...]:
    x = np.random.default_rng(0).integers(0, 20, (200, 6))
    return flight(Data(x, labels(inputs())), network=("embedding 20 4", "flatten", "dense 8 relu"))


def _table(columns: dict[str, Any], y: np.ndarray[Any, Any], **options: Any) -> Data:
    from jaram.data import load

    names = pl.Series("y", [f"class {label}" for label in y])
    return load(pl.DataFrame(columns | {"y": names}), target="y", **options)


def _label(finding: Finding) -> str:
    return f"{finding.name}/{finding.case}" if finding.case else finding.name


@pytest.mark.parametrize("name", WARNED)
def test_a_seeded_mistake_is_found(name: str) -> None:
    make, expected = WARNED[name]
    found = make()
    assert expected in [_label(finding) for finding in found]
    for finding in found:
        for lang in LANGUAGES:
            assert finding.explain(lang).count("\n") == 2
        assert Finding.from_json(finding.to_json()) == finding


@pytest.mark.parametrize("name", REFUSED)
def test_a_seeded_mistake_is_refused(name: str) -> None:
    make, key = REFUSED[name]
    with pytest.raises(JaramError) as caught:
        make()
    assert caught.value.key == key
    assert "{" not in str(caught.value)


def test_there_are_at_least_forty_seeded_mistakes() -> None:
    assert len(WARNED) + len(REFUSED) >= 40


@pytest.mark.parametrize("name", WARNED)
def test_a_mistake_raises_no_other_alarm_about_the_data(name: str) -> None:
    """What is wrong with the network says nothing about the data, and the other way about."""
    about_data = {
        "leakage",
        "duplicate_rows",
        "identifier_column",
        "constant_column",
        "unrepresentative_validation",
        "rare_class",
        "class_imbalance",
    }
    make, expected = WARNED[name]
    found = {finding.name for finding in make()}
    assert found & about_data <= {expected.split("/")[0]}


# --- healthy


def test_exclusive_or_has_no_rare_class() -> None:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    found = flight(Data(x, np.array([0, 1, 1, 0])), validation=0.0)
    assert "rare_class" not in {finding.name for finding in found}


def _sklearn(name: str) -> Data:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    task = "regression" if name == "diabetes" else None
    return Data(bunch.data, bunch.target, task=task, feature_names=list(bunch.feature_names))


@pytest.mark.parametrize("split_seed", [0, 1, 2])
@pytest.mark.parametrize("scale", ["standard", "minmax", "robust"])
@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_built_in_sets_raise_no_alarm(name: str, scale: str, split_seed: int) -> None:
    assert flight(_sklearn(name), scale=scale, split_seed=split_seed) == ()


@pytest.mark.parametrize("name", ["iris", "digits", "diabetes"])
def test_unscaled_sets_on_one_moderate_scale_raise_no_alarm(name: str) -> None:
    assert flight(_sklearn(name), scale="none") == ()


TABLES = Path(__file__).parents[3] / "shared" / "data" / "tables"


@pytest.mark.parametrize("categories", ["onehot", "embed"])
@pytest.mark.parametrize("name", ["german", "pima-indians-diabetes", "abalone"])
def test_real_tables_raise_no_alarm(name: str, categories: str) -> None:
    from jaram.data import load

    path = TABLES / f"{name}.csv"
    if not path.exists():
        pytest.skip("the folder of real tables is not here")
    assert flight(load(path, target="last"), categories=categories) == ()


@pytest.mark.parametrize("categories", ["onehot", "embed"])
def test_penguins_raise_no_alarm(categories: str) -> None:
    from jaram.data import load

    assert flight(load("penguins"), categories=categories) == ()


@pytest.mark.parametrize("name", ["xor", "circles", "moons", "spirals", "blobs", "sine"])
def test_synthetic_sets_raise_no_alarm(name: str) -> None:
    from jaram.data import load

    assert flight(load(name)) == ()
    assert flight(load(name), scale="none") == ()


HEALTHY: dict[str, Callable[[], tuple[Finding, ...]]] = {
    "classes": lambda: flight(classes()),
    "two classes": lambda: flight(classes(k=2)),
    "regression": lambda: flight(regression()),
    "labels": lambda: flight(multilabel()),
    "logistic regression from zero": lambda: flight(
        classes(), network=(), output="dense 3 softmax init=zeros"
    ),
    "zero last layer": lambda: flight(
        classes(), network=("dense 8 relu",), output="dense 3 softmax init=zeros"
    ),
    "two softmax units": lambda: flight(
        classes(k=2), network=("dense 8 relu",), output="dense 2 softmax", loss="cce"
    ),
    "linear regression": lambda: flight(regression(), network=()),
    "hinge": lambda: flight(classes(k=2), network=("dense 8 relu",), loss="hinge"),
    "perceptron": lambda: flight(classes(k=2), network=(), loss="perceptron"),
    "batch norm before the activation": lambda: flight(
        classes(), network=("dense 8", "batch_norm", "activation relu")
    ),
    "dropout between": lambda: flight(classes(), network=("dense 8 relu", "dropout 0.5")),
    "full batch": lambda: flight(classes(), batch_size="full"),
    "batch of all": lambda: flight(classes(), batch_size=160),
    "stochastic": lambda: flight(classes(), batch_size=1),
    "mixed and unshuffled": lambda: flight(classes(), shuffle=False),
    "in order but mixed": lambda: flight(classes(), split="ordered"),
    "no validation part": lambda: flight(classes(), validation=0.0),
    "share through sigmoid": lambda: flight(
        Data(inputs(), 1 / (1 + np.exp(-numbers(inputs()))), task="regression"),
        network=("dense 8 relu",),
        output="dense 1 sigmoid",
        loss="bce",
        scale_target=False,
    ),
    "normalised inside": lambda: flight(
        Data(100 * inputs(), labels(inputs())), scale="none", network=("batch_norm", "dense 8 relu")
    ),
    "blobs far apart": lambda: flight(_blobs()),
    "yes or no answers": lambda: flight(
        Data((inputs(400, 6) > 0).astype(float), labels(inputs(400, 6), 2))
    ),
    "whole numbers that repeat": lambda: flight(
        Data(np.random.default_rng(0).integers(18, 90, (300, 5)), labels(inputs(300)))
    ),
    "lags of a smooth series": lambda: flight(_lags()),
    "one in twenty": lambda: flight(_one_in_twenty()),
    "codes": lambda: flight(
        Data(np.random.default_rng(0).integers(0, 20, (200, 6)), labels(inputs())),
        network=("embedding 20 4", "flatten", "dense 8 relu"),
        scale="none",
    ),
}


def _blobs() -> Data:
    y = np.arange(300) % 2
    return Data(inputs(300, 3) + 12 * y[:, None] * np.array([1.0, 0.6, 0.3]), y)


def _lags() -> Data:
    series = np.sin(np.arange(400) * 0.02) + np.sin(np.arange(400) * 0.007)
    x = np.stack([series[lag : lag + 390] for lag in range(8)], axis=1)
    return Data(x, series[8:398], task="regression")


def _one_in_twenty() -> Data:
    x = inputs(2000)
    return Data(x, (numbers(x) > np.quantile(numbers(x), 0.95)).astype(int))


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_twins_raise_no_alarm(name: str) -> None:
    assert HEALTHY[name]() == ()


def test_random_healthy_tables_raise_no_alarm() -> None:
    """60 tables of noise and signal of all sizes: none is taken for a mistake."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n, columns, k = (
            int(rng.integers(60, 600)),
            int(rng.integers(3, 30)),
            int(rng.integers(2, 6)),
        )
        x = inputs(n, columns, seed)
        x[:, 0] = np.round(x[:, 0])
        y = labels(x, k, seed + 1)
        data = Data(x, y) if seed % 2 else Data(x, numbers(x, seed), task="regression")
        assert flight(data, split_seed=seed) == ()


# --- cost, and the rules themselves


def test_a_layer_that_does_not_fit_is_named_with_its_place() -> None:
    data = classes()
    recipe = Recipe(network=(Dense(8), Reshape((3, 5)), Dense(3)), output=None, loss="cce")
    with pytest.raises(JaramError) as caught:
        preflight(recipe, prepared_for(recipe, data), data)
    assert caught.value.key == "network.layer_misfit"
    assert caught.value.values["number"] == 2


def test_no_layers_at_all_is_refused() -> None:
    recipe = Recipe(network=(), output=None, loss="cce")
    with pytest.raises(JaramError) as caught:
        preflight(recipe, prepared_for(recipe, classes()), classes())
    assert caught.value.key == "preflight.no_layers"


def test_gravest_findings_come_first() -> None:
    found = flight(
        classes(),
        network=("dense 8 relu", "dense 1 softmax"),
        output=None,
        loss="mse",
        batch_size=1000,
    )
    order = ["grave", "notable", "minor"]
    assert [order.index(finding.severity) for finding in found] == sorted(
        order.index(finding.severity) for finding in found
    )
    assert len(found) >= 3


def test_every_rule_says_what_it_looks_for() -> None:
    refusals, warnings = all_rules()
    assert len(refusals) >= 8
    assert len(warnings) >= 15
    for rule in (*refusals, *warnings):
        assert rule.__doc__
