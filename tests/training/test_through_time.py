"""The gradient through time: against closed forms, PyTorch and shorter series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.data import prepare
from jaram.data.task import Task
from jaram.defaults import complete
from jaram.network.network import initial_params, initial_state
from jaram.runs.candidates import prepare_options
from jaram.training.through_time import (
    gradient_through_time,
    recurrent_places,
    through_time,
)

STEPS, CHANNELS, UNITS = 12, 3, 4
EXAMPLES = 5


def inputs(steps: int = STEPS, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(EXAMPLES, steps, CHANNELS)).astype(np.float32)


def ready(*layers: Any, seed: int = 0) -> tuple[jr.Recipe, Task, Any, Any]:
    """A completed regression of two numbers, and what it begins with."""
    given = jr.Data(inputs(), inputs()[:, 0, :2], task="regression")
    asked = jr.Recipe(network=layers, scale="none", validation=0.0, scale_target=False, seed=seed)
    prepared = prepare(given, prepare_options(asked))
    recipe = complete(asked, prepared)[0]
    shape = prepared.input_shape
    params = initial_params(recipe.network or (), seed, shape)
    return recipe, prepared.task, params, initial_state(recipe.network or (), shape)


def test_a_factor_at_each_step_is_its_power() -> None:
    """Units that only multiply their state by 0.5 pass on 0.5 to the power of the distance."""
    recipe, task, params, state = ready(jr.RNN(UNITS, "identity"))
    params[0]["recurrent"]["weight"] = 0.5 * np.eye(UNITS, dtype=np.float32)
    found = gradient_through_time(recipe, task, params, state, inputs(), inputs()[:, 0, :2])[0]
    np.testing.assert_allclose(found / found[-1], 0.5 ** np.arange(STEPS)[::-1], rtol=1e-4)


def test_what_is_smaller_than_a_square_can_be_is_still_told() -> None:
    recipe, task, params, state = ready(jr.RNN(UNITS, "identity"))
    params[0]["recurrent"]["weight"] = 1e-3 * np.eye(UNITS, dtype=np.float32)
    y = inputs()[:, 0, :2]
    found = gradient_through_time(recipe, task, params, state, inputs(), y)[0]
    np.testing.assert_allclose(found[1:] / found[:-1], 1e3, rtol=1e-3)  # 1e-33 at the first step


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_it_is_what_pytorch_finds(kind: str) -> None:
    torch = pytest.importorskip("torch")
    layer = {"rnn": jr.RNN, "lstm": jr.LSTM, "gru": jr.GRU}[kind](UNITS)
    recipe, task, params, state = ready(layer, seed=3)
    x, y = inputs(seed=4), inputs(seed=5)[:, 0, :2]
    found = gradient_through_time(recipe, task, params, state, x, y)[0]

    theirs = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](
        CHANNELS, UNITS, batch_first=True
    )
    ours, head = params[0], params[1]
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(torch.tensor(ours["input"]["weight"].T))
        theirs.weight_hh_l0.copy_(torch.tensor(ours["recurrent"]["weight"].T))
        theirs.bias_ih_l0.copy_(torch.tensor(ours["bias"]))
        theirs.bias_hh_l0.zero_()
    seen = torch.tensor(x, requires_grad=True)
    answer = theirs(seen)[0][:, -1] @ torch.tensor(head["weight"]) + torch.tensor(head["bias"])
    ((answer - torch.tensor(y)) ** 2).mean(dim=1).sum().backward()
    wanted = seen.grad.norm(dim=2).square().mean(dim=0).sqrt().numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_of_two_layers_each_is_told_by_its_place() -> None:
    layers = (jr.RNN(UNITS, return_sequences=True), jr.Dense(3), jr.Bidirectional(jr.GRU(UNITS)))
    recipe, task, params, state = ready(*layers)
    found = gradient_through_time(recipe, task, params, state, inputs(), inputs()[:, 0, :2])
    assert sorted(found) == list(recurrent_places(recipe.network or ())) == [0, 2]
    assert all(one.shape == (STEPS,) and (one > 0).all() for one in found.values())


def test_layers_inside_others_are_found() -> None:
    inside = jr.Residual((jr.GRU(CHANNELS, return_sequences=True),))
    assert recurrent_places((jr.Dense(3), inside, jr.LSTM(4), jr.Dense(1))) == (1, 2)
    assert recurrent_places((jr.Dense(3), jr.Conv(4, 3))) == ()


def test_padding_changes_no_number_and_ends_stand_together() -> None:
    recipe, task, params, state = ready(jr.Masking(), jr.LSTM(UNITS))
    x, y = inputs(seed=6), inputs(seed=7)[:, 0, :2]
    x[..., -1] = 0.0
    whole = gradient_through_time(recipe, task, params, state, x, y)[1]
    padded = np.concatenate([x, np.ones_like(x[:, :4])], axis=1)  # the last channel says: padding
    padded_found = gradient_through_time(recipe, task, params, state, padded, y)[1]
    np.testing.assert_allclose(padded_found[4:], whole, rtol=1e-5)
    assert np.isnan(padded_found[:4]).all()

    short = np.concatenate([padded, padded])
    short[EXAMPLES:, STEPS - 3 : STEPS, -1] = 1.0  # three real steps less
    found = gradient_through_time(recipe, task, params, state, short, np.concatenate([y, y]))[1]
    np.testing.assert_allclose(found[4:7], whole[:3], rtol=1e-5)  # only the long ones reach
    assert np.isfinite(found[4:]).all()


def test_a_run_tells_it_and_keeps_it(tmp_path: Any) -> None:
    data = jr.load("adding_problem", n=60, length=STEPS)
    run = jr.train(jr.Recipe(network=(jr.LSTM(4),), epochs=2, stop=None), data)
    frame = run.through_time
    assert frame["steps_back"].to_list() == list(range(STEPS))[::-1]
    assert set(frame["name"]) == {"lstm 4"} and (frame["first"] > 0).all()
    assert run.prepared is not None
    (again,) = through_time(run.recipe, run.prepared, run.params, run.network_state)
    assert frame["best"].to_list() == again.best.tolist()
    opened = jr.open(run.save(tmp_path / "run").folder)
    assert opened.through_time.equals(frame)
    (tmp_path / "run" / "through_time.json").unlink()
    with pytest.raises(jr.JaramError, match="does not hold its gradient through time"):
        _ = jr.open(tmp_path / "run").through_time


def test_a_network_without_memory_has_none(tmp_path: Any) -> None:
    run = jr.train(jr.Recipe(network=(jr.Dense(4),), epochs=1), jr.load("xor", n=40))
    assert run.through_time.is_empty()
    assert run.through_time.columns == ["layer", "name", "steps_back", "first", "best"]
    folder = run.save(tmp_path / "run").folder
    assert folder is not None and not (folder / "through_time.json").exists()
    assert jr.open(folder).through_time.is_empty()


def test_what_is_damaged_is_told_with_its_place(tmp_path: Any) -> None:
    data = jr.load("adding_problem", n=60, length=STEPS)
    run = jr.train(jr.Recipe(network=(jr.RNN(4),), epochs=1), data).save(tmp_path / "run")
    assert run.folder is not None
    (run.folder / "through_time.json").write_text('{"layers": [{"layer": 0, "first": [1]}]}')
    with pytest.raises(jr.JaramError, match="run"):
        jr.open(run.folder)
