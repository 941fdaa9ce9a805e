"""Remedies that change how a network is trained, and what it is trained for."""

from __future__ import annotations

from typing import Any

import pytest
from remedied import completed, first, network_of, prescribed, ready

from jaram.objective.losses import Huber, MeanAbsoluteError
from jaram.objective.stopping import EarlyStopping
from jaram.optimizer.averaging import ExponentialAverage
from jaram.optimizer.optimizers import SGD, Adam, AdamW, Momentum
from jaram.optimizer.schedules import Cosine, StepDecay, WarmUp
from jaram.recipe import Recipe
from jaram.spec import words


def rates(name: str, optimizer: str) -> list[float]:
    """Learning rates in the order of the doses."""
    doses = prescribed(name, "classes", network="dense 8", optimizer=optimizer)
    return [dose.recipe.optimizer.learning_rate for dose in doses]


def test_rates_go_down_nearest_to_the_usual_first() -> None:
    assert rates("lower_learning_rate", "adam 0.01") == [0.001, 0.00333, 0.0001]
    assert rates("lower_learning_rate", "sgd 100") == [0.1, 1.0, 10.0, 33.3]
    assert rates("lower_learning_rate", "sgd 1 0.9") == [0.01, 0.1, 0.333]


def test_rates_go_up_nearest_to_the_usual_first() -> None:
    assert rates("raise_learning_rate", "adam 1e-8") == [1e-3, 1e-6, 1e-7, 3e-8]
    assert rates("raise_learning_rate", "lion 1e-5") == [1e-4, 3e-5, 1e-3]


def test_a_search_along_a_line_needs_no_rate() -> None:
    for name in ("lower_learning_rate", "warm_up", "schedule_learning_rate", "clip_gradients"):
        assert not prescribed(
            name, "classes", network="dense 8", optimizer="lbfgs", batch_size="full"
        )


def test_the_rate_falls_along_a_cosine_after_a_warm_up() -> None:
    assert first("schedule_learning_rate", "classes").schedule == Cosine()
    after = first("schedule_learning_rate", "classes", schedule="warm_up 0.2").schedule
    assert after == WarmUp(0.2, Cosine())
    assert not prescribed("schedule_learning_rate", "classes", schedule="one_cycle")


def test_a_warm_up_comes_before_the_schedule() -> None:
    assert first("warm_up", "classes", schedule="step 0.5 3").schedule == WarmUp(
        0.1, StepDecay(0.5, 3)
    )
    assert not prescribed("warm_up", "classes", schedule="plateau")


def test_momentum_comes_with_and_without_a_shorter_rate() -> None:
    doses = prescribed("add_momentum", "classes", optimizer="sgd 0.5")
    assert [dose.recipe.optimizer for dose in doses] == [SGD(0.5, 0.9), SGD(0.05, 0.9)]
    for optimizer in ("adam", "momentum", "sgd 0.1 0.95"):
        assert not prescribed("add_momentum", "classes", optimizer=optimizer)


def test_the_optimizer_becomes_adam() -> None:
    doses = prescribed("change_optimizer", "classes", optimizer="sgd 5")
    assert [dose.recipe.optimizer for dose in doses] == [Adam(0.001), Adam(0.01)]
    searched = first("change_optimizer", "classes", optimizer="lbfgs", batch_size="full")
    assert searched.batch_size == 16
    assert first("change_optimizer", "classes", optimizer="adam beta1=0.5").optimizer == Adam()
    assert not prescribed("change_optimizer", "classes", optimizer="adamw 0.1")


@pytest.mark.parametrize(
    ("name", "batch", "after"),
    [
        ("larger_batch", 1, [16]),
        ("larger_batch", 4, [16]),
        ("larger_batch", 16, []),
        ("larger_batch", "full", []),
        ("smaller_batch", "full", [16]),
        ("smaller_batch", 128, [16]),
        ("smaller_batch", 16, []),
    ],
)
def test_batches_of_160_examples(name: str, batch: Any, after: list[int]) -> None:
    doses = prescribed(name, "classes", batch_size=batch)
    assert [dose.recipe.batch_size for dose in doses] == after


def test_more_epochs_come_with_more_patience() -> None:
    doses = prescribed(
        "more_epochs", "classes", epochs=20, stop="early_stopping 4", schedule="step"
    )
    assert [dose.recipe.epochs for dose in doses] == [60, 200]
    assert doses[0].recipe.stop == EarlyStopping(12)
    assert doses[0].recipe.schedule == StepDecay(0.5, 30)


