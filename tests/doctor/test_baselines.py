"""The simple models against scikit-learn's, and the reference against what is known of the data."""

import gc

import numpy as np
import pytest

from jaram.data.data import Data
from jaram.data.load import load
from jaram.data.options import PrepareOptions
from jaram.data.prepare import Prepared, prepare
from jaram.doctor import baselines
from jaram.doctor import simple_models as models
from jaram.doctor.baselines import judged, panel, reference


def made(n: int = 120, d: int = 6, k: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * rng.uniform(0.5, 2, d) + 3
    return x, x @ rng.normal(size=(d, k)) + np.sin(x[:, :1]) + 0.3 * rng.normal(size=(n, k))


def data_of(x: np.ndarray, y: np.ndarray, **options: object) -> Prepared:
    return prepare(Data(x, y), PrepareOptions(**options))  # type: ignore[arg-type]


def strengths(x: np.ndarray) -> np.ndarray:
    """The strengths that are tried for these inputs."""
    values = np.linalg.eigvalsh(np.cov(x.T, bias=True) * len(x))
    return models.STRENGTHS * values[values > 1e-12 * values.max()].mean()


@pytest.mark.parametrize(("n", "d"), [(120, 6), (40, 90)])
def test_the_linear_model_is_the_ridge_regression_of_scikit_learn(n: int, d: int) -> None:
    from sklearn.linear_model import RidgeCV

    x, y = made(n, d)
    theirs = RidgeCV(alphas=strengths(x), fit_intercept=False).fit(x - x.mean(0), y - y.mean(0))
    fresh = made(30, d, seed=1)[0]
    answers = theirs.predict(fresh - x.mean(0)) + y.mean(0)
    np.testing.assert_allclose(models.linear(x, y)(fresh), answers, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("n", "d"), [(25, 4), (15, 30)])
def test_left_out_answers_of_the_linear_model_are_those_of_fits_without_the_row(
    n: int, d: int
) -> None:
    from sklearn.linear_model import Ridge, RidgeCV

    x, y = made(n, d)
    left_out = models.linear(x, y).left_out - y.mean(0)
    allowed = strengths(x)
    x, y = x - x.mean(0), y - y.mean(0)
    chosen = RidgeCV(alphas=allowed, fit_intercept=False).fit(x, y).alpha_
    for i in range(n):
        rest = np.arange(n) != i
        fitted = Ridge(alpha=chosen, fit_intercept=False).fit(x[rest], y[rest])
        answer = fitted.predict(x[i : i + 1])[0]
        np.testing.assert_allclose(left_out[i], answer, rtol=1e-4, atol=1e-8)


def test_neighbours_are_those_of_scikit_learn() -> None:
    from sklearn.neighbors import KNeighborsRegressor

    x, y = made()
    fresh = made(30, seed=1)[0]
    theirs = KNeighborsRegressor(5).fit(x, y)
    np.testing.assert_allclose(
        models.neighbours(models.squared_distances(fresh, x), y), theirs.predict(fresh)
    )
    own = models.neighbours(models.squared_distances(x, x), y, own=True)
    np.testing.assert_allclose(own, theirs.predict(None))  # None: each row without itself


def test_the_kernel_model_is_the_kernel_ridge_regression_of_scikit_learn() -> None:
    from sklearn.kernel_ridge import KernelRidge

    x, y = made()
    distances = models.squared_distances(x, x)
    ours = models.kernel(distances, y)
    theirs = KernelRidge(alpha=ours.noise, kernel="rbf", gamma=1 / (2 * ours.width**2))
    theirs.fit(x, y - y.mean(axis=0))
    fresh = made(30, seed=1)[0]
    np.testing.assert_allclose(
        ours(models.squared_distances(fresh, x)), theirs.predict(fresh) + y.mean(axis=0), rtol=1e-6
    )
    left_out = ours.left_out(y)
    for i in range(0, len(x), 17):
        rest = np.arange(len(x)) != i
        theirs.fit(x[rest], (y - y.mean(axis=0))[rest])
        np.testing.assert_allclose(
            left_out[i], theirs.predict(x[i : i + 1])[0] + y.mean(axis=0), rtol=1e-5
        )


def test_the_discriminant_of_fitted_values_is_linear_discriminant_analysis() -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    x = rng.normal(size=(300, 2)) + np.array([[-3, 0], [0, 0.5], [3, 0]])[labels]
    design = np.column_stack([x, np.ones(300)])
    fitted = design @ np.linalg.lstsq(design, np.eye(3)[labels], rcond=None)[0]
    found = models.discriminant(fitted, np.eye(3)[labels])
    assert found is not None
    ours = found(fitted)
    theirs = LinearDiscriminantAnalysis().fit(x, labels).predict(x)
    assert np.mean(ours == theirs) == 1
    assert np.mean(ours == labels) > np.mean(fitted.argmax(axis=1) == labels) + 0.1


def test_no_discriminant_of_values_that_explain_nothing() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 2)), np.eye(2)[rng.integers(0, 2, 200)]
    assert models.discriminant(models.linear(x, y).left_out, y) is None


