"""Made-up series: their answers follow from their steps, and their lengths and seeds are asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.data.synthetic_series import SERIES_PROBLEMS


def arrays(name: str, **asked: Any) -> tuple[Any, Any]:
    data = jr.load(name, **asked)
    assert data.x is not None and data.name == name
    return data.x, data.y


def test_the_sum_of_the_two_marked_numbers_is_asked_for() -> None:
    x, y = arrays("adding_problem", n=400, length=30)
    assert x.shape == (400, 30, 2)
    np.testing.assert_allclose(np.sum(x[..., 0] * x[..., 1], axis=1), y, rtol=1e-5)
    halves = x[:, :15, 1].sum(axis=1), x[:, 15:, 1].sum(axis=1)
    assert all((half == 1).all() for half in halves)
    assert abs(np.var(y) - 1 / 6) < 0.02  # the sum of two uniform numbers


def test_the_marked_symbol_is_asked_for() -> None:
    x, y = arrays("recall_task", n=300, length=21)
    assert x.shape == (300, 21, 5)
    assert (x[..., :4].sum(axis=2) == 1).all()
    marked = x[..., 4].argmax(axis=1)
    assert (x[..., 4].sum(axis=1) == 1).all() and (marked < 10).all()
    assert (x[np.arange(300), marked, :4].argmax(axis=1) == y).all()
    assert np.bincount(y).min() > 50


def test_whether_both_neighbours_have_one_sign_is_asked_for() -> None:
    data = jr.load("neighbours", n=200, length=9)
    assert data.task.kind == "tagging" and data.x is not None
    x, y = data.x[..., 0], data.y
    assert (y[:, [0, -1]] == -1).all()
    for step in range(1, 8):
        assert (y[:, step] == ((x[:, step - 1] > 0) == (x[:, step + 1] > 0))).all()


def test_symbols_are_copied_in_their_order_after_the_cue() -> None:
    x, y = arrays("copy_task", n=100, length=15)
    assert (x[:, :3, :4].argmax(axis=2) == y[:, -3:]).all() and (x[:, :3].sum(axis=2) == 1).all()
    assert (y[:, :-3] == -1).all()
    assert (x[:, 3:, :4] == 0).all()
    assert (x[..., 4] == np.r_[np.zeros(12), np.ones(3)]).all()


@pytest.mark.parametrize("name", SERIES_PROBLEMS)
def test_number_length_and_seed_are_asked(name: str) -> None:
    x, _ = arrays(name)
    assert x.shape[:2] == (500, 50)
    same, other = arrays(name, n=20, seed=1)[0], arrays(name, n=20, seed=2)[0]
    assert np.array_equal(same, arrays(name, n=20, seed=1)[0])
    assert not np.array_equal(same, other)


@pytest.mark.parametrize("length", [1, 0, -3, 2.5, True])
def test_a_length_that_is_none_is_an_error(length: Any) -> None:
    with pytest.raises(jr.DataError, match=r"length.* must be a whole number"):
        jr.load("adding_problem", length=length)
