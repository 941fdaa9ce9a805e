"""What a curve tells, on curves whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from courses import noise, settled, time
from hypothesis import given
from hypothesis import strategies as st

from jaram.doctor import signals


def test_the_curve_ends_before_what_is_not_finite() -> None:
    assert signals.finite(np.array([2.0, 1.0, np.nan, 0.5])).tolist() == [2.0, 1.0]
    assert not len(signals.finite(np.array([np.inf])))


@pytest.mark.parametrize("width", [0.01, 0.3])
def test_noise_is_found_around_any_smooth_course(width: float) -> None:
    course = 3 * np.exp(-4 * time(400)) + time(400)
    assert signals.noise(course + noise(400, width)) == pytest.approx(width, rel=0.2)
    assert signals.noise(course) < 0.001


def test_the_second_half_of_a_straight_line_makes_half_of_its_progress() -> None:
    line = 1 - 0.8 * time(101)
    assert signals.last_doubling(line, 1.0) == pytest.approx(0.5, abs=0.03)
    assert signals.straightness(line) == pytest.approx(1.0)
    assert signals.linearity(line) == pytest.approx(1.0)


def test_a_finished_course_makes_none_there() -> None:
    assert signals.last_doubling(settled(), 2.1) == pytest.approx(0.0, abs=0.03)
    assert signals.straightness(settled()) < 0.1


def test_a_rise_is_counted_from_the_lowest_level() -> None:
    curve = np.concatenate([1 - time(200), time(200)])
    assert signals.rise(curve) == pytest.approx(0.85, abs=0.01)  # levels are means over a tenth
    assert signals.rise(1 - time(20)) == pytest.approx(0.0, abs=1e-12)


def test_the_nearest_course_that_never_rises_agrees_with_scikit_learn() -> None:
    isotonic = pytest.importorskip("sklearn.isotonic").IsotonicRegression(increasing=False)
    curve = settled() + noise(50, 0.2, seed=3)
    assert np.allclose(signals.never_rising(curve), isotonic.fit_transform(time(), curve))


def test_neither_a_fall_nor_a_rise_nor_a_lone_jump_is_a_swing() -> None:
    late_fall = 0.1 + 0.6 / (1 + np.exp(30 * (time() - 0.8)))
    jump = np.full(50, 0.5)
    jump[40] = 3.0
    for curve in (late_fall, 1 + time(), np.exp(-5 * time()), jump):
        assert signals.swing_width(curve) < 0.02


def test_the_width_of_noise_is_four_deviations() -> None:
    curve = 1 - 0.2 * time(2000) + noise(2000, 0.1)
    assert signals.swing_width(curve) == pytest.approx(0.4, rel=0.1)


def test_restlessness_is_a_share_of_what_is_left() -> None:
    curve = np.tile([0.01, 0.03], 20)
    assert signals.restlessness(curve) == pytest.approx(1.0)
    assert signals.restlessness(np.full(9, 0.5)) == 0.0


def test_jumps_are_those_above_noise_and_above_what_matters() -> None:
    curve = settled()
    curve[30] += 1.0
    assert signals.jumps(curve, 0.5, 8.0).tolist() == [30]
    assert not len(signals.jumps(curve, 1.5, 8.0))
    assert not len(signals.jumps(settled(), 0.0, 8.0))


def test_it_is_told_when_nothing_happened_any_more() -> None:
    assert signals.settled(settled(200), 2.1) == pytest.approx(0.4, abs=0.1)
    assert signals.settled(1 - time(200), 1.0) > 0.9


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_short_curves_have_no_swings_and_raise_nothing(count: int) -> None:
    curve = np.linspace(2.0, 1.0, count)
    assert signals.swing_width(curve) == pytest.approx(0.0, abs=1e-12)
    assert signals.progress(curve, 2.0) >= 0.0
    assert signals.rise(curve) == 0.0
    assert signals.noise(curve) == 0.0
    assert signals.restlessness(curve) >= 0.0


curves = st.lists(st.floats(0.01, 10.0), min_size=4, max_size=60).map(np.array)


@given(curves, st.floats(1e-3, 1e3))
def test_shares_do_not_know_the_unit_of_the_loss(curve: np.ndarray, unit: float) -> None:
    start = float(curve[0])
    for share in (signals.last_doubling, signals.settled):
        assert share(curve * unit, start * unit) == pytest.approx(share(curve, start), rel=1e-6)
    for width in (signals.swing_width, signals.noise, signals.rise):
        assert width(curve * unit) == pytest.approx(unit * width(curve), rel=1e-6, abs=1e-9)
    assert signals.straightness(curve * unit) == pytest.approx(signals.straightness(curve))