def test_scores_are_the_metrics_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, r2_score

    rng = np.random.default_rng(0)
    y = rng.normal(size=(500, 2))
    answers = y + 0.5 * rng.normal(size=y.shape)
    found = judged(data_of(made()[0], made()[1]).task, y, answers)
    assert found.score == pytest.approx(r2_score(y, answers))
    draws = [rng.integers(0, 500, 500) for _ in range(500)]
    spread = np.std([r2_score(y[rows], answers[rows]) for rows in draws])
    # 500 draws tell a spread to 1 / sqrt(2 * 500) = 3%.
    assert found.error == pytest.approx(spread, rel=0.12)
    right, said = rng.integers(0, 3, 500), rng.integers(0, 3, 500)
    classes = judged(load("iris").task, np.eye(3)[right], np.eye(3)[said])
    assert classes.score == accuracy_score(right, said)
    assert classes.error == pytest.approx(np.sqrt(1 / 3 * 2 / 3 / 500), rel=0.1)


def test_each_data_set_is_known_by_the_model_that_suits_it() -> None:
    ring = reference(prepare(load("circles")))
    assert ring.constant == pytest.approx(0.5, abs=0.05)
    assert ring.linear < 0.65 and min(ring.neighbours, ring.kernel) > 0.95
    flowers = reference(prepare(load("iris")))
    assert min(flowers.linear, flowers.neighbours, flowers.kernel) > 0.9 and flowers.rows == 30
    illness = reference(prepare(load("diabetes")))
    assert illness.linear > 0.35 and illness.best < 0.65 and illness.constant == 0
    assert 0.04 < illness.error < 0.15


def test_noise_is_known_by_none_of_them() -> None:
    rng = np.random.default_rng(0)
    for y in (rng.integers(0, 3, 600), rng.normal(size=600), rng.integers(0, 2, (600, 3))):
        found = reference(data_of(rng.normal(size=(600, 8)), y))
        assert found.best < found.constant + 3 * found.error


@pytest.mark.parametrize("validation", [0.0, 0.05])
def test_few_validation_rows_are_replaced_by_left_out_rows(validation: float) -> None:
    prepared = prepare(load("iris"), PrepareOptions(validation=validation))
    found = reference(prepared)
    assert found.rows == len(prepared.train) and found.best > 0.9
    # The network is then judged by those few rows, so the error is theirs.
    assert (found.error > 0.04) == (validation > 0)


def test_inputs_of_any_scale_and_shape() -> None:
    rng = np.random.default_rng(0)
    image = rng.normal(size=(200, 5, 5, 1)).astype(np.float32)
    assert reference(data_of(image, (image[:, 2, 2, 0] > 0).astype(int))).linear > 0.85
    x, y = made()
    plain = reference(data_of(x * [1e6, 1e-6, 1, 1, 1, 1], y, scale="none", scale_target=False))
    scaled = reference(data_of(x, y))
    assert plain.best == pytest.approx(scaled.best, abs=1e-3)
    text = data_of((rng.random((150, 1200)) < 0.1).astype(float), rng.integers(0, 2, 150))
    assert reference(text).best < 0.8


def test_codes_are_taken_for_names_not_numbers() -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 10, 500)
    names = np.array([*"abcdefghij"])[code]
    effect = rng.permutation(10)[code] + 0.1 * rng.normal(size=500)
    table = {"name": names.tolist(), "y": effect.tolist()}
    prepared = prepare(load(table, "y"), PrepareOptions(categories="embed"))
    assert prepared.preparation.embedded
    assert reference(prepared).linear > 0.95


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8])
def test_a_handful_of_rows(n: int) -> None:
    x = np.random.default_rng(0).normal(size=(n, 2))
    for y in (np.arange(n) % 2, x[:, 0]):
        found = reference(data_of(x, y, validation=0.0))
        assert np.isfinite([found.best, found.error]).all()


def test_exclusive_or_is_learnt_by_heart() -> None:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    found = reference(data_of(x, np.array([0, 1, 1, 0]), validation=0.0))
    assert (found.kernel, found.error, found.constant) == (1, 0, 0.5) and found.linear <= 0.75
    twice = reference(data_of(np.vstack([x, x]), np.r_[0, 1, 1, 0, 1, 1, 1, 0], validation=0.0))
    assert twice.kernel == 7 / 8


def test_a_column_that_never_varies_is_left_out() -> None:
    x, y = made()
    x[:, 0] = 7
    assert panel(data_of(x, y, scale="none")).x.shape[1] == x.shape[1] - 1
    nothing = reference(data_of(np.c_[np.arange(60) % 2, np.arange(60) % 2] * 1.0, y[:60]))
    assert np.isfinite(nothing.best)


def test_a_reference_is_computed_once_and_forgotten_with_its_data() -> None:
    prepared = prepare(load("iris"))
    assert reference(prepared) is reference(prepared)
    key = id(prepared)
    assert key in baselines._known
    del prepared
    gc.collect()
    assert key not in baselines._known
