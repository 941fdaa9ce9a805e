"""The table task → loss → output activation."""

from __future__ import annotations

from typing import get_args

import pytest

import jaram.network
from jaram.data.task import Task, TaskKind
from jaram.objective.losses import Hinge, PerceptronLoss
from jaram.objective.table import default_loss, default_output, is_pair, pairings, table
from jaram.spec import name_of, registered

assert jaram.network  # defines the activations

KINDS: tuple[TaskKind, ...] = get_args(TaskKind)


@pytest.mark.parametrize("kind", KINDS)
def test_each_task_has_one_default_which_comes_first(kind: TaskKind) -> None:
    rows = [row for row in pairings() if row.task == kind]
    assert [row.default for row in rows] == [True] + [False] * (len(rows) - 1)
    assert rows[0].loss == name_of(default_loss(kind))
    assert kind in type(default_loss(kind)).tasks


def test_holds_every_loss_and_only_known_activations() -> None:
    rows = pairings()
    assert {row.loss for row in rows} == set(registered("loss"))
    assert {row.activation for row in rows} <= set(registered("activation"))


@pytest.mark.parametrize(
    ("task", "units", "activation"),
    [
        (Task("regression", (), 2), 2, "identity"),
        (Task("binary", ("no", "yes"), 1), 1, "sigmoid"),
        (Task("multiclass", ("a", "b", "c"), 3), 3, "softmax"),
        (Task("multilabel", ("a", "b"), 2), 2, "sigmoid"),
    ],
)
def test_default_output(task: Task, units: int, activation: str) -> None:
    layer = default_output(task)
    assert layer.units == units
    assert name_of(layer.activation) == activation
    assert is_pair(default_loss(task.kind), layer.activation)


def test_the_output_follows_the_loss() -> None:
    task = Task("binary", ("no", "yes"), 1)
    assert name_of(default_output(task, PerceptronLoss()).activation) == "step"
    assert name_of(default_output(task, Hinge()).activation) == "identity"


def test_is_written_in_both_languages() -> None:
    english, korean = table("en"), table("ko")
    assert "| regression: numbers | **`mean_squared_error`** | `identity` |" in english
    assert "출력 활성화 함수" in korean
    assert len(english.splitlines()) == len(korean.splitlines()) == len(pairings()) + 2
