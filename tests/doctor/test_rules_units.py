"""Units that are dead or saturated, and layers that stand still."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from made import EPOCHS, GOOD, POOR, judged, training, vitals

import jaram as jr
from jaram.doctor.evidence import Curves
from jaram.doctor.finding import Finding
from jaram.doctor.patient import of_run
from jaram.recipe import Recipe
from jaram.training.probe import VITAL_SIGNS

RELU = ("dense 8 relu", "dense 8 relu", "dense 1 sigmoid")
TANH = ("dense 8 tanh", "dense 8 tanh", "dense 1 sigmoid")


def test_a_layer_whose_units_are_dead_is_named_where_learning_failed() -> None:
    signs = vitals(*RELU, dead=[0.1, 0.9, None])
    (found,) = judged("dead_units", training(vitals=signs))
    assert (found.severity, found.evidence["layer"]) == ("grave", 2)
    assert found.evidence["layers"] == [2]
    assert found.evidence["share"] == pytest.approx(0.9)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.45])
def test_ordinary_sparsity_is_not_what_makes_a_training_fail(share: float) -> None:
    assert not judged("dead_units", training(vitals=vitals(*RELU, dead=[share, share, None])))


def test_dead_units_are_healthy_where_learning_went_well() -> None:
    assert not judged("dead_units", training(GOOD, vitals=vitals(*RELU, dead=[0.9, 0.9, None])))


def test_the_epoch_is_told_since_when_they_are_dead() -> None:
    signs = vitals(*RELU, dead=[0.0, 0.9, None])
    signs.signs[:3, 1, :] = 0.0
    (found,) = judged("dead_units", training(vitals=signs))
    assert found.evidence["epoch"] == 4


def test_saturation_matters_in_hidden_layers_of_a_network_that_did_not_learn() -> None:
    signs = vitals(*TANH, saturated=[0.9, 0.2, 1.0])
    (found,) = judged("saturated_units", training(vitals=signs))
    assert found.evidence["layers"] == [1]
    assert not judged("saturated_units", training(GOOD, vitals=signs))


def test_an_output_that_is_sure_of_itself_is_not_saturated() -> None:
    signs = vitals(*TANH, saturated=[0.1, 0.1, 1.0])
    assert not judged("saturated_units", training(vitals=signs))


def test_units_that_grow_saturated_after_the_learning_are_not_why_it_stopped() -> None:
    signs = vitals(*TANH, saturated=[0.9, 0.2, None])
    signs.signs[:6, 0, VITAL_SIGNS.index("saturated")] = 0.0
    flat = np.full(EPOCHS, POOR)
    for losses, count in (
        (np.geomspace(1.0, 0.5, EPOCHS) ** 4, 0),  # most had been learnt in the first six epochs
        (np.r_[np.geomspace(1.0, 0.2, 6), np.full(4, 0.8)], 1),  # and was lost again
        (np.r_[np.full(8, 1.0), np.full(2, 0.9)], 0),  # learning had not begun before either
    ):
        evidence = training(vitals=signs, curves=Curves(losses, losses, flat, flat, "accuracy"))
        assert len(judged("saturated_units", evidence)) == count


def test_units_that_drift_after_the_gradient_had_vanished_are_not_the_cause() -> None:
    signs = vitals(*TANH, saturated=[0.0, 0.9, None], gradient_norm=[1e-6, 1e-3, 1.0])
    signs.signs[0, 1, -1] = 0.0  # in the first epoch none was saturated
    assert not judged("saturated_units", training(vitals=signs))


def test_a_layer_that_stood_still_while_others_moved_is_named() -> None:
    signs = vitals(*RELU, update_ratio=[1e-2, 1e-9, 1e-2])
    (found,) = judged("layer_not_learning", training(vitals=signs))
    assert (found.case, found.evidence["layers"]) == ("", [2])
    slow = vitals(*RELU, update_ratio=[1e-2, 1e-4, 1e-2])
    assert not judged("layer_not_learning", training(vitals=slow))
    assert not judged("layer_not_learning", training(GOOD, vitals=signs))


def test_layers_that_all_hardly_move_have_a_rate_that_is_too_low() -> None:
    signs = vitals(*RELU, update_ratio=[1e-9, 1e-9, 1e-9])
    assert not judged("layer_not_learning", training(vitals=signs))


def test_a_step_is_judged_by_what_was_learnt_around_it() -> None:
    note = Finding("layer_not_learning", "grave", {"layer": 1, "what": "dense 8 step"}, case="step")
    signs = vitals("dense 8 step", "dense 1 sigmoid", dead=[1.0, None])
    network = (jr.Dense(8, "step"), jr.Dense(1, "sigmoid"))
    for score, severity in ((POOR, "grave"), (GOOD, "minor")):
        evidence = training(score, vitals=signs, notes=(note,), network=network)
        (found,) = judged("layer_not_learning", evidence)
        assert (found.case, found.severity) == ("step", severity)
        assert not judged("dead_units", evidence)
        assert not judged("vanishing_gradient", evidence)


def frozen(score: float, **signs: Any) -> Any:
    recipe = Recipe(
        network=(jr.Dense(8, "relu"), jr.Dense(8, "relu"), jr.Dense(1, "sigmoid")),
        output=None,
        layer_rates=(1.0, 0.0, 1.0),
    )
    return training(
        score, vitals=vitals(*RELU, update_ratio=[1e-2, 0, 1e-2], **signs), recipe=recipe
    )


def test_a_frozen_layer_is_told_apart_and_is_minor_where_all_went_well() -> None:
    (found,) = judged("layer_not_learning", frozen(POOR))
    assert (found.case, found.severity) == ("frozen", "grave")
    (found,) = judged("layer_not_learning", frozen(GOOD))
    assert (found.case, found.severity) == ("frozen", "minor")


def test_what_a_frozen_layer_makes_its_neighbours_do_is_not_their_illness() -> None:
    assert not judged("dead_units", frozen(POOR, dead=[0.5, 0.0, None]))


@pytest.fixture(scope="module")
def killed() -> Any:
    recipe = jr.Recipe(
        network=(jr.Dense(16, "relu"), jr.Dense(16, "relu")),
        optimizer=jr.SGD(learning_rate=3.0, momentum=0.9),
        epochs=4,
        stop=None,
        batch_size=32,
    )
    return of_run(jr.train(recipe, jr.load("digits")))


def test_a_rate_that_kills_the_units_leaves_them_dead(killed: Any) -> None:
    assert not killed.has_diverged
    (found,) = judged("dead_units", killed)
    assert found.evidence["share"] >= 0.5
    (without,) = judged("dead_units", dataclasses.replace(killed, examination=None))
    assert without.evidence["share"] == found.evidence["share"]


def test_a_frozen_layer_of_a_real_training_has_not_moved() -> None:
    recipe = jr.Recipe(
        network=(jr.Dense(8, "relu"), jr.Dense(8, "relu")), layer_rates=(0.0, 1.0, 1.0), epochs=3
    )
    evidence = of_run(jr.train(recipe, jr.load("iris")))
    assert evidence.moved is not None
    np.testing.assert_array_equal(evidence.moved[0], 0.0)
    (found,) = judged("layer_not_learning", evidence)
    assert (found.case, found.evidence["layers"]) == ("frozen", [1])
