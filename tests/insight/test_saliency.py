"""Saliency against the weights of linear models and against finite differences; filters; maps."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import jaram as jr
from jaram.insight.pictures import filter_pictures, heats
from jaram.insight.pixels import array_of, pixels_of
from jaram.insight.saliency import (
    EXAMPLES,
    class_logits,
    first_convolution,
    first_filters,
    look,
    maps_place,
)
from jaram.network.network import apply_each, initial_params, initial_state

SHAPE = (6, 5, 2)


def made(
    network: tuple[jr.Layer, ...], loss: object, outputs: int
) -> tuple[jr.Recipe, tuple, tuple]:
    recipe = jr.Recipe(network=network, output=None, loss=loss)
    return recipe, initial_params(network, 3, SHAPE), initial_state(network, SHAPE)


def test_of_a_linear_model_it_is_the_weight_of_the_answer() -> None:
    network = (jr.Flatten(), jr.Dense(3, "softmax"))
    recipe, params, state = made(network, jr.CategoricalCrossEntropy(), 3)
    x = np.random.default_rng(0).normal(size=(7, *SHAPE)).astype(np.float32)
    weight = np.asarray(params[1]["weight"])  # (60, 3)
    answers = (x.reshape(7, -1) @ weight + np.asarray(params[1]["bias"])).argmax(axis=1)
    found = look(recipe, params, state, x, 0)
    np.testing.assert_allclose(found.gradient.reshape(7, -1), weight[:, answers].T, rtol=1e-6)
    np.testing.assert_allclose(found.maps, x.reshape(7, -1))


def test_with_one_output_the_first_class_has_the_negative_gradient() -> None:
    network = (jr.Flatten(), jr.Dense(1, "sigmoid"))
    recipe, params, state = made(network, jr.BinaryCrossEntropy(), 1)
    x = np.random.default_rng(1).normal(size=(9, *SHAPE)).astype(np.float32)
    weight = np.asarray(params[1]["weight"])[:, 0]
    sign = np.sign(x.reshape(9, -1) @ weight)
    assert set(sign) == {-1.0, 1.0}
    found = look(recipe, params, state, x, 0)
    np.testing.assert_allclose(found.gradient.reshape(9, -1), sign[:, None] * weight, rtol=1e-6)
    np.testing.assert_array_equal(class_logits(np.array([[2.0]])), [[-2.0, 2.0]])


def test_of_a_convolutional_network_it_agrees_with_finite_differences() -> None:
    network = (
        jr.Conv(4, 3, bias=False),
        jr.BatchNorm(),
        jr.Activation("tanh"),
        jr.Flatten(),
        jr.Dense(3, "softmax"),
    )
    recipe, params, state = made(network, jr.CategoricalCrossEntropy(), 3)
    x = np.random.default_rng(2).normal(size=(1, *SHAPE)).astype(np.float32)
    place = maps_place(network)
    found = look(recipe, params, state, x, place)
    assert place == 2
    assert found.maps.shape == (1, 6, 5, 4)
    plain = (*network[:-1], jr.Dense(3))
    with jax.default_matmul_precision("highest"):
        outputs, _ = apply_each(plain, params, state, x)
        np.testing.assert_allclose(found.maps, outputs[2], atol=1e-5)
        answer = int(np.argmax(outputs[-1][0]))
        for place_in in [(0, 0, 0, 0), (0, 3, 2, 1), (0, 5, 4, 0)]:
            step = np.zeros_like(x)
            step[place_in] = 0.01
            more, _ = apply_each(plain, params, state, x + step)
            less, _ = apply_each(plain, params, state, x - step)
            slope = float(more[-1][0, answer] - less[-1][0, answer]) / 0.02
            assert found.gradient[place_in] == pytest.approx(slope, rel=0.02, abs=1e-4)


def test_of_a_regression_it_is_the_gradient_of_the_outputs() -> None:
    network = (jr.Flatten(), jr.Dense(1))
    recipe, params, state = made(network, jr.MeanSquaredError(), 1)
    x = np.random.default_rng(1).normal(size=(4, *SHAPE)).astype(np.float32)
    weight = np.asarray(params[1]["weight"])[:, 0]
    found = look(recipe, params, state, x, 0, is_regression=True)
    np.testing.assert_allclose(found.gradient.reshape(4, -1), np.tile(weight, (4, 1)), rtol=1e-6)


def test_no_more_examples_than_the_program_takes_are_looked_at() -> None:
    network = (jr.Flatten(), jr.Dense(1))
    recipe, params, state = made(network, jr.MeanSquaredError(), 1)
    x = np.zeros((EXAMPLES + 3, *SHAPE), np.float32)
    assert len(look(recipe, params, state, x, 0, is_regression=True).gradient) == EXAMPLES


def test_the_first_convolution_with_a_window_is_found() -> None:
    network = (jr.Conv(4, 1), jr.Conv(8, 3, "relu"), jr.Conv(2, 3), jr.Flatten())
    assert first_convolution(network) == 1
    assert maps_place(network) == 1
    assert first_convolution((jr.Flatten(), jr.Dense(3))) is None
    assert maps_place((jr.Flatten(), jr.Dense(3))) == 0
    params = initial_params(network, 0, SHAPE)
    found = first_filters(network, params, initial_state(network, SHAPE))
    assert found is not None and found.place == 1 and found.layer == network[1]
    assert found.kernels.shape == (8, 3, 3, 4)
    weight = np.asarray(params[1]["weight"])
    np.testing.assert_array_equal(found.kernels[5, 0, 2], weight[0, 2, :, 5])


@pytest.mark.parametrize(
    "block",
    [
        jr.Sequential((jr.BatchNorm(), jr.Conv(8, 3))),
        jr.Residual((jr.Sequential((jr.Conv(8, 3),)),)),
        jr.Parallel((jr.Conv(3, 1), (jr.Conv(2, 1), jr.Conv(8, 3)))),
        jr.Frozen(jr.Sequential((jr.Frozen(jr.Conv(8, 3)),))),
    ],
)
def test_the_first_convolution_is_found_in_blocks(block: jr.Layer) -> None:
    """A residual network had no filters in its report."""
    network = (jr.Conv(4, 1), block, jr.Conv(16, 3), jr.Flatten())
    states = initial_state(network, SHAPE)
    found = first_filters(network, initial_params(network, 0, SHAPE), states)
    assert found is not None and found.place == 1 and found.layer == jr.Conv(8, 3)
    assert found.kernels.shape[:3] == (8, 3, 3) and found.kernels.any()
    assert first_filters((jr.Flatten(),), ({},), ({},)) is None


def test_a_frozen_convolution_has_its_maps() -> None:
    network = (
        jr.Frozen(jr.Conv(8, 3)),
        jr.Frozen(jr.BatchNorm()),
        jr.Activation("relu"),
        jr.Flatten(),
    )
    assert first_convolution(network) == 0 and maps_place(network) == 2


def test_a_weight_of_0_is_the_middle_grey() -> None:
    kernels = np.array([[[[0.0], [1.0]], [[-0.5], [-2.0]]]], np.float32)
    (picture,) = filter_pictures(kernels)
    np.testing.assert_array_equal(array_of(picture)[..., 0], [[128, 191], [96, 0]])


def test_heats_are_shares_of_the_largest_gradient_over_channels() -> None:
    gradient = np.array([[[[1.0, -4.0], [0.5, 1.0]]], [[[0.0, 0.0], [0.0, 0.0]]]], np.float32)
    np.testing.assert_allclose(heats(gradient), [[[1.0, 0.25]], [[0.0, 0.0]]])


def test_pixels_come_back_and_large_pictures_shrink() -> None:
    values = np.random.default_rng(0).uniform(size=(7, 9, 3))
    np.testing.assert_array_equal(array_of(pixels_of(values)), np.round(values * 255))
    assert array_of(pixels_of(np.full((300, 50), np.nan))).shape == (75, 13, 1)
    assert array_of(pixels_of(values[..., :2])).shape == (7, 9, 1)
