"""Effects of a forest against predictions of the forest itself, and interaction against truth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import jaram as jr
from jaram.searches import forest as forests
from jaram.searches.study import Settings, Study, Trial

LEVELS = (None, 3, None)


def learnt(count: int = 200) -> tuple[forests.Forest, np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(0)
    points = forests.at_options(rng.random((count, 3)), LEVELS)
    scores = np.sin(6 * points[:, 0]) * points[:, 1] + points[:, 2] ** 2
    return forests.grown(points, scores, LEVELS, 0), points


def predicted(forest: forests.Forest, points: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Leaf by leaf: the slow and obvious sum."""
    inside = (forest.low[None] < points[:, None]) & (points[:, None] <= forest.high[None])
    return np.asarray(inside.all(axis=2) @ forest.value)


def test_each_tree_covers_the_cube_once() -> None:
    forest, points = learnt()
    inside = (forest.low[None] < points[:, None]) & (points[:, None] <= forest.high[None])
    assert (inside.all(axis=2).sum(axis=1) == forests.TREES).all()


def test_leaves_predict_what_the_trees_predict() -> None:
    from sklearn.tree import DecisionTreeRegressor

    forest, points = learnt()
    scores = np.sin(6 * points[:, 0]) * points[:, 1] + points[:, 2] ** 2
    asked = np.random.default_rng(1).random((300, 3))
    each = []
    for number in range(forests.TREES):
        rows = np.random.default_rng([0, number]).integers(len(scores), size=len(scores))
        tree = DecisionTreeRegressor(min_samples_leaf=2, random_state=number)
        each.append(tree.fit(points[rows], scores[rows]).predict(asked))
    np.testing.assert_allclose(predicted(forest, asked), np.mean(each, axis=0), atol=1e-6)


def test_effects_are_means_of_predictions() -> None:
    """Against 20,000 sampled points of the other dimensions: within 5 standard errors."""
    forest, _ = learnt()
    background = forests.at_options(np.random.default_rng(2).random((20_000, 3)), LEVELS)
    for dimension, place in itertools.product(range(3), (0, -1)):
        along = background.copy()
        along[:, dimension] = forest.places(dimension)[place]
        found = predicted(forest, along)
        error = 5 * found.std() / np.sqrt(len(found))
        assert forest.curve(dimension)[place] == pytest.approx(found.mean(), abs=error)
    along = background.copy()
    along[:, 0], along[:, 1] = forest.places(0)[3], forest.places(1)[2]
    found = predicted(forest, along)
    error = 5 * found.std() / np.sqrt(len(found))
    assert forest.surface(0, 1)[3, 2] == pytest.approx(found.mean(), abs=error)


def test_the_variance_of_an_effect_is_that_of_a_fine_grid() -> None:
    forest, _ = learnt()
    content = forest.value * forest._volume(0)
    fine = (np.arange(20_000) + 0.5) / 20_000
    curve = np.zeros(len(fine))
    for low, high, share in zip(forest.low[:, 0], forest.high[:, 0], content, strict=True):
        curve[(low < fine) & (fine <= high)] += share
    assert forest.effects[0] == pytest.approx(curve.var(), rel=1e-3)


def test_a_pure_interaction_is_found_in_the_pair_alone() -> None:
    """sign(x − ½)·sign(y − ½): neither explains anything by itself."""
    points = np.random.default_rng(0).random((600, 3))
    scores = np.sign(points[:, 0] - 0.5) * np.sign(points[:, 1] - 0.5)
    forest = forests.grown(points, scores, (None, None, None), 0)
    shares = {pair: forest.interaction(*pair) / forest.variance for pair in ((0, 1), (0, 2))}
    assert shares[0, 1] > 0.85
    assert shares[0, 2] < 0.05
    assert (forest.effects / forest.variance < 0.05).all()


def test_a_sum_has_no_interaction() -> None:
    points = np.random.default_rng(0).random((600, 2))
    forest = forests.grown(points, points[:, 0] + 2 * points[:, 1], (None, None), 0)
    shares = forest.effects / forest.variance
    np.testing.assert_allclose(shares, [0.2, 0.8], atol=0.04)
    assert forest.interaction(0, 1) / forest.variance < 0.02


def study_of(strategy: str, points: list[float], scores: list[float]) -> Study:
    space = jr.Space(
        jr.Recipe(
            network=(jr.Dropout(jr.Uniform(0.0, 0.5)),),
            optimizer=jr.SGD(jr.LogUniform(1e-4, 1.0)),
        )
    )
    settings = Settings(strategy, 64, 1, 0, "accuracy", "valid", 0.0, None, "")
    trials = [
        Trial(
            *(number, (at, at), space.at(np.array((at, at))).values, (score,), 1.0, 1, 0.1),
            *(0, 1.0, "done"),
        )
        for number, (at, score) in enumerate(zip(points, scores, strict=True))
    ]
    return Study(space, settings, tuple(trials))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("strategy", "points"),
    [("random", [0.5] * 10), ("panda", [number / 10 for number in range(10)])],
)
def test_where_no_forest_can_tell_nothing_mattered(strategy: str, points: list[float]) -> None:
    """Trials at one point differ by chance; stages of one training differ by when they were."""
    study = study_of(strategy, points, [number / 10 for number in range(10)])
    assert study.importance()["importance"].is_nan().all()
    assert study.interactions()["importance"].is_nan().all()
    assert "%" not in study.report("en")
