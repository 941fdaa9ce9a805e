"""The fit of a power law against laws that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaram.growth.power_law import fitted

ROWS = np.array([50.0, 100, 200, 400, 800, 1600])


@given(
    floor=st.floats(0, 0.3),
    first=st.floats(0.05, 0.7),
    exponent=st.floats(0.1, 1.8),
)
def test_a_law_without_noise_is_found(floor: float, first: float, exponent: float) -> None:
    """Exponents are tried at steps of 1.2%, so the curve may miss by a tenth of a point."""
    errors = floor + first * (ROWS / ROWS[0]) ** -exponent
    law = fitted(ROWS, np.stack([errors, errors]), bootstraps=2)
    assert law is not None
    assert law.exponent == pytest.approx(exponent, rel=0.013)
    np.testing.assert_allclose(law.at(ROWS), errors, atol=0.001)


def test_the_interval_holds_the_exponent_about_as_often_as_it_says() -> None:
    """Of 100 noisy laws: 95% by name; with eight seeds a percentile bootstrap keeps 85% or more."""
    rng = np.random.default_rng(0)
    truth = 0.05 + 0.1 * (ROWS / ROWS[-1]) ** -0.6
    held = doubled = 0
    for _ in range(100):
        errors = truth + rng.normal(0, 0.1, (8, 6)) * truth
        law = fitted(ROWS, errors, bootstraps=200)
        assert law is not None
        low, high = law.exponent_interval
        held += low <= 0.6 <= high
        gain, low, high = law.saved(1600, 2)
        assert low <= gain <= high
        doubled += low <= 0.1 * (1 - 2**-0.6) <= high
    assert held >= 85
    assert doubled >= 85


def test_least_squares_agrees_with_scipy() -> None:
    from scipy.optimize import least_squares

    rng = np.random.default_rng(3)
    errors = 0.1 + 0.2 * (ROWS / ROWS[-1]) ** -0.5 + rng.normal(0, 0.005, (1, 6))
    law = fitted(ROWS, errors)
    assert law is not None

    def missed(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return np.asarray(values[0] + values[1] * (ROWS / ROWS[-1]) ** -values[2] - errors[0])

    best = least_squares(missed, [0.1, 0.2, 0.5], bounds=([0, 0, 0.05], [1, 1, 2]))
    own = np.sum(missed(np.array([law.floor, law.slope, law.exponent])) ** 2)
    assert own == pytest.approx(2 * best.cost, rel=0.01)


def test_a_flat_curve_has_nothing_to_gain() -> None:
    errors = np.full((4, 6), 0.2)
    law = fitted(ROWS, errors)
    assert law is not None
    assert law.saved(1600, 2)[0] == pytest.approx(0, abs=1e-9)
    assert law.floor == pytest.approx(0.2)


def test_one_seed_has_no_interval_and_two_sizes_no_law() -> None:
    errors = 0.1 + 0.2 * (ROWS / ROWS[-1]) ** -0.5
    law = fitted(ROWS, errors[None])
    assert law is not None
    assert law.exponent_interval == (-np.inf, np.inf)
    assert fitted(ROWS[:2], errors[None, :2]) is None
