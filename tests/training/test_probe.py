"""The probe: it changes nothing, and each vital sign equals a slow, obvious computation."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest
from by_hand import gradients

import jaram as jr
from jaram.data import prepare
from jaram.defaults import complete
from jaram.runs.candidates import prepare_options
from jaram.training import engine, planning
from jaram.training.group import Group
from jaram.training.probe import PROBE_ROWS, VITAL_SIGNS

ROWS = 60  # not more than PROBE_ROWS: the probe sees the whole training part


def data(rows: int = ROWS) -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3)).astype(np.float32)
    return jr.Data(x, (x[:, 0] + x[:, 1] > 0).astype(int))


def recipe(*hidden: jr.Layer, **fields: Any) -> jr.Recipe:  # type: ignore[name-defined]
    chosen: dict[str, Any] = {
        "network": hidden,
        "optimizer": jr.SGD(learning_rate=0.5),
        "penalties": (),
        "averaging": None,
        "batch_size": "full",
        "epochs": 4,
        "stop": None,
        "validation": 0.0,
        "scale": "none",
    }
    return jr.Recipe(**(chosen | fields))


def each_epoch(asked: jr.Recipe, given: jr.Data, change: Any = None) -> tuple[list[Any], Any]:
    """The parameters after each epoch, and the vital signs ``(epochs, layers, signs)``.

    change: a function of the first parameters, for networks whose activations are known by hand.
    """
    prepared = prepare(given, prepare_options(asked))
    group = Group((complete(asked, prepared)[0],), prepared)
    plan = dataclasses.replace(planning.plan_for(group), capacity=1)
    knobs, state = engine.initial(group, plan)
    if change is not None:
        state = state._replace(params=jax.tree.map(np.asarray, change(state.params)))
    params, vitals = [], []
    for advance in engine.advance(group, plan, knobs, state, 0, lambda _: False):
        params.append(
            jax.tree.map(lambda leaf: np.asarray(leaf, np.float64)[0], advance.state.params)
        )
        vitals.append(advance.records.vitals[0, 0])
    return params, np.array(vitals)


def sign(vitals: Any, name: str) -> Any:
    """``(epochs, layers)`` of one vital sign."""
    return vitals[..., VITAL_SIGNS.index(name)]


def norm(layer: Any) -> float:
    return float(np.sqrt(sum(np.sum(leaf**2) for leaf in jax.tree.leaves(layer))))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"optimizer": jr.Adam(learning_rate=0.05), "clip": jr.ClipNorm(0.1)},
        {
            "optimizer": jr.Momentum(learning_rate=0.5),
            "penalties": (jr.L2(0.5, decoupled=True), jr.L2(0.01), jr.MaxNorm(0.5)),
            "layer_rates": (0.5, 2.0),
        },
    ],
)
def test_vital_signs_are_what_they_say(fields: dict[str, Any]) -> None:
    # With the whole training part as one minibatch, the probe after an epoch sees what the next
    # step will see, so that its update is the next epoch's parameters minus this one's.
    given = data()
    params, vitals = each_epoch(recipe(jr.Dense(4, "tanh"), **fields), given)
    x, y = given.x.astype(np.float64), given.y.reshape(-1, 1)
    for epoch, layers in enumerate(params):
        flat = [layer[name] for layer in layers for name in ("weight", "bias")]
        slopes = gradients(flat, x, y, np.ones(ROWS), "binary")
        for penalty in fields.get("penalties", ()):
            if isinstance(penalty, jr.L2) and not penalty.decoupled:
                slopes[0], slopes[2] = (slopes[i] + penalty.strength * flat[i] for i in (0, 2))
        hidden = np.tanh(x @ flat[0] + flat[1])
        answers = 1 / (1 + np.exp(-(hidden @ flat[2] + flat[3])))
        expected = {
            "gradient_norm": [norm(slopes[:2]), norm(slopes[2:])],
            "weight_norm": [norm(layer) for layer in layers],
            "activation_mean": [hidden.mean(), answers.mean()],
            "activation_std": [hidden.std(), answers.std()],
            "saturated": [(1 - hidden**2 < 0.05).mean(), (answers * (1 - answers) < 0.0125).mean()],
        }
        if epoch + 1 < len(params):
            expected["update_ratio"] = [
                norm(jax.tree.map(np.subtract, after, before)) / norm(before)
                for before, after in zip(layers, params[epoch + 1], strict=True)
            ]
        for name, values in expected.items():
            # float32 against float64: some 1e-6 relative, more for what is a difference of two
            # near numbers (parameters of size 1 that differ by 0.01: 6e-8 / 0.01).
            np.testing.assert_allclose(
                sign(vitals, name)[epoch], values, rtol=3e-5, atol=1e-6, err_msg=f"{name} {epoch}"
            )
    assert np.isnan(sign(vitals, "dead")).all()


def test_dead_units_are_counted() -> None:
    def kill(params: Any) -> Any:
        bias = params[0]["bias"].copy()
        bias = np.array(bias)
        bias[:, :3] = -100.0  # inputs are a few units large: these three never answer
        bias[:, 3:] = 100.0  # and these always
        return ({**params[0], "bias": bias}, params[1])

    still = recipe(jr.Dense(8, "relu"), optimizer=jr.SGD(learning_rate=1e-9))
    _, vitals = each_epoch(still, data(), kill)
    assert (sign(vitals, "dead")[:, 0] == 3 / 8).all()
    assert np.isnan(sign(vitals, "dead")[:, 1]).all()
    assert np.isnan(sign(vitals, "saturated")[:, 0]).all()


def test_a_unit_that_lives_on_one_row_is_not_dead() -> None:
    def nearly_kill(params: Any) -> Any:
        weight, bias = np.zeros((1, 3, 2), np.float32), np.zeros((1, 2), np.float32)
        weight[0, 0, :] = 1.0
        largest = np.sort(data().x[:, 0])[-2:]
        bias[0, 0] = -largest.mean()  # above 0 on the one row with the largest value
        bias[0, 1] = -largest[1] - 1.0
        return ({"weight": weight, "bias": bias}, params[1])

    still = recipe(jr.Dense(2, "relu"), optimizer=jr.SGD(learning_rate=1e-9))
    _, vitals = each_epoch(still, data(), nearly_kill)
    assert (sign(vitals, "dead")[:, 0] == 0.5).all()


def test_a_network_of_dead_units_does_not_move() -> None:
    positive = jr.Data(np.abs(data().x) + 0.1, data().y)
    dead = recipe(jr.Dense(5, "relu", init=jr.Constant(-1.0)))
    _, vitals = each_epoch(dead, positive)
    assert (sign(vitals, "dead")[:, 0] == 1).all()
    assert (sign(vitals, "gradient_norm")[:, 0] == 0).all()
    assert (sign(vitals, "update_ratio")[:, 0] == 0).all()
    assert (sign(vitals, "activation_mean")[:, 0] == 0).all()
    assert (sign(vitals, "activation_std")[:, 0] == 0).all()


def test_saturated_pairs_are_counted() -> None:
    def saturate(params: Any) -> Any:
        bias = np.zeros((1, 4), np.float32)
        bias[0, 0] = 50.0
        return ({"weight": np.zeros((1, 3, 4), np.float32), "bias": bias}, params[1])

    still = recipe(jr.Dense(4, "tanh"), optimizer=jr.SGD(learning_rate=1e-9))
    _, vitals = each_epoch(still, data(), saturate)
    assert (sign(vitals, "saturated")[:, 0] == 1 / 4).all()


def test_layers_without_parameters_have_no_norms() -> None:
    run = jr.train(recipe(jr.Dense(4), jr.Activation("relu"), epochs=1), data())
    first, second, _ = run.vitals.iter_rows(named=True)
    assert second["gradient_norm"] is None
    assert second["update_ratio"] is None
    assert second["dead"] is not None
    assert first["dead"] is None


def test_watching_changes_no_number() -> None:
    watched = recipe(
        jr.Dense(8, "relu"),
        jr.BatchNorm(),
        jr.Dropout(0.3),
        batch_size=32,
        validation=0.2,
        optimizer=jr.Adam(learning_rate=0.02),
    )
    given = data(3 * PROBE_ROWS)
    seen, unseen = (jr.train(watched, given, vitals=vitals) for vitals in (True, False))
    assert seen.vitals.height == 4 * 4
    assert unseen.vitals.height == 0
    assert np.array_equal(seen.steps, unseen.steps)
    assert seen.history.drop("seconds").equals(unseen.history.drop("seconds"))
    assert seen.best_epoch == unseen.best_epoch
    kept = [jax.tree.leaves((run.params, run.network_state)) for run in (seen, unseen)]
    for one, other in zip(*kept, strict=True):
        assert np.array_equal(one, other)
