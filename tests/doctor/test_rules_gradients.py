"""Gradients that fade, gradients that grow, and trainings that break."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from made import EPOCHS, GOOD, judged, training, vitals
from numpy.typing import NDArray

import jaram as jr
from jaram.doctor.evidence import Curves
from jaram.doctor.patient import of_run

LAYERS = ("dense 8 sigmoid", "dense 8 sigmoid", "dense 8 sigmoid", "dense 1 sigmoid")


def fading(share: float) -> Any:
    """Vital signs of a gradient whose first layer has ``share`` of the last one's pull."""
    return vitals(*LAYERS, gradient_norm=np.geomspace(share, 1.0, len(LAYERS)))


def deep(sizes: int, activation: str, **told: Any) -> tuple[jr.Dense, ...]:
    return tuple(jr.Dense(16, activation, **told) for _ in range(sizes))


def test_a_gradient_that_fades_in_a_training_that_failed_has_vanished() -> None:
    (found,) = judged("vanishing_gradient", training(vitals=fading(1e-6)))
    assert found.severity == "grave"
    assert found.evidence["layer"] == 1
    assert found.evidence["share"] == pytest.approx(1e-6, rel=1e-3)
    assert found.evidence["factor"] == pytest.approx(0.01, rel=1e-3)
    assert found.picture is not None


@pytest.mark.parametrize("share", [0.1, 1.0, 10.0])
def test_a_failure_with_a_gradient_of_ordinary_course_has_another_reason(share: float) -> None:
    assert not judged("vanishing_gradient", training(vitals=fading(share)))


def test_a_network_that_has_learnt_may_have_any_gradient() -> None:
    for share in (1e-9, 1e9):
        evidence = training(GOOD, vitals=fading(share))
        assert not judged("vanishing_gradient", evidence)
        assert not judged("exploding_gradient", evidence)


def test_knowing_the_training_rows_by_heart_is_no_fading() -> None:
    curves = Curves(np.zeros(EPOCHS), np.ones(EPOCHS), np.ones(EPOCHS), np.full(EPOCHS, 0.6))
    assert not judged("vanishing_gradient", training(curves=curves, vitals=fading(1e-6)))


def test_where_no_gradient_comes_in_at_all_none_can_fade() -> None:
    dead = vitals(*LAYERS, gradient_norm=[0.0] * len(LAYERS))
    assert not judged("vanishing_gradient", training(vitals=dead))


def test_the_pull_does_not_change_when_a_layer_is_scaled_and_the_next_scaled_back() -> None:
    norms = np.array([1e-4, 1.0, 1.0, 1.0])
    scaled = vitals(*LAYERS, gradient_norm=norms, weight_norm=1 / norms)
    assert not judged("vanishing_gradient", training(vitals=scaled))


def test_only_curves_that_stayed_where_they_were_are_blamed_without_scores() -> None:
    for end, count in ((0.99, 1), (0.1, 0)):
        curves = Curves(np.linspace(1.0, end, EPOCHS))
        evidence = training(curves=curves, vitals=fading(1e-6), ending=None, best_epoch=None)
        evidence = dataclasses.replace(evidence, chance=None)
        assert len(judged("vanishing_gradient", evidence)) == count


def test_a_gradient_that_grows_with_depth_has_exploded() -> None:
    (found,) = judged("exploding_gradient", training(vitals=fading(1e6)))
    assert (found.case, found.severity) == ("depth", "grave")
    assert found.evidence["factor"] == pytest.approx(100, rel=1e-3)
    assert not judged("exploding_gradient", training(vitals=fading(3.0)))


def losses(growth: float) -> NDArray[np.float64]:
    """Steps that multiply the loss by ``growth`` until it breaks."""
    return np.append(growth ** np.arange(6.0), np.nan)


def test_a_loss_that_was_thrown_up_before_it_broke_tells_of_growing_gradients() -> None:
    for growth, count in ((100.0, 1), (1.01, 0)):
        evidence = training(steps=losses(growth), ending="diverged", best_epoch=0)
        found = judged("exploding_gradient", evidence)
        assert len(found) == count
        assert all(each.case == "course" for each in found)


def test_a_broken_training_tells_its_step() -> None:
    evidence = training(steps=losses(10.0), ending="diverged", best_epoch=0)
    (found,) = judged("diverged", evidence)
    assert found.severity == "grave"
    assert (found.evidence["step"], found.evidence["epoch"]) == (7, EPOCHS)
    assert not judged("diverged", training())


def test_broken_curves_from_elsewhere_tell_their_epoch() -> None:
    curves = Curves(np.array([1.0, 2.0, np.nan, np.nan]))
    evidence = training(curves=curves, ending=None, best_epoch=None)
    (found,) = judged("diverged", dataclasses.replace(evidence, learning_rate=None))
    assert (found.case, found.evidence["epoch"]) == ("curves", 3)


@pytest.fixture(scope="module")
def digits() -> jr.Data:
    return jr.load("digits")


def test_a_deep_sigmoid_network_is_told_that_its_gradient_vanishes(digits: jr.Data) -> None:
    recipe = jr.Recipe(
        network=deep(6, "sigmoid"), optimizer=jr.SGD(learning_rate=0.1), epochs=3, batch_size=128
    )
    evidence = of_run(jr.train(recipe, digits))
    (found,) = judged("vanishing_gradient", evidence)
    assert (found.severity, found.evidence["when"]) == ("grave", "start")
    assert 0.1 < found.evidence["factor"] < 0.5  # a sigmoid's slope is at most 1/4
    # The same can be told from the vital signs alone, after the first epoch.
    (again,) = judged("vanishing_gradient", dataclasses.replace(evidence, examination=None))
    assert again.evidence["share"] < 0.02


def test_signals_that_explode_break_at_a_layer_that_is_named(digits: jr.Data) -> None:
    recipe = jr.Recipe(
        network=deep(8, "relu", init="random_normal 2.0"),
        optimizer=jr.SGD(learning_rate=0.1),
        epochs=2,
        batch_size=128,
    )
    run = jr.train(recipe, digits)
    assert run.result == "diverged"
    evidence = of_run(run)
    (grown,) = judged("exploding_gradient", evidence)
    assert grown.case in ("depth", "signal")
    (broken,) = judged("diverged", evidence)
    assert broken.case.startswith("in_")
    assert 1 <= broken.evidence["layer"] <= 9
    (without,) = judged("diverged", dataclasses.replace(evidence, examination=None))
    assert without.case == "" and without.evidence["step"] == broken.evidence["step"]