def test_early_stopping_needs_a_validation_part_and_epochs() -> None:
    recipe = first("stop_early", "classes", epochs=100, stop=None)
    assert recipe.stop == EarlyStopping(20)
    assert not prescribed("stop_early", "classes", epochs=100, stop=None, validation=0.0)
    assert not prescribed("stop_early", "classes", epochs=5, stop=None)


def test_gradients_are_clipped_harder() -> None:
    doses = prescribed("clip_gradients", "classes")
    assert [words(dose.recipe.clip) for dose in doses] == ["clip_norm", "clip_norm 0.1"]
    assert words(first("clip_gradients", "classes", clip="norm 5").clip) == "clip_norm 0.5"


def test_l2_suits_the_number_of_examples() -> None:
    doses = prescribed("add_l2", "numbers", network="dense 8 relu", penalties=("l1 0.1",))
    strengths = [words(dose.recipe.penalties[1]) for dose in doses]
    assert strengths == ["l2 0.062", "l2 0.0062", "l2 0.1"]
    stronger = prescribed("add_l2", "numbers", network="dense 8", penalties=("l2 0.02",))
    assert [dose.recipe.penalties[0].strength for dose in stronger] == [0.062, 0.1]


def test_regularisation_goes_or_shrinks() -> None:
    fields = {
        "network": "gaussian_noise 1, dense 8 relu, dropout 0.8",
        "penalties": ("l2 1", "max_norm 0.1"),
        "averaging": "ema 0.99",
        "optimizer": "adamw 0.001 0.5",
        "loss": "cross_entropy 0.2",
    }
    off, tenth = (dose.recipe for dose in prescribed("less_regularization", "classes", **fields))
    assert network_of(off) == "dense 8 relu, dense 3 softmax"
    assert (off.penalties, off.averaging, off.optimizer) == ((), None, AdamW(0.001, 0.0))
    assert words(off.loss) == "categorical_cross_entropy"
    assert network_of(tenth) == "gaussian_noise, dense 8 relu, dropout 0.08, dense 3 softmax"
    assert [words(one) for one in tenth.penalties or ()] == ["l2 0.1", "max_norm 1"]
    assert (tenth.averaging, tenth.optimizer) == (ExponentialAverage(0.9), AdamW(0.001, 0.05))
    assert words(tenth.loss) == "categorical_cross_entropy 0.02"


def test_dropout_on_the_answer_goes_too() -> None:
    recipe = first(
        "less_regularization", "classes", network="dense 3 softmax, dropout", output=None
    )
    assert network_of(recipe) == "dense 3 softmax"


def test_inputs_and_targets_are_scaled() -> None:
    assert first("scale_input", "classes", scale="none").scale == "standard"
    assert first("scale_target", "numbers", scale_target=False).scale_target
    assert not prescribed("scale_target", "classes", scale_target=False)


def test_classes_are_weighted_where_they_differ_in_size() -> None:
    assert first("class_weights", "uneven").class_weight == "balanced"
    assert not prescribed("class_weights", "numbers")


def answer(recipe: Recipe) -> str:
    """The network and the loss in words."""
    return f"{network_of(recipe)} | {words(recipe.loss)}"


@pytest.mark.parametrize(
    ("data", "network", "loss", "after"),
    [
        ("classes", "dense 3 softmax", "mse", "dense 3 softmax | categorical_cross_entropy"),
        ("classes", "dense 3 sigmoid", "bce", "dense 3 softmax | categorical_cross_entropy"),
        ("classes", "dense 1 sigmoid", "cce", "dense 3 softmax | categorical_cross_entropy"),
        ("classes", "dense 3 softmax", "hinge", "dense 3 softmax | categorical_cross_entropy"),
        ("two", "dense 1 sigmoid", "mse", "dense 1 sigmoid | binary_cross_entropy"),
        ("two", "dense 1 softmax", "cce", "dense 1 sigmoid | binary_cross_entropy"),
        ("two", "dense 2 softmax", "bce", "dense 2 softmax | categorical_cross_entropy"),
        ("two", "dense 1", "mae", "dense 1 sigmoid | binary_cross_entropy"),
        ("numbers", "dense 1", "bce", "dense 1 | mean_squared_error"),
        ("numbers", "dense 1 sigmoid", "cce", "dense 1 | mean_squared_error"),
        ("labels", "dense 3 softmax", "cce", "dense 3 sigmoid | binary_cross_entropy"),
    ],
)
def test_the_loss_is_corrected_with_its_output(
    data: str, network: str, loss: str, after: str
) -> None:
    recipe = first("correct_loss", data, network=network, output=None, loss=loss)
    assert answer(recipe) == after


