"""Embeddings of tokens and of the columns of a table; flattening and reshaping."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from jaram.errors import RecipeError
from jaram.network import Context, Dense, EmbedCategories, Embedding, Flatten, Reshape


def test_categories_stand_behind_the_numbers() -> None:
    layer = EmbedCategories(((2, 3), (0, 2)), 2)
    params = layer.initial_params(np.random.default_rng(0), (4,))
    x = np.array([[1, 0.5, 2, -0.5], [0, 1.5, 0, 2.5]], np.float32)
    y, _ = layer.apply(params, {}, jnp.asarray(x), Context())
    second, first = params["column_2"]["weight"], params["column_0"]["weight"]
    expected = [[0.5, -0.5, *second[2], *first[1]], [1.5, 2.5, *second[0], *first[0]]]
    np.testing.assert_array_equal(y, np.array(expected, np.float32))


def test_width_follows_the_cardinality() -> None:
    layer = EmbedCategories(((0, 2), (1, 7), (2, 1000)))
    assert layer.output_shape((5,)) == (2 + 1 + 4 + 50,)


@pytest.mark.parametrize("columns", [((0, 3), (0, 3)), ((0, 3), (4, 3))])
def test_columns_have_to_be_there_once(columns: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(RecipeError, match="names the columns"):
        EmbedCategories(columns).output_shape((4,))


@pytest.mark.parametrize("code", [-1, 3])
def test_a_code_outside_gives_nan_and_nobody_elses_row(code: int) -> None:
    layer = Embedding(3, 2)
    params = layer.initial_params(np.random.default_rng(0), (2,))
    y, _ = layer.apply(params, {}, jnp.array([[code, 1]]), Context())
    assert np.isnan(y[0, 0]).all()
    np.testing.assert_array_equal(y[0, 1], params["weight"][1])


def test_flatten_runs_the_last_axis_fastest_and_reshape_undoes_it() -> None:
    x = jnp.arange(24.0).reshape(2, 3, 2, 2)
    flat, _ = Flatten().apply({}, {}, x, Context())
    np.testing.assert_array_equal(flat, np.arange(24.0).reshape(2, 12))
    back, _ = Reshape((3, -1, 2)).apply({}, {}, flat, Context())
    np.testing.assert_array_equal(back, x)


@pytest.mark.parametrize("shape", [(4, 4), (-1, -1), (5, -1), (0, -1)])
def test_reshape_has_to_keep_the_size(shape: tuple[int, ...]) -> None:
    with pytest.raises(RecipeError, match=r"\(2, 6\) \(12 numbers\)"):
        Reshape(shape).output_shape((2, 6))


def test_a_single_number_has_no_features() -> None:
    with pytest.raises(RecipeError, match="Dense needs inputs with at least 1 axes"):
        Dense(3).output_shape(())
