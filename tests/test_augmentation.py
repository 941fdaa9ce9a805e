"""Augmentation: where pixels go, what is mixed, and that prediction sees none of it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from jaram.augmentation import (
    Augmentation,
    CutMix,
    Cutout,
    Mixup,
    RandomContrast,
    RandomFlip,
    RandomNoise,
    RandomRotation,
    RandomShift,
    RandomZoom,
    augmented,
    composed,
    partners,
    sampled,
)
from jaram.errors import RecipeError
from jaram.recipe import Recipe
from jaram.spec import parse, registered

KEY = jax.random.key(0)


def pictures(batch: int = 4, height: int = 9, width: int = 7, channels: int = 2) -> Any:
    rng = np.random.default_rng(0)
    return rng.standard_normal((batch, height, width, channels)).astype(np.float32)


@pytest.mark.parametrize("name", sorted(registered("augmentation")))
def test_each_keeps_shape_is_finite_and_follows_its_key(name: str) -> None:
    one = parse("augmentation", name)
    x = jnp.asarray(pictures())
    found = augmented((one,), KEY, x)
    assert found.x.shape == x.shape
    assert bool(jnp.isfinite(found.x).all())
    np.testing.assert_array_equal(found.x, augmented((one,), KEY, x).x)
    assert not np.array_equal(found.x, augmented((one,), jax.random.key(1), x).x)


@pytest.mark.parametrize(
    "one",
    [
        RandomFlip(0.0),
        RandomShift(0.0),
        RandomRotation(0.0),
        RandomZoom(0.0),
        RandomContrast(0.0),
        RandomNoise(0.0),
        Cutout(0.0),
    ],
)
def test_nothing_asked_for_is_nothing_done(one: Augmentation) -> None:
    x = pictures()
    np.testing.assert_allclose(augmented((one,), KEY, jnp.asarray(x)).x, x, atol=1e-5)


def test_a_flip_is_the_mirrored_picture() -> None:
    x = pictures()
    found = augmented((RandomFlip(1.0),), KEY, jnp.asarray(x)).x
    np.testing.assert_allclose(found, x[:, :, ::-1], atol=1e-5)


def test_sampling_agrees_with_scipy() -> None:
    x = pictures(batch=1, channels=1)
    angle = 0.4
    matrix = np.array([[np.cos(angle), -np.sin(angle), 0.3], [np.sin(angle), np.cos(angle), -0.2]])
    found = sampled(jnp.asarray(x), jnp.asarray(matrix, jnp.float32)[None])[0, ..., 0]
    height, width = x.shape[1:3]
    rows = (np.arange(height) + 0.5) / (height / 2) - 1
    columns = (np.arange(width) + 0.5) / (width / 2) - 1
    grid = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    places = np.einsum("ij,jhw->ihw", matrix[:, :2], grid) + matrix[:, 2, None, None]
    row, column = ((places[axis] + 1) * size / 2 - 0.5 for axis, size in enumerate((height, width)))
    expected = ndimage.map_coordinates(x[0, ..., 0], [row, column], order=1, mode="nearest")
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_maps_that_follow_one_another_are_sampled_as_one() -> None:
    """On a picture that is linear in its places, which bilinear sampling leaves exact inside."""
    y, z = np.meshgrid(np.linspace(-1, 1, 33), np.linspace(-1, 1, 33), indexing="ij")
    x = jnp.asarray((2 * y - 3 * z)[None, ..., None], jnp.float32)
    first = RandomRotation(20.0).matrix(jax.random.key(1), 1)
    second = RandomZoom(0.2).matrix(jax.random.key(2), 1)
    assert first is not None
    assert second is not None
    together = sampled(x, composed(first, second))
    apart = sampled(sampled(x, second), first)
    inside = (slice(None), slice(9, -9), slice(9, -9))
    np.testing.assert_allclose(together[inside], apart[inside], atol=1e-4)


def test_cutout_takes_a_square_of_its_size() -> None:
    x = jnp.ones((64, 20, 20, 1))
    gone = np.asarray(augmented((Cutout(0.5),), KEY, x).x == 0)
    areas = gone.sum((1, 2, 3))
    assert areas.max() <= 121
    assert areas.max() >= 81  # a whole square of 10 × 10, give or take its edges
    for one in gone[..., 0]:
        rows, columns = np.flatnonzero(one.any(1)), np.flatnonzero(one.any(0))
        if one.any():
            assert one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()


@pytest.mark.parametrize("one", [Mixup(0.4), CutMix(1.0)])
def test_mixed_pictures_hold_as_much_of_each_as_is_told(one: Augmentation) -> None:
    flat = np.arange(6, dtype=np.float32) % 2
    x = jnp.asarray(np.broadcast_to(flat[:, None, None, None], (6, 30, 30, 1)))
    found, own = augmented((one,), KEY, x)
    assert own is not None
    expected = own * flat + (1 - own) * np.asarray(partners(jnp.asarray(flat)))
    np.testing.assert_allclose(found.mean((1, 2, 3)), expected, atol=1e-5)
    assert 0 <= float(own.min()) <= float(own.max()) <= 1


def test_words_tables_and_none_are_read() -> None:
    words = Recipe(augment="random_shift 0.2, flip, mixup alpha=0.3")
    assert words.augment == (RandomShift(0.2), RandomFlip(), Mixup(0.3))
    assert Recipe.from_toml(words.to_toml()) == words
    assert Recipe(augment="none").augment == ()
    with pytest.raises(RecipeError, match="random_shift"):
        Recipe(augment="random_shft 0.2")


def test_training_on_mixed_answers_is_the_loss_of_both() -> None:
    """One step of plain gradient descent, by hand."""
    import jaram as jr

    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 3, 3, 1)).astype(np.float32)
    y = rng.standard_normal((8, 1)).astype(np.float32)
    data = jr.Data(x, y, task="regression", valid=(x, y))
    recipe = Recipe(
        network="flatten",
        augment=(Mixup(0.5),),
        optimizer=jr.SGD(0.1),
        loss=jr.MeanSquaredError(),
        batch_size="full",
        epochs=1,
        scale="none",
        scale_target=False,
        stop=None,
        shuffle=False,
        seed=3,
    )
    run = jr.train(recipe, data)
    from jaram.network.network import initial_params
    from jaram.training.supervised import AUGMENTED, step_key

    start = initial_params(run.recipe.network, 3, (3, 3, 1))[-1]
    key = jax.random.fold_in(step_key(run.recipe, jnp.int32(0)), AUGMENTED)
    mixed, own = augmented((Mixup(0.5),), key, jnp.asarray(x))
    own, mixed = np.asarray(own)[:, None], np.asarray(mixed).reshape(8, -1)
    z = mixed @ start["weight"] + start["bias"]
    other = np.roll(y, 1, axis=0)
    error = 2 * (own * (z - y) + (1 - own) * (z - other)) / 8
    weight = start["weight"] - 0.1 * mixed.T @ error
    np.testing.assert_allclose(run.params[-1]["weight"], weight, rtol=1e-4, atol=1e-5)


def test_a_table_is_no_picture() -> None:
    import jaram as jr

    with pytest.raises(RecipeError, match="picture"):
        jr.train(Recipe(network="dense 4", augment="flip"), jr.load("iris"))
