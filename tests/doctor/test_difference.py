"""What changed from one recipe to another, in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from remedied import SICK, prescribed, sick

from jaram.doctor.difference import Change, changes, describe, difference, field_name
from jaram.doctor.remedies.registry import all_remedies
from jaram.recipe import Recipe
from random_specs import recipes


def told(before: dict[str, Any], after: dict[str, Any], lang: Any = "en") -> str:
    return describe(difference(Recipe(**before), Recipe(**after)), lang)


def networks(before: str, after: str, lang: Any = "en") -> str:
    return told({"network": before}, {"network": after}, lang)


def test_the_difference_reads_as_a_person_would_say_it() -> None:
    before = {"network": "dense 8 sigmoid, dense 8 sigmoid", "optimizer": "sgd 0.1"}
    after = {"network": "dense 8 relu, batch_norm, dense 8 relu", "optimizer": "sgd 0.01"}
    assert told(before, after) == (
        "activation sigmoid → relu; added batch_norm after layer 1; learning rate 0.1 → 0.01"
    )
    assert told(before, after, "ko") == (
        "활성화 함수 sigmoid → relu; 1층 뒤에 batch_norm 추가; 학습률 0.1 → 0.01"
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("dense 8 relu", "dense 8 relu", ""),
        ("dense 8 relu", "dense 16 relu", "units 8 → 16"),
        ("dense 8 relu, dense 8 relu", "dense 8 relu, dense 4 relu", "units 8 → 4 in layer 2"),
        ("dense 8, dense 8", "dense 8, dense 8 tanh", "activation identity → tanh in layer 2"),
        ("dense 8 relu zeros", "dense 8 relu", "initial weights zeros → he_normal"),
        ("dense 8 sigmoid", "dense 8 relu", "activation sigmoid → relu"),
        (
            "dense 8 sigmoid zeros",
            "dense 8 relu",
            "initial weights zeros → he_normal; activation sigmoid → relu",
        ),
        ("dense 8, dropout 0.2", "dense 8, dropout", "dropout rate 0.2 → 0.5"),
        ("dense 8, dropout", "dense 8", "removed dropout 0.5 (layer 2)"),
        ("dense 8", "gaussian_noise, dense 8", "added gaussian_noise 0.1 before the first layer"),
        (
            "dense 8, dense 4, dense 2",
            "dense 8, dropout, dense 4, dropout, dense 2, dropout 0.1",
            "added dropout 0.5 after layers 1–2; added dropout 0.1 after layer 3",
        ),
        ("dense 8 relu, dense 8 relu", "dense 8 relu", "removed dense 8 relu (layer 2)"),
        ("dense 8 relu", "dense 8 relu, dense 8 relu", "added dense 8 relu after layer 1"),
        (
            "dense 8 relu",
            "dense 8 init=he_normal, layer_norm, activation relu",
            "added layer_norm after layer 1",
        ),
        ("dense 8, activation relu", "dense 8 relu", ""),
        ("sequential (dense 8 relu, dense 8 relu)", "dense 8 relu, dense 8 relu", ""),
        (
            "dense 8 relu, dense 8 relu, dense 8 relu, dense 2",
            "dense 8 relu, residual (dense 8 relu), residual (dense 8 relu), dense 2",
            "residual around layers 2–3",
        ),
        ("residual (dense 8 relu)", "dense 8 relu", "removed residual (layer 1)"),
        (
            "dense 8 relu",
            "dense 8 relu, residual (dense 8)",
            "added residual (dense 8) after layer 1",
        ),
        (
            "dense 8 relu",
            "maxout 8",
            "removed dense 8 relu (layer 1); added maxout 8 after layer 1",
        ),
        ("parallel (dense 8, dense 4)", "parallel (dense 8, dense 6)", "units 4 → 6"),
        (
            "parallel (dense 8, dense 8)",
            "parallel (dense 8, dense 8) sum",
            "merge concatenate → sum",
        ),
    ],
)
def test_networks(before: str, after: str, words: str) -> None:
    assert networks(before, after) == words


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"optimizer": "sgd 0.1"}, {"optimizer": "adam"}, "optimizer sgd 0.1 → adam 0.001"),
        (
            {"optimizer": "sgd 0.9 0.9"},
            {"optimizer": "momentum"},
            "optimizer sgd 0.9 momentum=0.9 → momentum 0.01",
        ),
        (
            {"optimizer": "sgd"},
            {"optimizer": "sgd 0.1 0.9 true"},
            "learning rate 0.01 → 0.1; momentum 0 → 0.9; nesterov off → on",
        ),
        ({"clip": None}, {"clip": "norm"}, "clipping none → clip_norm 1"),
        ({"clip": "norm 1"}, {"clip": "norm 0.1"}, "longest gradient 1 → 0.1"),
        ({"penalties": ()}, {"penalties": ("l2",)}, "added l2 0.0001"),
        ({"penalties": ("l1 1", "l2 0.1")}, {"penalties": ("l2 1",)}, "removed l1 1; L2 0.1 → 1"),
        ({"schedule": None}, {"schedule": "cosine"}, "schedule none → cosine"),
        ({"stop": None}, {"stop": "early_stopping 5"}, "stopping none → early_stopping 5"),
        ({"stop": "early_stopping 5"}, {"stop": "early_stopping 9"}, "patience 5 → 9"),
        ({"batch_size": 4}, {"batch_size": "full"}, "batch size 4 → full"),
        ({"shuffle": False}, {"shuffle": True}, "shuffling off → on"),
        ({"scale": "none"}, {"scale": "standard"}, "scale of the inputs none → standard"),
        ({"class_weight": None}, {"class_weight": "balanced"}, "class weights none → balanced"),
        ({"class_weight": None}, {"class_weight": {"a": 2}}, "class weights none → ((a, 2))"),
        ({"loss": "mse"}, {"loss": "mae"}, "loss mean_squared_error → mean_absolute_error"),
        ({"loss": "cce"}, {"loss": "cce 0.1"}, "label smoothing 0 → 0.1"),
        ({"epochs": 3}, {"epochs": 9, "seed": 1}, "epochs 3 → 9; seed 0 → 1"),
    ],
)
def test_everything_else(before: dict[str, Any], after: dict[str, Any], words: str) -> None:
    assert told(before, after) == words


def test_an_output_apart_and_in_the_network_are_the_same() -> None:
    assert (
        told(
            {"network": "dense 8", "output": "dense 1"},
            {"network": "dense 8, dense 1", "output": None},
        )
        == ""
    )


def test_rates_that_follow_their_layers_are_not_named() -> None:
    before = {"network": "dense 8, dense 2", "output": None, "layer_rates": (0.1, 1.0)}
    longer = {
        "network": "dense 8, dropout, dense 2",
        "output": None,
        "layer_rates": (0.1, 0.1, 1.0),
    }
    assert told(before, longer) == "added dropout 0.5 after layer 1"
    assert told(before, before | {"layer_rates": ()}) == "layer rates (0.1, 1) → none"


def test_a_change_is_a_value() -> None:
    before, after = Recipe(optimizer="sgd 0.1"), Recipe(optimizer="sgd 0.2")
    assert difference(before, after) == (
        Change("changed", "optimizer.learning_rate", before="0.1", after="0.2"),
    )
    assert changes(before, after, "ko") == ("학습률 0.1 → 0.2",)


def test_fields_without_a_name_of_their_own_are_readable() -> None:
    assert field_name("optimizer.beta1", "en") == "beta1"
    assert field_name("averaging.start_share", "en") == "start share"


@pytest.mark.parametrize("case", SICK)
def test_every_remedy_can_be_told(case: str) -> None:
    data, recipe = sick(case)
    for name in all_remedies():
        for dose in prescribed(name, data, recipe):
            found = difference(recipe, dose.recipe)
            assert found, (name, dose.dose)
            for lang in ("en", "ko"):
                assert "  " not in describe(found, lang)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(recipes(), recipes())
def test_any_two_recipes_can_be_compared(one: Recipe, other: Recipe) -> None:
    describe(difference(one, other), "en")
    assert difference(one, one) == ()
