"""Scaling against scikit-learn's, and its limiting cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jaram import data as jd
from jaram.data.scaling import SCALE_KINDS, Moments, ScaleKind, fit_scaling, scaled


@pytest.mark.parametrize("kind", ["standard", "minmax", "robust"])
@settings(max_examples=40, deadline=None)
@given(
    x=arrays(
        np.float64,
        st.tuples(st.integers(2, 30), st.integers(1, 4)),
        elements=st.integers(-10_000, 10_000).map(lambda value: value / 8),
    )
)
def test_agrees_with_scikit_learn(kind: ScaleKind, x: np.ndarray) -> None:
    from sklearn import preprocessing

    scaler = {
        "standard": preprocessing.StandardScaler,
        "minmax": preprocessing.MinMaxScaler,
        "robust": preprocessing.RobustScaler,
    }[kind]()
    ours = scaled(x, *fit_scaling(x, kind))
    theirs = scaler.fit_transform(x)
    # Where the quartiles coincide we divide by the standard deviation, scikit-learn by 1.
    low, high = np.quantile(x, (0.25, 0.75), axis=0)
    same = np.ones(x.shape[1], bool) if kind != "robust" else high > low
    np.testing.assert_allclose(ours[:, same], theirs[:, same], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", SCALE_KINDS)
def test_constant_column_has_scale_one(kind: ScaleKind) -> None:
    x = np.full((7, 1), 0.1)
    center, scale, fill = fit_scaling(x, kind)
    assert scale[0] == 1.0
    assert scaled(x, center, scale, fill)[0, 0] == pytest.approx(0.1 if kind == "none" else 0.0)


@pytest.mark.parametrize("kind", SCALE_KINDS)
def test_missing_values_are_filled_and_do_not_count(kind: ScaleKind) -> None:
    x = np.array([[1.0], [np.nan], [3.0]])
    center, scale, fill = fit_scaling(x, kind)
    assert fill[0] == 2.0
    assert np.isfinite(scaled(x, center, scale, fill)).all()
    empty = fit_scaling(np.full((3, 1), np.nan), kind)
    assert scaled(np.full((3, 1), np.nan), *empty).tolist() == [[0.0]] * 3


def test_rows_are_picked_and_channels_pooled() -> None:
    x = np.arange(24.0).reshape(4, 3, 2)
    rows = np.array([0, 2])
    moments = Moments(x, rows)
    assert moments.mean.tolist() == x[rows].reshape(-1, 2).mean(axis=0).tolist()
    np.testing.assert_allclose(moments.std(), x[rows].reshape(-1, 2).std(axis=0))


def test_numbers_near_the_end_of_float64_stay_finite() -> None:
    x = np.array([[1e300], [-1e300], [5e299]])
    for kind in ("standard", "minmax", "robust"):
        assert np.isfinite(scaled(x, *fit_scaling(x, kind))).all()


def test_time_stamps_keep_their_digits() -> None:
    x = 1.7e9 + np.arange(100.0)[:, np.newaxis]
    y = (np.arange(100) % 2).astype(int)
    prepared = jd.prepare(jd.Data(x, y), jd.PrepareOptions(validation=0.0))
    assert np.unique(prepared.train.x).size == 100


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_bytes_are_counted_and_looked_up_to_the_same_bits(channels: int) -> None:
    x = np.random.default_rng(channels).integers(3, 250, (70, 9, channels), dtype=np.uint8)
    x[..., 0] = 7
    rows = np.arange(0, 70, 3)
    found, known = Moments(x, rows), Moments(x.astype(np.float64), rows)
    for name in ("count", "mean", "low", "high"):
        np.testing.assert_array_equal(getattr(found, name), getattr(known, name))
    np.testing.assert_array_equal(found.std(), known.std())
    fitted = fit_scaling(x, "standard", rows)
    np.testing.assert_array_equal(scaled(x, *fitted), scaled(x.astype(np.float64), *fitted))