@pytest.mark.parametrize(
    ("data", "network", "loss", "after"),
    [
        ("two", "dense 1 softmax", "bce", "dense 1 sigmoid | binary_cross_entropy"),
        ("two", "dense 1 relu", "bce", "dense 1 sigmoid | binary_cross_entropy"),
        ("two", "dense 2 relu", "cce", "dense 2 softmax | categorical_cross_entropy"),
        ("two", "dense 5 softmax", "cce", "dense 1 sigmoid | binary_cross_entropy"),
        ("two", "dense 1 sigmoid", "hinge", "dense 1 | hinge"),
        ("two", "dense 1, activation step", "mse", "dense 1 sigmoid | binary_cross_entropy"),
        ("classes", "dense 1", "mse", "dense 3 softmax | categorical_cross_entropy"),
        (
            "classes",
            "dense 9 softmax",
            "cce 0.1",
            "dense 3 softmax | categorical_cross_entropy 0.1",
        ),
        (
            "classes",
            "dense 9 relu",
            "cce",
            "dense 9 relu, dense 3 softmax | categorical_cross_entropy",
        ),
        ("classes", "maxout 3", "cce", "maxout 3, activation softmax | categorical_cross_entropy"),
        ("classes", "maxout 4", "cce", "maxout 4, dense 3 softmax | categorical_cross_entropy"),
        (
            "classes",
            "dense 3 softmax, dropout",
            "cce",
            "dense 3 softmax | categorical_cross_entropy",
        ),
        ("numbers", "dense 1 sigmoid", "huber", "dense 1 | huber"),
        ("numbers", "dense 1 relu", "mse", "dense 1 | mean_squared_error"),
        ("labels", "dense 3 softmax", "bce", "dense 3 sigmoid | binary_cross_entropy"),
    ],
)
def test_the_output_is_corrected_for_its_loss(
    data: str, network: str, loss: str, after: str
) -> None:
    recipe = first("correct_output", data, network=network, output=None, loss=loss)
    assert answer(recipe) == after


@pytest.mark.parametrize(
    ("network", "after"),
    [
        ("dense 3 softmax, dense 3 softmax", "dense 3 softmax"),
        ("dense 8 relu, dense 3 softmax, activation softmax", "dense 8 relu, dense 3 softmax"),
        (
            "dense 8 relu, dense 3 softmax, dropout 0.1, dense 3 softmax",
            "dense 8 relu, dropout 0.1, dense 3 softmax",
        ),
    ],
)
def test_a_doubled_output_goes(network: str, after: str) -> None:
    recipe = first("correct_output", "classes", network=network, output=None, loss="cce")
    assert network_of(recipe) == after


@pytest.mark.parametrize(
    ("data", "network", "loss"),
    [
        ("two", "dense 1 sigmoid", "bce"),
        ("two", "dense 2 softmax", "cce"),
        ("two", "dense 1", "hinge"),
        ("classes", "dense 3 softmax", "cce"),
        ("numbers", "dense 1", "mae"),
        ("labels", "dense 3 sigmoid", "bce"),
    ],
)
def test_a_proper_pair_is_left_alone(data: str, network: str, loss: str) -> None:
    for name in ("correct_loss", "correct_output"):
        assert not prescribed(name, data, network=network, output=None, loss=loss)


def test_a_loss_of_the_task_stays() -> None:
    recipe = first("correct_output", "numbers", network="dense 1 tanh", output=None, loss="mae")
    assert recipe.loss == MeanAbsoluteError()
    assert first(
        "correct_output", "numbers", network="dense 1 tanh", output=None, loss="huber 2"
    ).loss == Huber(2.0)


def test_momentum_of_the_optimizer_sets_its_usual_rate() -> None:
    from jaram.doctor.remedies.rates import usual_rate

    assert usual_rate(SGD(1.0)) == 0.1
    assert usual_rate(SGD(1.0, 0.9)) == usual_rate(Momentum(1.0)) == 0.01
    assert usual_rate(Adam(1.0)) == 0.001


def test_the_treated_recipe_is_the_same_training_otherwise() -> None:
    recipe = completed("classes", network="dense 8 relu", optimizer="sgd 1", seed=3, order_seed=5)
    after = first("lower_learning_rate", "classes", recipe)
    assert (after.seed, after.order_seed, after.network) == (3, 5, recipe.network)
    assert ready("classes", after) is ready("classes", recipe)
