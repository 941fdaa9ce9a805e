"""Remedies that change the network."""

from __future__ import annotations

import pytest
from remedied import completed, first, network_of, prescribed, ready

from jaram.network.initializers import HeNormal, Orthogonal
from jaram.network.network import initial_params


def words_after(name: str, network: str, data: str = "classes", **fields: object) -> list[str]:
    """The network without its output layer, in words, after each dose of a remedy."""
    doses = prescribed(name, data, network=network, **fields)
    return [network_of(dose.recipe).rpartition(", ")[0] for dose in doses]


def test_functions_that_squash_give_way_to_relu_or_gelu() -> None:
    assert words_after("change_activation", "dense 8 sigmoid, dense 8 tanh") == [
        "dense 8 relu, dense 8 relu",
        "dense 8 gelu, dense 8 gelu",
    ]


def test_relu_gives_way_to_what_cannot_die() -> None:
    assert words_after("change_activation", "dense 8 relu") == [
        "dense 8 (leaky_relu 0.1)",
        "dense 8 tanh",
    ]


def test_initial_weights_follow_a_changed_activation() -> None:
    assert words_after("change_activation", "dense 8 sigmoid zeros")[0] == "dense 8 relu"
    after = words_after("change_activation", "dense 8, batch_norm, activation sigmoid")[0]
    assert after == "dense 8 init=he_normal, batch_norm, activation relu"
    rotated = words_after("change_activation", "dense 8 sigmoid orthogonal")[0]
    assert rotated == "dense 8 relu init=orthogonal"


def test_the_output_keeps_its_activation() -> None:
    recipe = first("change_activation", "two", network="dense 8 sigmoid")
    assert network_of(recipe) == "dense 8 relu, dense 1 sigmoid"
    split = first(
        "change_activation", "two", network="dense 8 tanh, dense 1", output="activation sigmoid"
    )
    assert network_of(split) == "dense 8 relu, dense 1, activation sigmoid"


def test_layers_inside_others_are_reached() -> None:
    network = "residual (dense 8 sigmoid, dense 5) tanh, parallel (dense 4 sigmoid, dense 4)"
    assert words_after("change_activation", network)[0] == (
        "residual (dense 8 relu, dense 5) relu, parallel (dense 4 relu, dense 4)"
    )


def test_straight_layers_get_the_activation_of_the_others() -> None:
    after = words_after("add_nonlinearity", "dense 8 tanh, dense 8, dropout, dense 8")
    assert after == ["dense 8 tanh, dense 8 tanh, dropout, dense 8 tanh"]
    assert words_after("add_nonlinearity", "dense 8, dense 8") == [
        "dense 8 relu, dense 8 relu",
        "dense 8 tanh, dense 8 tanh",
    ]


@pytest.mark.parametrize(
    "network",
    [
        "dense 8 relu",
        "dense 8, batch_norm, activation relu",
        "dense 8 relu, residual (dense 8 relu, dense 8) relu",
        "maxout 8",
    ],
)
def test_straight_layers_before_a_bend_are_meant(network: str) -> None:
    assert words_after("add_nonlinearity", network) == []


@pytest.mark.parametrize(
    ("network", "after"),
    [
        ("dense 8 relu zeros", "dense 8 relu"),
        ("dense 8 tanh (constant 0.5)", "dense 8 tanh"),
        ("dense 8 relu (random_normal 100)", "dense 8 relu"),
        ("dense 8 relu glorot_normal", "dense 8 relu"),
        (
            "dense 8 init=zeros, batch_norm, activation relu",
            "dense 8 init=he_normal, batch_norm, activation relu",
        ),
        ("maxout 8 init=zeros", "maxout 8"),
        ("residual (dense 5 relu zeros)", "residual (dense 5 relu)"),
    ],
)
def test_initial_weights_of_another_kind_are_matched(network: str, after: str) -> None:
    assert words_after("match_initializer", network) == [after]


@pytest.mark.parametrize("init", ["none", "he_uniform", "orthogonal", "(orthogonal 0.3)"])
def test_initial_weights_that_match_are_left_alone(init: str) -> None:
    assert words_after("match_initializer", f"dense 8 relu init={init}, maxout 4") == []


def test_a_normalisation_stands_between_weights_and_activation() -> None:
    after = words_after("insert_batch_norm", "dense 8 relu, dropout, dense 8 tanh")
    assert after == [
        "dense 8 init=he_normal, batch_norm, activation relu, dropout, "
        "dense 8, batch_norm, activation tanh"
    ]
    assert words_after("insert_layer_norm", "dense 8, dropout 0.1, activation relu") == [
        "dense 8, layer_norm, dropout 0.1, activation relu"
    ]


def test_what_is_normalised_or_too_narrow_is_left_alone() -> None:
    assert words_after("insert_batch_norm", "dense 8 relu, batch_norm, dense 8") == []
    assert words_after("insert_batch_norm", "dense 8, layer_norm, activation relu") == []
    assert words_after("insert_layer_norm", "dense 3 relu") == []
    assert words_after("insert_batch_norm", "dense 8 relu", batch_size=1) == []


def test_first_weights_stay_when_a_normalisation_is_inserted() -> None:
    before = completed("classes", network="dense 8 relu")
    after = first("insert_batch_norm", "classes", before)
    weights = [initial_params(one.network or (), 0, (5,))[0]["weight"] for one in (before, after)]
    assert (weights[0] == weights[1]).all()


