"""Recipes: as TOML and back, from words, and what a person gets wrong."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import jax
import pytest
from hypothesis import HealthCheck, given, settings

import jaram as jr
from jaram.errors import RecipeError
from random_specs import recipes

SLOW = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@SLOW
@given(recipes())
def test_toml_and_back(recipe: jr.Recipe) -> None:
    again = jr.Recipe.from_toml(recipe.to_toml())
    assert again == recipe
    # Equality does not see the sign of zero, the structure of the tree or a kind of number.
    assert again.to_toml() == recipe.to_toml()
    assert jax.tree.structure(again) == jax.tree.structure(recipe)
    assert [type(leaf) for leaf in jax.tree.leaves(again)] == [
        type(leaf) for leaf in jax.tree.leaves(recipe)
    ]


def test_the_toml_of_a_plain_recipe_is_short() -> None:
    assert tomllib.loads(jr.Recipe().to_toml()) == {"recipe": {}}
    assert tomllib.loads(jr.Recipe(epochs=3).to_toml()) == {"recipe": {"epochs": 3}}


def test_what_is_switched_off_stays_off() -> None:
    off = jr.Recipe(output=None, penalties=(), averaging=None, stop=None)
    assert jr.Recipe.from_toml(off.to_toml()) == off
    assert off != jr.Recipe()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"network": "dense 64 relu, dropout 0.2"}, (jr.Dense(64, "relu"), jr.Dropout(0.2))),
        ({"network": "dense 64 (leaky_relu 0.3)"}, (jr.Dense(64, jr.LeakyReLU(0.3)),)),
        ({"network": ["dense 8 tanh", "batch_norm"]}, (jr.Dense(8, "tanh"), jr.BatchNorm())),
        ({"network": [{"type": "dense", "units": 8}]}, (jr.Dense(8),)),
        ({"network": "Dense 8 ReLU"}, (jr.Dense(8, "relu"),)),
        ({"network": "none"}, None),
        ({"network": ()}, ()),
    ],
)
def test_networks_from_words(said: dict[str, Any], meant: Any) -> None:
    assert jr.Recipe(**said).network == meant


def test_parts_from_words() -> None:
    recipe = jr.Recipe(
        optimizer="adam 0.01",
        schedule="cosine",
        loss="mse",
        clip="norm 1",
        penalties=("l2 0.1", "max_norm"),
        averaging="ema 0.9",
        stop="early_stopping 7",
        output="dense 1 sigmoid",
    )
    assert recipe.optimizer == jr.Adam(learning_rate=0.01)
    assert recipe.schedule == jr.Cosine()
    assert recipe.loss == jr.MeanSquaredError()
    assert recipe.clip == jr.ClipNorm(1.0)
    assert recipe.penalties == (jr.L2(0.1), jr.MaxNorm())
    assert recipe.averaging == jr.ExponentialAverage(0.9)
    assert recipe.stop == jr.EarlyStopping(7)
    assert recipe.output == jr.Dense(1, "sigmoid")


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"epoch": 3}, ["epoch", "epochs"]),
        ({"optimiser": "adam"}, ["optimiser", "optimizer"]),
        ({"network": "dens 3"}, ["dens", "dense"]),
        ({"network": "dense 3 rleu"}, ["rleu", "relu"]),
        ({"optimizer": "adm"}, ["adm", "adam"]),
        ({"network": "dense 0"}, ["Dense.units", "≥ 1", "0"]),
        ({"network": "dense 2.5"}, ["Dense.units", "2.5"]),
        ({"network": "dense"}, ["Dense", "units"]),
        ({"network": "dropout 1"}, ["Dropout.rate", "< 1"]),
        ({"network": "dropout -0.1"}, ["Dropout.rate", "≥ 0"]),
        ({"network": "dense 3 relu 5 6 7 8"}, ["Dense", "4"]),
        ({"optimizer": "sgd learning_rate=0"}, ["SGD.learning_rate", "> 0"]),
        ({"optimizer": "sgd nan"}, ["SGD.learning_rate", "nan"]),
        ({"optimizer": "sgd inf"}, ["SGD.learning_rate", "inf"]),
        ({"optimizer": "sgd fast"}, ["SGD.learning_rate", "fast"]),
        ({"optimizer": 5}, ["5"]),
        ({"batch_size": 0}, ["batch_size", "0"]),
        ({"batch_size": "half"}, ["batch_size", "half"]),
        ({"epochs": -1}, ["epochs", "-1"]),
        ({"epochs": 1.5}, ["epochs", "1.5"]),
        ({"seed": -1}, ["seed", "≥ 0"]),
        ({"seed": 2**32}, ["seed"]),
        ({"validation": 1.0}, ["validation", "< 1"]),
        ({"test": -0.1}, ["test", "≥ 0"]),
        ({"scale": "log"}, ["scale", "standard", "log"]),
        ({"split": "by hand"}, ["split", "by hand"]),
        ({"stop": "early_stoping"}, ["early_stoping", "early_stopping"]),
        ({"layer_rates": (1.0, -1.0)}, ["layer_rates", "-1"]),
        ({"class_weight": {"a": -1.0}}, ["class_weight", "-1"]),
        ({"penalties": "l2"}, ["penalties"]),
    ],
)
def test_wrong_fields_are_named_with_what_would_be_right(
    fields: dict[str, Any], parts: list[str]
) -> None:
    with pytest.raises(RecipeError) as caught:
        jr.Recipe(**fields)
    sentence = str(caught.value)
    assert "\n" not in sentence
    for part in parts:
        assert part in sentence, sentence


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("epochs = ", ["TOML"]),
        ("[recipe]\nepochs = 3\nepochs = = 4", ["TOML", "line 3"]),
        ("recipe = 3", ["[recipe]"]),
        ("[recipe]\nepoch = 3", ["epoch", "epochs"]),
        ("[recipe]\nnetwork = 'dense 3 rleu'", ["rleu", "relu"]),
        ("[recipe.optimizer]\ntype = 'adam'\nlearningrate = 1", ["learningrate", "learning_rate"]),
        ("[recipe.optimizer]\nlearning_rate = 1", ["optimizer"]),
        ("[recipe]\nnetwork = [[1]]", ["layer"]),
        ("[recipe]\nseed = 2000-01-01", ["seed"]),
    ],
)
def test_wrong_files_are_named(tmp_path: Path, content: str, parts: list[str]) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(content)
    with pytest.raises(RecipeError) as caught:
        jr.Recipe.read(file)
    for part in ["wrong.toml", *parts]:
        assert part in str(caught.value), str(caught.value)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"nowhere\.toml"):
        jr.Recipe.read(tmp_path / "nowhere.toml")
    with pytest.raises(RecipeError, match="cannot be read"):
        jr.Recipe.read(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00\xd8" * 10)
    with pytest.raises(RecipeError, match=r"bytes\.toml"):
        jr.Recipe.read(tmp_path / "bytes.toml")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "mark.toml").write_bytes(b"\xef\xbb\xbf[recipe]\nepochs = 3\n")
    assert jr.Recipe.read(tmp_path / "mark.toml") == jr.Recipe(epochs=3)


def test_the_table_recipe_may_be_left_out() -> None:
    assert jr.Recipe.from_toml("epochs = 3") == jr.Recipe(epochs=3)


def test_floats_and_the_seed_are_knobs_and_nothing_else_is() -> None:
    recipe = jr.Recipe(
        network=(jr.Dense(4, jr.LeakyReLU(0.25)), jr.Dropout(0.5)),
        optimizer=jr.SGD(learning_rate=0.125, momentum=0.75),
        validation=0.3,
        seed=7,
    )
    assert sorted(jax.tree.leaves(recipe)) == [0.125, 0.25, 0.5, 0.75, 7]
    same = dataclasses.replace(recipe, seed=8, optimizer=jr.SGD(learning_rate=1.0))
    assert jax.tree.structure(same) == jax.tree.structure(recipe)
    for field, value in [("epochs", 3), ("validation", 0.2), ("stop", None), ("order_seed", 1)]:
        other = dataclasses.replace(recipe, **{field: value})
        assert jax.tree.structure(other) != jax.tree.structure(recipe)
