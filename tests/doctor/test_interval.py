"""Intervals of paired differences, against SciPy and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaram.doctor.interval import Scale, paired_gain


@settings(deadline=None)  # the first example imports SciPy
@given(seed=st.integers(0, 1000), pairs=st.integers(2, 20))
def test_one_comparison_is_students_paired_interval(seed: int, pairs: int) -> None:
    from scipy import stats

    rng = np.random.default_rng(seed)
    control, treated = rng.normal(size=(2, pairs))
    gain = paired_gain(control, treated)
    expected = stats.ttest_rel(treated, control).confidence_interval(0.95)
    assert gain.mean == pytest.approx(float(np.mean(treated - control)))
    assert gain.low == pytest.approx(float(expected.low))
    assert gain.high == pytest.approx(float(expected.high))


def test_more_comparisons_widen_the_interval_as_bonferroni_says() -> None:
    from scipy import stats

    rng = np.random.default_rng(0)
    control, treated = rng.normal(size=(2, 6))
    expected = stats.ttest_rel(treated, control).confidence_interval(1 - 0.05 / 7)
    gain = paired_gain(control, treated, comparisons=7)
    assert (gain.low, gain.high) == pytest.approx((float(expected.low), float(expected.high)))


def test_all_of_several_intervals_hold_the_truth_together_in_95_of_100_trials() -> None:
    rng = np.random.default_rng(1)
    trials, comparisons, missed = 2000, 8, 0
    for _ in range(trials):
        control = rng.normal(size=5)
        gains = [
            paired_gain(control, control + rng.normal(size=5), comparisons)
            for _ in range(comparisons)
        ]
        missed += any(not gain.low <= 0 <= gain.high for gain in gains)
    assert missed / trials < 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5


def test_one_pair_says_nothing() -> None:
    gain = paired_gain(np.array([0.2]), np.array([0.9]))
    assert gain.mean == pytest.approx(0.7)
    assert not gain.is_positive
    assert gain.low == -np.inf


def test_an_equal_gain_at_every_seed_is_certain_of_the_seeds() -> None:
    gain = paired_gain(np.array([0.5, 0.6, 0.7]), np.array([0.7, 0.8, 0.9]))
    assert gain.is_positive
    assert gain.low == pytest.approx(0.2)


def test_seeds_that_agree_to_the_row_are_no_surer_than_the_rows_allow() -> None:
    control, treated = np.array([0.5, 0.5]), np.array([0.6, 0.6])
    assert paired_gain(control, treated).low == pytest.approx(0.1)
    few, many = (paired_gain(control, treated, scale=Scale(rows=rows)) for rows in (20, 2000))
    assert not few.is_positive and many.is_positive
    # Two shares of 20 rows, each rounded to a whole row: uniform on 1/20, variance 1/12 of that².
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 200_000))
    rounded = np.round(20 * a) / 20 - np.round(20 * b) / 20
    assert np.std(rounded - (a - b)) == pytest.approx(Scale(rows=20).rounding, rel=0.01)


def test_an_interval_ends_where_no_score_can_lie() -> None:
    control, treated = np.array([0.4, 0.6]), np.array([0.9, 0.7])
    gain = paired_gain(control, treated, scale=Scale(0.0, 1.0, 50))
    assert (gain.low, gain.high) == pytest.approx((-0.5, 0.5))


def test_an_interval_holds_its_own_mean_where_all_scores_are_perfect() -> None:
    control = np.array([0.9625, 0.9624999, 0.9625001])
    gain = paired_gain(control, np.ones(3), scale=Scale(best=1.0 - 1e-9))
    assert gain.low <= gain.mean <= gain.high
