"""Ready networks: sizes known from their papers and from torchvision."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.network import Dense, Embedding
from jaram.network.network import Network, apply, initial_params, initial_state, shapes
from jaram.network.ready import READY, lenet5, resnet18, resnet20, seq2seq, text_cnn
from jaram.recipe import Recipe
from jaram.spec import describe, parse


def parameters(network: Network, shape: tuple[int, ...]) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(initial_params(network, 0, shape)))


def test_known_numbers_of_parameters() -> None:
    assert parameters((*lenet5(), Dense(10)), (28, 28, 1)) == 61_706
    assert parameters((*resnet18(), Dense(1000)), (224, 224, 3)) == 11_689_512
    # 269,722 with option A, whose shortcuts have no weights; B has two maps.
    assert parameters((*resnet20(), Dense(10)), (32, 32, 3)) == 269_722 + 16 * 32 + 32 * 64


@pytest.mark.parametrize("name", READY)
def test_each_is_data_that_a_recipe_takes_by_name(name: str) -> None:
    network = READY[name]()
    assert Recipe(network=name).network == network
    assert Recipe(network=f"{name}, dense 8").network == (*network, Dense(8))
    assert tuple(parse("layer", describe(layer)) for layer in network) == network
    assert Recipe.from_toml(Recipe(network=name).to_toml()).network == network


@pytest.mark.parametrize(
    ("network", "shape", "after"),
    [
        (lenet5(), (28, 28, 1), (84,)),
        (resnet20(4, 1), (32, 32, 3), (16,)),
        (seq2seq(5, 3), (12, 2), (40,)),
        ((Embedding(9, 4), *text_cnn(3)), (7,), (12,)),
    ],
)
def test_they_compute(network: Network, shape: tuple[int, ...], after: tuple[int, ...]) -> None:
    assert shapes(network, shape)[-1] == after
    params, state = initial_params(network, 0, shape), initial_state(network, shape)
    y, _ = apply(network, params, state, jnp.ones((2, *shape), np.float32))
    assert y.shape == (2, *after)
    assert bool(jnp.isfinite(y).all())
