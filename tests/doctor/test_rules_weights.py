"""Weights that start alike or at the wrong size, and networks that are linear all the way."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from made import CHANCE, GOOD, POOR, judged, training

import jaram as jr
from jaram.doctor.baselines import Reference
from jaram.doctor.finding import Finding
from jaram.doctor.patient import of_run
from jaram.doctor.rules.weights import are_alike, is_linear, ratios
from jaram.network.network import initial_params


def net(depth: int = 2, width: int = 16, activation: str = "relu", **told: Any) -> tuple[Any, ...]:
    hidden = (jr.Dense(width, activation, **told) for _ in range(depth))
    return (*hidden, jr.Dense(1, "sigmoid"))


# --- symmetric weights


def alike(score: float, last: bool, **told: Any) -> Any:
    """A training whose hidden layers started equal; ``last``: and ended so."""
    network = net(init="constant 0.1")
    params = initial_params(network if last else net(), 0, (4,))
    return training(score, network=network, params=params, **told)


def test_units_that_started_alike_and_stayed_so_are_told() -> None:
    (found,) = judged("symmetric_weights", alike(POOR, True))
    assert (found.severity, found.evidence["layers"]) == ("grave", [1, 2])
    assert found.evidence["init"] == "constant 0.1"


def test_symmetry_that_did_no_harm_is_minor() -> None:
    for last in (True, False):
        (found,) = judged("symmetric_weights", alike(GOOD, last))
        assert found.severity == "minor"


def test_an_output_layer_may_start_at_zero_and_a_single_unit_is_like_itself() -> None:
    zero = (jr.Dense(8, "relu"), jr.Dense(3, "softmax", init="zeros"))
    assert not judged("symmetric_weights", training(network=zero))
    one = (jr.Dense(1, "relu"), jr.Dense(1, "sigmoid"))
    assert not judged("symmetric_weights", training(network=one))


def test_alike_is_judged_between_units_and_within_rounding() -> None:
    column = np.array([[1.0], [-2.0], [3.0]])
    same = np.repeat(column, 4, axis=1)
    assert are_alike({"weight": same})
    assert are_alike({"weight": same * (1 + 1e-6 * np.arange(4))})
    assert not are_alike({"weight": same * (1 + 0.1 * np.arange(4))})
    assert not are_alike({"weight": same.T})
    assert not are_alike({"weight": same * np.nan})


def test_zero_weights_of_a_real_training_stay_alike() -> None:
    recipe = jr.Recipe(
        network=(jr.Dense(8, "tanh", init="zeros"), jr.Dense(8, "tanh", init="zeros")),
        optimizer=jr.SGD(learning_rate=0.1),
        epochs=3,
    )
    (found,) = judged("symmetric_weights", of_run(jr.train(recipe, jr.load("iris"))))
    assert (found.severity, found.evidence["stayed"]) == ("grave", 2)


# --- bad initialization


@pytest.mark.parametrize(
    ("init", "case"),
    [
        ("random_normal 3.0", "large"),
        ("random_normal 0.001", "small"),
        ("orthogonal 20.0", "large"),
    ],
)
def test_weights_far_from_what_the_activation_asks_for_are_told(init: str, case: str) -> None:
    (found,) = judged("bad_initialization", training(network=net(init=init)))
    assert (found.case, found.severity) == (case, "grave")
    assert found.evidence["ratio"] > 1
    assert found.evidence["together"] >= found.evidence["ratio"]


@pytest.mark.parametrize(
    "init", ["glorot_uniform", "lecun_normal", "he_uniform", "orthogonal", None]
)
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "selu", "gelu"])
def test_published_initializers_are_never_to_blame(init: str | None, activation: str) -> None:
    for depth, width in ((1, 4), (3, 64)):
        network = net(depth, width, activation, init=init)
        assert not judged("bad_initialization", training(network=network))


def test_a_training_that_went_well_started_well_enough() -> None:
    assert not judged("bad_initialization", training(GOOD, network=net(init="random_normal 3.0")))


def test_weights_that_all_start_equal_have_a_finding_of_their_own() -> None:
    for init in ("zeros", "constant 5.0"):
        assert not judged("bad_initialization", training(network=net(init=init)))


def test_a_normalisation_makes_the_size_irrelevant() -> None:
    wild = jr.Dense(16, init="random_normal 3.0")
    network = (wild, jr.BatchNorm(), jr.Activation("relu"), jr.Dense(1, "sigmoid"))
    assert ratios(training(network=network)) == {}
    assert ratios(training(network=(wild, jr.Dense(1, "sigmoid")))).keys() == {0}


# --- missing nonlinearity

NOTE = Finding("missing_nonlinearity", "notable", {"layer": 1, "layers": [1], "what": "dense 16"})
CURVED = Reference(CHANCE, POOR, GOOD, GOOD, 0.01, 100)
STRAIGHT = Reference(CHANCE, GOOD, GOOD, GOOD, 0.01, 100)


def linear(score: float, reference: Reference, activation: str = "identity") -> Any:
    network = (jr.Dense(16), jr.Dense(16, activation), jr.Dense(1, "sigmoid"))
    return training(score, network=network, reference=reference, notes=(NOTE,))


def test_a_linear_network_on_a_curved_problem_lacks_an_activation() -> None:
    (found,) = judged("missing_nonlinearity", linear(POOR, CURVED))
    assert (found.severity, found.remedies) == ("grave", ("add_nonlinearity",))


@pytest.mark.parametrize(
    ("score", "reference", "activation"),
    [
        (POOR, STRAIGHT, "identity"),  # a linear model is as good: it failed for another reason
        (GOOD, CURVED, "identity"),
        (POOR, CURVED, "relu"),  # another layer bends
    ],
)
def test_else_linear_layers_are_a_waste_at_most(
    score: float, reference: Reference, activation: str
) -> None:
    (found,) = judged("missing_nonlinearity", linear(score, reference, activation))
    assert found.severity == "minor"


def test_a_network_is_linear_until_its_last_layer() -> None:
    assert is_linear(training(network=(jr.Dense(4), jr.Dense(1, "sigmoid"))))
    assert is_linear(training(network=(jr.Dense(4), jr.Dropout(0.1), jr.Dense(1))))
    assert not is_linear(training(network=(jr.Dense(4), jr.Activation("relu"), jr.Dense(1))))
    assert not is_linear(training(network=(jr.Dense(4, "tanh"), jr.Dense(1))))


def test_without_the_data_the_note_stands_as_the_outcome_says() -> None:
    evidence = linear(POOR, CURVED)
    evidence = dataclasses.replace(evidence)
    evidence.__dict__["reference"] = None
    (found,) = judged("missing_nonlinearity", evidence)
    assert found.severity == "grave"


def test_circles_without_an_activation_are_not_learnt() -> None:
    recipe = jr.Recipe(network=(jr.Dense(16), jr.Dense(16)), epochs=5)
    (found,) = judged("missing_nonlinearity", of_run(jr.train(recipe, jr.load("circles"))))
    assert found.severity == "grave"