def test_connections_lead_around_layers_of_one_width() -> None:
    recipe = first(
        "residual_connections",
        "classes",
        network="dense 8 relu, dense 8 relu, dropout 0.1, dense 8, batch_norm, activation relu, "
        "dense 4 relu",
    )
    assert network_of(recipe) == (
        "dense 8 relu, residual (dense 8 relu init=orthogonal, dropout 0.1), "
        "residual (dense 8, batch_norm, activation relu), dense 4 relu, dense 3 softmax"
    )


def test_branches_start_smaller_the_more_there_are() -> None:
    recipe = first("residual_connections", "classes", network=", ".join(["dense 8 relu"] * 9))
    (layer, *_) = recipe.network[1].layers  # type: ignore[index,attr-defined]
    assert layer.init == Orthogonal(0.5)


def test_connections_need_a_layer_of_one_width() -> None:
    assert words_after("residual_connections", "dense 8 relu, dense 4 relu") == []


def test_widening_reaches_every_hidden_layer() -> None:
    assert words_after("widen", "dense 2 relu, residual (dense 2 relu), maxout 16") == [
        "dense 32 relu, residual (dense 32 relu), maxout 64"
    ]


def test_simplifying_narrows_or_shortens() -> None:
    assert words_after("simplify", "dense 64 relu, dropout, dense 64 relu, dropout") == [
        "dense 16 relu, dropout, dense 16 relu, dropout",
        "dense 64 relu, dropout",
    ]
    assert words_after("simplify", "dense 4 relu") == []


def test_what_rearranges_stays_when_a_layer_goes() -> None:
    network = "dense 2 relu, dense 3 relu, flatten"
    assert words_after("simplify", network, "images") == ["dense 2 relu, flatten"]


def test_deepening_repeats_the_last_hidden_layer() -> None:
    network = "dense 16 relu, dense 8, batch_norm, activation relu"
    assert words_after("deepen", network) == [f"{network}, dense 8, batch_norm, activation relu"]
    assert words_after("deepen", "") == ["dense 64 gelu, dense 32 gelu"]


def test_dropout_comes_after_each_hidden_activation() -> None:
    after = words_after(
        "add_dropout", "dense 8 relu, dense 8, batch_norm, activation relu, dense 2 relu"
    )
    assert after[0] == (
        "dense 8 relu, dropout 0.3, dense 8, batch_norm, activation relu, dropout 0.3, dense 2 relu"
    )
    assert len(after) == 3


def test_dropout_is_only_raised() -> None:
    assert words_after("add_dropout", "dense 8 relu, dropout 0.4") == ["dense 8 relu, dropout"]


def test_noise_is_in_units_of_the_inputs() -> None:
    assert words_after("add_noise", "dense 8 relu")[0] == "gaussian_noise, dense 8 relu"
    assert words_after("add_noise", "gaussian_noise 0.2, dense 8 relu") == [
        "gaussian_noise 0.3, dense 8 relu"
    ]
    assert words_after("add_noise", "dense 8 relu", scale="none") == []


def test_layer_rates_follow_their_layers() -> None:
    recipe = completed(
        "classes",
        network="dense 8 relu, sequential (dense 8 relu, dense 8 relu)",
        layer_rates=(0.1, 0.2, 0.3),
    )
    normalised = first("insert_batch_norm", "classes", recipe)
    assert normalised.layer_rates == (0.1,) * 3 + (0.2,) * 6 + (0.3,)
    assert first("simplify", "classes", recipe).layer_rates == (0.1, 0.2, 0.2, 0.3)
    shorter = prescribed("simplify", "classes", recipe)[1].recipe
    assert shorter.layer_rates == (0.1, 0.2, 0.3)


def test_sound_defaults_keep_the_sizes() -> None:
    recipe = first(
        "sound_defaults",
        "classes",
        network="gaussian_noise 2, dense 20 sigmoid zeros, dropout 0.9, dense 10, batch_norm, "
        "activation softmax",
        output="dense 3 sigmoid",
        optimizer="sgd 50",
        scale="none",
        seed=7,
        validation=0.3,
        penalties=("l1 1",),
    )
    assert network_of(recipe) == "dense 20 gelu, dense 10 gelu, dense 3 softmax"
    assert recipe == completed(
        "classes", network="dense 20 gelu, dense 10 gelu", seed=7, validation=0.3
    )


def test_sound_defaults_of_a_linear_network_have_hidden_layers() -> None:
    recipe = first("sound_defaults", "two", network=())
    assert network_of(recipe) == "dense 64 gelu, dense 32 gelu, dense 1 sigmoid"


def test_sound_defaults_of_a_deep_stack_have_connections() -> None:
    recipe = first("sound_defaults", "two", network=", ".join(["dense 8 sigmoid"] * 5))
    branch = "residual (dense 8 gelu init=(orthogonal 0.707))"
    assert network_of(recipe) == f"dense 8 gelu, {', '.join([branch] * 4)}, dense 1 sigmoid"


def test_the_default_initializer_of_relu_is_what_a_split_layer_is_given() -> None:
    recipe = first("insert_batch_norm", "classes", network="dense 8 relu")
    assert recipe.network is not None
    assert recipe.network[0].init == HeNormal()  # type: ignore[attr-defined]
    assert ready("classes", recipe).input_shape == (5,)
