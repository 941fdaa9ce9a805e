"""The pre-flight's statistics against slow, obvious computations."""

from __future__ import annotations

import numpy as np
import pytest
from seeded import inputs, labels

from jaram.doctor.preflight.statistics import (
    chance_of_equal_rows,
    class_gap,
    determination,
    one_column_errors,
    row_hashes,
    spread_rows,
)


@pytest.mark.parametrize(("n", "at_most"), [(0, 5), (3, 5), (5, 5), (1000, 7), (2_000_000, 5000)])
def test_spread_rows_are_distinct_ascending_and_everywhere(n: int, at_most: int) -> None:
    rows = spread_rows(n, at_most)
    assert len(rows) == min(n, at_most)
    assert np.all(np.diff(rows) > 0)
    if n > at_most:
        assert np.all(rows * at_most // n == np.arange(at_most))


def test_hashes_are_equal_exactly_where_rows_are() -> None:
    x = np.random.default_rng(0).integers(0, 4, (3000, 5)).astype(np.float32)
    hashes = row_hashes(x)
    _, by_rows = np.unique(x, axis=0, return_inverse=True)
    _, by_hashes = np.unique(hashes, return_inverse=True)
    pairs = set(zip(by_rows.ravel().tolist(), by_hashes.ravel().tolist(), strict=True))
    assert len(pairs) == by_rows.max() + 1 == by_hashes.max() + 1


def test_hashes_do_not_depend_on_the_rows_around() -> None:
    x = inputs(3000, 7).astype(np.float32)
    assert np.array_equal(row_hashes(x)[1500:1600], row_hashes(x[1500:1600]))


def test_the_order_of_a_row_matters_to_its_hash() -> None:
    x = np.array([[1, 2], [2, 1]], np.float32)
    assert len(set(row_hashes(x).tolist())) == 2


def test_chance_of_equal_rows_agrees_with_counting_pairs() -> None:
    x = np.random.default_rng(0).integers(0, 3, (2000, 3)).astype(float)
    equal = np.mean([np.all(x == row, axis=1).mean() for row in x[:500]])
    assert chance_of_equal_rows(x) == pytest.approx(equal, rel=0.1)  # 500 rows of sampling noise


def test_a_copy_has_no_errors_and_noise_has_many() -> None:
    y = labels(inputs(400), 2)
    x = np.column_stack([y, -3.0 * y, y + 0.3 * inputs(400)[:, 0].clip(-1, 1), inputs(400)[:, 4]])
    errors = one_column_errors(x, y, 2)
    assert np.all(errors[:3] == 0)
    assert errors[3] == pytest.approx(0.25, abs=0.05)  # half of 1 - Σp², as noise must


def test_impure_values_count_as_errors() -> None:
    column = np.repeat([0.0, 1.0], 100)[:, None]
    y = np.repeat([0, 1], 100)
    y[:7] = 1
    assert one_column_errors(column, y, 2)[0] == pytest.approx(7 / 200)


def test_determination_is_the_square_of_the_correlation() -> None:
    x, y = inputs(300, 4), inputs(300, 1, seed=3)[:, 0]
    expected = [np.corrcoef(x[:, j], y)[0, 1] ** 2 for j in range(4)]
    assert determination(x, y) == pytest.approx(expected)
    assert determination(np.ones((300, 1)), y)[0] == 0


def test_class_gap_is_the_share_of_variance_between_classes() -> None:
    y = labels(inputs(300))
    column = inputs(300)[:, 3] + y
    means = np.array([column[y == c].mean() for c in range(3)])[y]
    assert class_gap(column, y, 3) == pytest.approx(means.var() / column.var())
