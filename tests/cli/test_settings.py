"""``--set``: any field of a recipe by its path, with the nearest name for a misspelled one."""

from __future__ import annotations

import dataclasses

import pytest

import jaram as jr
from jaram.cli.settings import apply_settings
from jaram.errors import JaramError, UsageError
from jaram.spec import describe

START = jr.Recipe(network="dense 64 relu, dropout 0.2", optimizer="sgd 0.1")


def chosen(recipe: jr.Recipe) -> jr.Recipe:
    return dataclasses.replace(
        recipe, optimizer=jr.Adam(0.5), network=(jr.Dense(7), jr.Dense(3)), loss=jr.Huber()
    )


CASES = {
    "seed=3": ("seed", 3),
    "epochs=7": ("epochs", 7),
    "scale=none": ("scale", "none"),
    "optimizer.learning_rate=0.01": ("optimizer", jr.SGD(0.01)),
    "optimizer=adam 0.2": ("optimizer", jr.Adam(0.2)),
    "network.0.units=32": ("network", (jr.Dense(32, "relu"), jr.Dropout(0.2))),
    "network.1=dropout 0.5": ("network", (jr.Dense(64, "relu"), jr.Dropout(0.5))),
    "network=dense 3": ("network", (jr.Dense(3),)),
    "network.0.activation=tanh": ("network", (jr.Dense(64, "tanh"), jr.Dropout(0.2))),
    "penalties=l2 0.01": ("penalties", (jr.L2(0.01),)),
    "layer_rates=1, 0.5": ("layer_rates", (1.0, 0.5)),
    "stop=none": ("stop", None),
    "batch_size=full": ("batch_size", "full"),
    "class_weight=balanced": ("class_weight", "balanced"),
    "shuffle=false": ("shuffle", False),
    # a path into what is left to be chosen takes the choice, and that field alone
    "loss.delta=2": ("loss", jr.Huber(2.0)),
}


@pytest.mark.parametrize("setting", CASES)
def test_a_setting_changes_its_field_and_no_other(setting: str) -> None:
    field, value = CASES[setting]
    changed = apply_settings(START, [setting], chosen)
    assert getattr(changed, field) == value
    assert describe(dataclasses.replace(changed, **{field: getattr(START, field)})) == describe(
        START
    )


WRONG = {
    "optimiser.learning_rate=1": "'optimizer'",
    "optimizer.learning_rat=1": "'learning_rate'",
    "network.5.units=3": "0 to 1",
    "network.first.units=3": "'first'",
    "seed.deeper=3": "seed",
    "seed": "'seed'",
    "=3": "--set",
    "seed=many": "seed",
    "optimizer.learning_rate=-1": "learning_rate",
    "optimizer=adm": "'adam'",
    "network=dens 3": "'dense'",
    "network.0.units=0": "units",
}


@pytest.mark.parametrize("setting", WRONG)
def test_a_wrong_setting_is_told_with_what_would_be_right(setting: str) -> None:
    with pytest.raises(JaramError) as told:
        apply_settings(START, [setting], chosen)
    assert WRONG[setting] in str(told.value)


def test_a_path_into_a_chosen_network_takes_its_output_layer_along() -> None:
    whole = dataclasses.replace(START, network=(jr.Dense(7), jr.Dense(3, "softmax")), output=None)
    changed = apply_settings(jr.Recipe(), ["network.0.units=5"], lambda recipe: whole)
    assert changed.network == (jr.Dense(5), jr.Dense(3, "softmax"))
    assert changed.output is None


def test_settings_are_done_in_order() -> None:
    changed = apply_settings(START, ["optimizer=adam 0.2", "optimizer.learning_rate=0.3"], chosen)
    assert changed.optimizer == jr.Adam(0.3)


def test_an_unknown_path_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        apply_settings(START, ["nothing.at.all=1"], chosen)
