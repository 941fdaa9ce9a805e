"""The trial trains what :func:`jaram.train` trains, from many seeds, and drops what is weak."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import jaram as jr
from jaram.data.prepare import prepare
from jaram.defaults import complete
from jaram.doctor.trial import Arm, Trainee, restarted, run_trial
from jaram.runs.candidates import prepare_options


def arm(data: jr.Data, **fields: object) -> Arm:
    recipe = jr.Recipe(**{"network": (jr.Dense(8, "tanh"),), "epochs": 12, "stop": None} | fields)
    prepared = prepare(data, prepare_options(recipe))
    return Arm(complete(recipe, prepared)[0], prepared)


def with_rate(control: Arm, rate: float) -> Arm:
    optimizer = jr.Adam(learning_rate=rate)
    recipe = dataclasses.replace(control.recipe, optimizer=optimizer)
    return dataclasses.replace(control, recipe=recipe, remedies=("x",), doses=(str(rate),))


@pytest.fixture(scope="module")
def iris() -> jr.Data:
    return jr.load("iris")


def test_each_member_is_the_training_of_its_seed(iris: jr.Data) -> None:
    trainee = Trainee(arm(iris), (3, 4, 5), "accuracy")
    trainee.advance(0.4)
    trainee.advance(1.0)
    measured = trainee.measure()
    for row, seed in enumerate((3, 4, 5)):
        run = jr.train(dataclasses.replace(measured.arm.recipe, seed=seed), iris)
        best = run.history["valid/accuracy"][run.best_epoch - 1]
        assert measured.scores[row] == pytest.approx(best, abs=1e-6)
        assert measured.curves[row] == pytest.approx(run.history["valid/accuracy"], abs=0.04)
        assert trainee.chronicle(row).steps == pytest.approx(run.steps, abs=1e-3)


def test_all_arms_see_the_same_minibatches(iris: jr.Data) -> None:
    control = arm(iris)
    same = dataclasses.replace(control, remedies=("nothing",), doses=("",))
    first, second = run_trial([control, same], (0, 1), "accuracy", (1.0,), lambda: False)
    assert np.array_equal(first.curves, second.curves)
    assert np.array_equal(first.evidence.curves.steps, second.evidence.curves.steps)


def test_the_weaker_half_is_dropped_but_never_the_control(iris: jr.Data) -> None:
    control = arm(iris, optimizer=jr.Adam(learning_rate=1e-7))
    arms = [control, *(with_rate(control, rate) for rate in (1e-6, 1e-5, 0.01, 0.03))]
    found = run_trial(arms, (0, 1), "accuracy", (0.25, 1.0), lambda: False)
    assert [measured.share for measured in found] == [1.0, 0.25, 0.25, 1.0, 1.0]
    assert found[3].mean > 0.85 > found[0].mean


def test_late_trials_leave_out_what_has_not_begun(iris: jr.Data) -> None:
    control = arm(iris)
    arms = [control, with_rate(control, 0.01), with_rate(control, 0.1)]
    found = run_trial(arms, (0, 1), "accuracy", (1.0,), lambda: True)
    assert [measured.arm for measured in found] == arms[:2]  # the first remedy has its chance
    assert 0 < found[0].share < 1


def test_a_network_that_diverged_at_once_scores_zero() -> None:
    data = jr.load("digits")
    control = arm(data, optimizer=jr.SGD(learning_rate=1e6), network=(jr.Dense(8, "relu"),))
    trainee = Trainee(control, (0, 1), "accuracy")
    trainee.advance(1.0)
    assert trainee.has_ended
    measured = trainee.measure()
    assert (measured.scores == 0).all()
    assert measured.evidence.has_diverged


def test_a_bad_regression_counts_as_minus_one() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3)).astype(np.float32)
    data = jr.Data(x, x.sum(axis=1) * 1e3 + 1e5)
    trainee = Trainee(arm(data, scale_target=False, epochs=2), (0, 1), "r2")
    trainee.advance(1.0)
    assert (trainee.measure().scores == -1).all()


def test_going_on_from_a_state_is_as_if_it_had_never_stopped(iris: jr.Data) -> None:
    control = arm(iris)
    whole = Trainee(control, (7,), "accuracy")
    whole.advance(1.0)
    half = Trainee(control, (7,), "accuracy")
    half.advance(0.5)
    (again,) = restarted([control], (7,), "accuracy", half.member(0), half.done, half.chronicle(0))
    again.advance(1.0)
    assert np.array_equal(again.chronicle(0).steps, whole.chronicle(0).steps)
    assert again.chronicle(0).epochs == control.recipe.epochs


def test_what_can_not_go_on_starts_again(iris: jr.Data) -> None:
    control = arm(iris)
    half = Trainee(control, (7,), "accuracy")
    half.advance(0.5)
    other_optimizer = dataclasses.replace(
        control, recipe=dataclasses.replace(control.recipe, optimizer=jr.SGD())
    )
    wider = arm(iris, network=(jr.Dense(9, "tanh"),))
    slower = with_rate(control, 1e-4)
    found = restarted(
        [control, other_optimizer, wider, slower],
        (7,),
        "accuracy",
        half.member(0),
        half.done,
        half.chronicle(0),
    )
    assert [trainee.done for trainee in found] == [half.done, 0, 0, half.done]
