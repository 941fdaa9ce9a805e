"""Samplers: reproducible, within the cube, and evenly spread where they promise it."""

from __future__ import annotations

import numpy as np
import pytest

import jaram as jr
from jaram.errors import UsageError
from jaram.searches.draw import SAMPLERS, grid, random, sobol

SPACE = jr.Space(
    jr.Recipe(
        network=(jr.Dense(jr.Choice(16, 32, 64)),),
        optimizer=jr.SGD(jr.LogUniform(1e-3, 1), momentum=jr.Uniform(0, 0.9)),
    )
)


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_same_seed_gives_the_same_points_of_the_cube(name: str) -> None:
    points = SAMPLERS[name](SPACE, 3, 40)
    assert points.shape[1] == 3
    assert ((points >= 0) & (points <= 1)).all()
    assert np.array_equal(points, SAMPLERS[name](SPACE, 3, 40))


@pytest.mark.parametrize("name", ["random", "sobol"])
def test_a_longer_search_begins_with_the_same_trials(name: str) -> None:
    assert np.array_equal(SAMPLERS[name](SPACE, 3, 10), SAMPLERS[name](SPACE, 3, 33)[:10])
    assert not np.array_equal(SAMPLERS[name](SPACE, 3, 10), SAMPLERS[name](SPACE, 4, 10))


def test_sobol_is_more_even_than_random() -> None:
    def fullest(points: np.ndarray) -> int:
        return int(np.histogramdd(points, bins=(4, 4, 4), range=[(0, 1)] * 3)[0].max())

    assert fullest(sobol(SPACE, 0, 64)) <= 2
    assert fullest(random(SPACE, 0, 64)) > 2


def test_a_grid_takes_the_ends_and_every_option() -> None:
    drawn = [SPACE.at(point).values for point in grid(SPACE, 0, 30)]
    assert len(drawn) == 3 * 3 * 3
    assert {one["network[0].units"] for one in drawn} == {16, 32, 64}
    rates = sorted({one["optimizer.learning_rate"] for one in drawn})
    assert np.allclose(rates, [1e-3, 10**-1.5, 1])
    assert {one["optimizer.momentum"] for one in drawn} == {0, 0.45, 0.9}


def test_a_grid_has_no_two_alike_inside_options_not_taken() -> None:
    inside = jr.Choice(jr.SGD(jr.LogUniform(1e-3, 1)), jr.Adam())
    points = grid(jr.Space(jr.Recipe(optimizer=inside)), 0, 10)
    drawn = [jr.Space(jr.Recipe(optimizer=inside)).at(point).values for point in points]
    assert len(drawn) == 5 + 1


def test_a_grid_of_too_few_trials_is_refused() -> None:
    with pytest.raises(UsageError, match="12"):
        grid(SPACE, 0, 11)
