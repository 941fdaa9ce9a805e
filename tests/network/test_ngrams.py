"""Runs of tokens with a vector each: the same run anywhere, and nothing of the padding behind."""

from __future__ import annotations

import itertools
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from jaram.network import Context, NGramEmbedding

VOCABULARY, UNITS, BUCKETS = 9, 4, 5000


def vectors(tokens: Any, longest: int = 3) -> np.ndarray[Any, Any]:
    layer = NGramEmbedding(VOCABULARY, UNITS, BUCKETS, longest)
    params = layer.initial_params(np.random.default_rng(0), np.shape(tokens)[1:])
    return np.asarray(layer.apply(params, {}, jnp.asarray(tokens), Context())[0])


def test_runs_of_one_token_are_a_plain_embedding() -> None:
    layer = NGramEmbedding(VOCABULARY, UNITS, BUCKETS, 1)
    weight = layer.initial_params(np.random.default_rng(0), (3,))["weight"]
    np.testing.assert_array_equal(vectors([[3, 0, 8]], 1)[0], weight[[3, 0, 8]])


@pytest.mark.parametrize("longest", [1, 2, 3])
def test_a_step_sees_as_many_tokens_as_its_longest_run(longest: int) -> None:
    tokens = np.random.default_rng(1).integers(1, VOCABULARY, (1, 8))
    here = vectors(tokens, longest)
    for place in range(8):
        other = tokens.copy()
        other[0, place] = other[0, place] % (VOCABULARY - 1) + 1
        changed = np.flatnonzero((vectors(other, longest) != here).any(-1)[0])
        assert changed.tolist() == list(range(place, min(place + longest, 8)))


def test_the_order_counts_and_the_place_does_not() -> None:
    one, other, later = vectors([[2, 5, 7], [5, 2, 7], [7, 2, 5]])
    assert not np.allclose(one[1], other[0])
    assert not np.allclose(one[1] - one[0], other[1] - other[0])
    runs = vectors([[1, 2, 3, 4, 5], [9 - 1, 7, 3, 4, 5]])
    np.testing.assert_array_equal(runs[0, 4], runs[1, 4])
    assert later.shape == (3, UNITS)


def test_hashes_of_many_runs_hardly_meet() -> None:
    layer = NGramEmbedding(100, 1, 1 << 20, 2)
    pairs = np.array(list(itertools.product(range(1, 100), repeat=2)))
    weight = np.arange(100 + (1 << 20), dtype=np.float64)[:, None]
    params = {"weight": jnp.asarray(weight, jnp.float32)}
    rows = np.asarray(layer.apply(params, {}, jnp.asarray(pairs), Context())[0])[:, 1, 0]
    # 9,801 pairs in 1,048,576 buckets: about 46 meet by chance; rounding to float32 adds a few.
    assert len(np.unique(rows)) > 9500


def test_padding_behind_changes_nothing_and_is_masked() -> None:
    tokens = np.array([[4, 2, 6, 0, 0]])
    np.testing.assert_array_equal(vectors(tokens)[:, :3], vectors(tokens[:, :3]))
    mask = NGramEmbedding(VOCABULARY, UNITS, BUCKETS).mask_from(jnp.asarray(tokens), None)
    assert np.asarray(mask).tolist() == [[True, True, True, False, False]]


def test_ids_may_be_floats() -> None:
    np.testing.assert_array_equal(vectors(np.array([[1.0, 3.0]])), vectors([[1, 3]]))
