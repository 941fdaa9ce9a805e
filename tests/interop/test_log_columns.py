"""What columns mean, by the names that tools and people give them."""

from __future__ import annotations

import re

import pytest

from jaram.errors import DataError, UsageError
from jaram.interop.columns import ROLES, recognise

TOOLS = {
    "keras": (
        "epoch accuracy loss val_accuracy val_loss learning_rate",
        {
            "train/loss": "loss",
            "valid/loss": "val_loss",
            "train/accuracy": "accuracy",
            "valid/accuracy": "val_accuracy",
            "learning_rate": "learning_rate",
            "epoch": "epoch",
        },
    ),
    "lightning": (
        "epoch lr-Adam step test_loss train_loss_epoch train_loss_step val_acc val_loss",
        {
            "train/loss": "train_loss_epoch",
            "valid/loss": "val_loss",
            "valid/accuracy": "val_acc",
            "learning_rate": "lr-Adam",
            "epoch": "epoch",
            "step": "step",
        },
    ),
    "fastai": (
        "epoch train_loss valid_loss accuracy time",
        {
            "train/loss": "train_loss",
            "valid/loss": "valid_loss",
            "valid/accuracy": "accuracy",
            "epoch": "epoch",
        },
    ),
    "hugging_face": (
        "epoch step loss grad_norm learning_rate eval_loss eval_accuracy eval_runtime",
        {
            "train/loss": "loss",
            "valid/loss": "eval_loss",
            "valid/accuracy": "eval_accuracy",
            "learning_rate": "learning_rate",
            "epoch": "epoch",
            "step": "step",
        },
    ),
    "wandb": (
        "_step _runtime train/loss eval/loss train/epoch train/learning_rate eval/accuracy",
        {
            "train/loss": "train/loss",
            "valid/loss": "eval/loss",
            "valid/accuracy": "eval/accuracy",
            "learning_rate": "train/learning_rate",
            "epoch": "train/epoch",
            "step": "_step",
        },
    ),
    "jaram": (
        "epoch seconds learning_rate train/loss train/accuracy train/balanced_accuracy train/f1 "
        "valid/loss valid/accuracy valid/balanced_accuracy valid/f1",
        {
            "train/loss": "train/loss",
            "valid/loss": "valid/loss",
            "train/accuracy": "train/accuracy",
            "valid/accuracy": "valid/accuracy",
            "learning_rate": "learning_rate",
            "epoch": "epoch",
        },
    ),
    "camel": (
        "trainLoss valLoss trainAcc valAcc",
        {
            "train/loss": "trainLoss",
            "valid/loss": "valLoss",
            "train/accuracy": "trainAcc",
            "valid/accuracy": "valAcc",
        },
    ),
    "together": ("trloss devloss", {"train/loss": "trloss", "valid/loss": "devloss"}),
    "korean": (
        "에폭 학습손실 검증_손실 검증_정확도 학습률",
        {
            "train/loss": "학습손실",
            "valid/loss": "검증_손실",
            "valid/accuracy": "검증_정확도",
            "learning_rate": "학습률",
            "epoch": "에폭",
        },
    ),
    "test_part_only": (
        "Loss/train Loss/test",
        {"train/loss": "Loss/train", "valid/loss": "Loss/test"},
    ),
    "regression": (
        "loss mae val_loss val_mae r2_score val_r2_score",
        {
            "train/loss": "loss",
            "valid/loss": "val_loss",
            "train/r2": "r2_score",
            "valid/r2": "val_r2_score",
        },
    ),
    "boosting": (
        "train-logloss validation_0-logloss",
        {"train/loss": "train-logloss", "valid/loss": "validation_0-logloss"},
    ),
    "parts_alone": ("train val", {"train/loss": "train", "valid/loss": "val"}),
    "other_things": (
        "best_val_loss loss_scale train_loss val_loss grad_norm lr_scale",
        {"train/loss": "train_loss", "valid/loss": "val_loss"},
    ),
    "metric_of_keras": (
        "sparse_categorical_accuracy loss val_sparse_categorical_accuracy val_loss top5_accuracy",
        {
            "train/loss": "loss",
            "valid/loss": "val_loss",
            "train/accuracy": "sparse_categorical_accuracy",
            "valid/accuracy": "val_sparse_categorical_accuracy",
        },
    ),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_names_are_recognised(tool: str) -> None:
    names, expected = TOOLS[tool]
    assert recognise(names.split()) == expected


def test_a_run_of_an_experiment_tracker_with_its_bounds() -> None:
    names = ["Step", "calm-1 - train/loss", "calm-1 - train/loss__MIN", "calm-1 - train/loss__MAX"]
    assert recognise(names) == {"step": "Step", "train/loss": "calm-1 - train/loss"}


@pytest.mark.parametrize("names", [["x", "y"], ["accuracy"], ["epoch", "reward"], []])
def test_where_there_is_no_loss_none_is_found(names: list[str]) -> None:
    assert not any(role.endswith("/loss") for role in recognise(names))


def test_losses_that_are_equally_likely_are_asked_for() -> None:
    names = ["train/box_loss", "train/class_loss", "val/box_loss"]
    with pytest.raises(DataError, match=re.escape("(train/box_loss, train/class_loss)")):
        recognise(names)
    given = {"train/loss": "train/box_loss"}
    assert recognise(names, given) == given | {"valid/loss": "val/box_loss"}


def test_scores_that_are_equally_likely_are_left_unknown() -> None:
    names = ["loss", "acc_of_cats", "acc_of_dogs"]
    assert recognise(names) == {"train/loss": "loss"}


def test_what_the_user_says_counts() -> None:
    given = {"valid/loss": "b", "epoch": "loss"}
    assert recognise(["a", "b", "loss", "train_loss"], given) == given | {
        "train/loss": "train_loss"
    }


def test_a_role_that_there_is_not() -> None:
    with pytest.raises(UsageError, match=r"'train/los'\. Did you mean 'train/loss'\?") as told:
        recognise(["a"], {"train/los": "a"})
    assert all(role in str(told.value) for role in ROLES)


def test_a_column_that_there_is_not() -> None:
    with pytest.raises(DataError, match=r"no column 'a_lost'\. Did you mean 'a_loss'\?"):
        recognise(["a_loss"], {"train/loss": "a_lost"})
