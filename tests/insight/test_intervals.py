"""Intervals: the rank by hand, and that they hold the stated share of errors not seen."""

from __future__ import annotations

import numpy as np
import pytest

from jaram.insight.intervals import SHARE, covered, half_widths


def test_it_is_the_right_one_of_the_sorted_errors() -> None:
    residuals = np.array([[3.0, -1.0], [-9.0, 0.5], [1.0, 0.25], [2.0, -7.0]])
    # ⌈5 · 0.8⌉ = 4: the largest of four.
    np.testing.assert_array_equal(half_widths(residuals), [9.0, 7.0])
    # ⌈5 · 0.5⌉ = 3: the third.
    np.testing.assert_array_equal(half_widths(residuals, 0.5), [3.0, 1.0])


def test_too_few_errors_make_no_interval() -> None:
    assert np.isinf(half_widths(np.zeros((3, 2)))).all()
    assert np.isinf(half_widths(np.zeros((0, 2)))).all()


@pytest.mark.parametrize("share", [0.5, SHARE, 0.9])
def test_it_holds_the_stated_share_of_errors_that_it_was_not_made_from(share: float) -> None:
    """Of exchangeable errors the mean share is ⌈(n + 1)·share⌉ / (n + 1), whatever their
    distribution; 3,000 draws know it to ±0.004."""
    rng = np.random.default_rng(0)
    n = 19
    found = [
        covered(rng.standard_t(2, (40, 2)), half_widths(rng.standard_t(2, (n, 2)), share))
        for _ in range(3000)
    ]
    assert np.mean(found) == pytest.approx(np.ceil((n + 1) * share) / (n + 1), abs=0.012)
