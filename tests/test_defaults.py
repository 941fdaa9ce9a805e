"""What a recipe leaves out is chosen once, told, and trains; what it spells out is left alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jaram as jr
from jaram.data import prepare
from jaram.defaults import complete, default_batch_size, default_epochs, penalty_strength
from jaram.errors import RecipeError
from jaram.network.network import shapes
from jaram.runs.candidates import prepare_options
from jaram.training.group import structure


def data(kind: str, rows: int = 40) -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3)).astype(np.float32)
    answers: dict[str, Any] = {
        "regression": x[:, 0] * 3.0 + rng.normal(size=rows),
        "several": x[:, :2] * 2.0 + rng.normal(size=(rows, 2)),
        "binary": np.where(x[:, 0] > 0, "yes", "no"),
        "multiclass": np.array(["a", "b", "c"])[np.arange(rows) % 3],
        "multilabel": (rng.random((rows, 3)) > 0.5).astype(int),
    }
    task = "multilabel" if kind == "multilabel" else None
    return jr.Data(x, answers[kind], task=task)


KINDS = ("regression", "several", "binary", "multiclass", "multilabel")
PARTLY_SAID = [
    {},
    {"network": (jr.Dense(4),)},
    {"network": ()},
    {"loss": jr.MeanSquaredError()},
    {"output": None, "network": (jr.Dense(1),)},
    {"epochs": 3, "batch_size": "full"},
    {"stop": None, "optimizer": jr.SGD()},
    {"validation": 0.0},
    {"penalties": (), "averaging": None},
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", PARTLY_SAID, ids=lambda said: ", ".join(said) or "nothing")
def test_completing_twice_changes_nothing(kind: str, said: dict[str, Any]) -> None:
    recipe = jr.Recipe(**said)
    prepared = prepare(data(kind), prepare_options(recipe))
    completed, choices = complete(recipe, prepared)
    again, none = complete(completed, prepared)
    assert again == completed
    assert none == ()
    assert structure(again) == structure(completed)
    # What was said is left as it was said; what was chosen is told, and why.
    for field, value in said.items():
        if field == "network":
            assert completed.network[: len(value)] == value
        elif field not in ("output",):
            assert getattr(completed, field) == value
    told = {choice.field for choice in choices}
    assert not told & (said.keys() - {"network", "output"})
    for choice in choices:
        for language in ("en", "ko"):
            assert choice.reason(language)
        assert jr.Recipe.from_toml(completed.to_toml()) == completed
    # It fits the data: as many outputs as the task has.
    wanted = prepared.task.outputs
    if "output" not in said:
        assert shapes(completed.network, prepared.input_shape)[-1] == (wanted,)


def test_a_completed_recipe_prepares_the_data_alike() -> None:
    recipe = jr.Recipe(scale="minmax", class_weight="balanced", test=0.1)
    prepared = prepare(data("binary"), prepare_options(recipe))
    completed, _ = complete(recipe, prepared)
    assert prepare_options(completed) == prepare_options(recipe)


@given(st.integers(1, 10**8))
def test_batches_and_epochs_are_in_bounds(examples: int) -> None:
    batch = default_batch_size(examples)
    assert 1 <= batch <= min(examples, 512)
    assert 20 <= default_epochs(-(-examples // batch)) <= 200


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "softmax over one unit, squared error, zeros, a rate of 10": (
        "binary",
        {
            "network": (jr.Dense(8, "sigmoid", init="zeros"), jr.Dense(1, "softmax")),
            "loss": jr.MeanSquaredError(),
            "optimizer": jr.SGD(learning_rate=10.0, momentum=0.9),
            "scale": "none",
        },
    ),
    "one sigmoid for three classes": ("multiclass", {"network": (jr.Dense(1, "sigmoid"),)}),
    "one linear unit for three classes, squared error": (
        "multiclass",
        {"network": (jr.Dense(1),), "loss": jr.MeanSquaredError()},
    ),
    "linear layers without an activation": ("binary", {"network": (jr.Dense(4), jr.Dense(1))}),
    "two softmax units for two classes": ("binary", {"network": (jr.Dense(2, "softmax"),)}),
    "squared error on three sigmoids": (
        "multiclass",
        {"network": (jr.Dense(3, "sigmoid"),), "loss": jr.MeanSquaredError()},
    ),
    "a ReLU in front of the loss": ("binary", {"network": (jr.Dense(1, "relu"),)}),
    "a batch larger than the data": ("binary", {"network": (jr.Dense(1),), "batch_size": 10_000}),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_networks_spelled_out_wrongly_train_and_are_told(mistake: str) -> None:
    kind, fields = WRONG[mistake]
    chosen: dict[str, Any] = {"output": None, "epochs": 2, "batch_size": 16}
    run = jr.train(jr.Recipe(**(chosen | fields)), data(kind))
    assert run.findings, mistake
    assert run.recipe.network == fields["network"]
    assert run.result in ("completed", "diverged")
    assert len(run.predict(data(kind).x)) == 40
    assert all(finding.message() for finding in run.findings)


@pytest.mark.parametrize(
    ("network", "named"),
    [
        ((jr.Dense(3), jr.Reshape((2, 2))), "2"),
        ((jr.EmbedCategories(((7, 3),)),), "1"),
    ],
)
def test_a_network_that_cannot_take_the_data_names_the_layer(network: Any, named: str) -> None:
    with pytest.raises(RecipeError, match=named):
        jr.train(jr.Recipe(network=network), data("binary"))


def test_layer_rates_must_be_as_many_as_layers() -> None:
    recipe = jr.Recipe(network=(jr.Dense(3),), layer_rates=(1.0,), epochs=1)
    with pytest.raises(jr.JaramError, match="layer_rates"):
        jr.train(recipe, data("binary"))
    jr.train(dataclasses.replace(recipe, layer_rates=(1.0, 0.5)), data("binary"))


def test_series_and_pictures_are_flattened_before_the_output() -> None:
    x = np.random.default_rng(0).normal(size=(30, 4, 2)).astype(np.float32)
    given_data = jr.Data(x, np.arange(30) % 2)
    run = jr.train(jr.Recipe(network=(jr.Dense(3, "tanh"),), epochs=1), given_data)
    assert [type(layer).__name__ for layer in run.recipe.network] == ["Dense", "Flatten", "Dense"]


def forecast_of(values: Any, tmp_path: Path, season: int | None = 12) -> Any:
    path = tmp_path / "series.csv"
    path.write_text("value\n" + "\n".join(f"{value:.6f}" for value in values) + "\n")
    return jr.load(path, forecast=6, season=season)


def network_for(given: jr.Data, **said: Any) -> tuple[Any, str]:
    recipe = jr.Recipe(**said)
    completed, choices = complete(recipe, prepare(given, prepare_options(recipe)))
    reason = next((choice.key for choice in choices if choice.field == "network"), "")
    return completed.network, reason


STEPS = np.arange(120)
SEASON = 20 * np.sin(2 * np.pi * STEPS / 12)
NOISE = np.random.default_rng(0).normal(size=120)


def test_a_series_with_a_trend_is_foretold_from_its_last_season(tmp_path: Path) -> None:
    given = forecast_of(0.5 * STEPS + SEASON + NOISE, tmp_path)
    (anchored,), reason = network_for(given)
    assert anchored.season == 12  # repeating it is nearer than repeating the last value
    assert reason == "recipe.chose_network_trend"
    run = jr.train(jr.Recipe(epochs=3, seed=0), given)
    assert run.metrics["valid/mae"] < run.summary["baselines"]["valid"]["seasonal_naive"]["mae"]
    assert all(choice.field != "output" for choice in run.choices)


@pytest.mark.parametrize(
    ("values", "season", "expected"),
    [
        (0.2 * STEPS + np.cumsum(NOISE), 12, 1),  # the season is said, but is not there
        (2.0 * STEPS + SEASON, None, 1),
    ],
)
def test_without_a_season_the_last_value_is_the_anchor(
    values: Any, season: int | None, expected: int, tmp_path: Path
) -> None:
    (anchored,), _ = network_for(forecast_of(values, tmp_path, season))
    assert anchored.season == expected


@pytest.mark.parametrize(
    "said",
    [
        {"scale_target": False},  # answers in other units than the windows
        {"output": jr.Dense(6)},
    ],
    ids=lambda said: next(iter(said)),
)
def test_what_can_not_be_anchored_is_not(said: dict[str, Any], tmp_path: Path) -> None:
    network, _ = network_for(forecast_of(2.0 * STEPS + SEASON + 50, tmp_path), **said)
    assert [type(layer).__name__ for layer in network] == ["Flatten", "Dense", "Dense"]


@pytest.mark.parametrize(
    "values", [SEASON + NOISE, np.where(STEPS < 100, 0.0, NOISE)], ids=["season", "constant"]
)
def test_a_series_without_a_trend_shows_its_level(values: Any, tmp_path: Path) -> None:
    network, reason = network_for(forecast_of(values, tmp_path))
    assert [type(layer).__name__ for layer in network] == ["Flatten", "Dense", "Dense"]
    assert reason == "recipe.chose_network_forecast"


def test_texts_are_told_apart_by_runs_of_units_without_a_penalty() -> None:
    given = jr.load("film_reviews")
    network, reason = network_for(given)
    units = int((prepare(given).train.x != 0).sum())
    assert type(network[0]).__name__ == "NGramEmbedding"
    assert units <= network[0].buckets < 2 * units
    assert reason == "recipe.chose_network_text"
    completed, choices = complete(jr.Recipe(), prepare(given))
    assert completed.penalties == ()
    assert all(choice.field != "penalties" for choice in choices)


def test_runs_of_letters_are_longer_and_vectors_as_wide_as_there_are_classes() -> None:
    letters, _ = network_for(jr.load("film_reviews", unit="jamo"))
    characters, _ = network_for(jr.load("film_reviews"))
    assert (letters[0].longest, characters[0].longest) == (6, 3)
    assert characters[0].units == 8
    rows = [f"글 {chr(ord('가') + row % 12)} 하나" for row in range(120)]
    labels = [f"c{row % 12}" for row in range(120)]
    many, _ = network_for(jr.load({"text": rows, "label": labels}, "label", text="text"))
    assert many[0].units == 12


def test_texts_have_a_rate_of_their_own_and_a_said_network_does_not() -> None:
    prepared = prepare(jr.load("film_reviews"))
    assert complete(jr.Recipe(), prepared)[0].optimizer == jr.Adam(3e-3)
    said = jr.Recipe(network="global_average_pool")
    assert complete(said, prepared)[0].optimizer == jr.Adam(1e-3)


def test_series_have_a_tenth_of_the_penalty_of_a_table() -> None:
    rng = np.random.default_rng(0)
    rows = prepare(jr.Data(rng.normal(size=(100, 6)), np.arange(100) % 2))
    series = prepare(jr.Data(rng.normal(size=(100, 6, 1)), np.arange(100) % 2))
    assert penalty_strength(series) == pytest.approx(penalty_strength(rows) / 10, rel=0.03)


@pytest.mark.parametrize(("side", "filters"), [(8, 32), (16, 32), (28, 16), (64, 16), (96, 32)])
def test_larger_pictures_begin_with_fewer_filters_or_a_stride(side: int, filters: int) -> None:
    x = np.random.default_rng(0).normal(size=(4, side, side, 1)).astype(np.float32)
    network, _ = network_for(jr.Data(x, np.arange(4) % 2), validation=0.0)
    assert network[0].filters == filters
    assert (network[0].stride != 1) == (side > 64)
