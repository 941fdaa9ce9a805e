"""What begins trained keeps what it knows, and what is frozen changes by no bit."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import jaram as jr
from jaram.data.prepare import prepare
from jaram.errors import DataError, RecipeError, RunError, UsageError
from jaram.network.frozen import carried
from jaram.network.layer import Context
from jaram.network.network import apply_each
from jaram.runs import origins
from jaram.runs.candidates import prepare_options
from jaram.training import engine

BODY = "dense 8 relu, batch_norm, dropout 0.3, dense 4 tanh"
HARSH: dict[str, Any] = {
    "optimizer": jr.AdamW(learning_rate=0.05, weight_decay=0.1),
    "penalties": (jr.L2(0.1), jr.L1(0.1), jr.MaxNorm(0.01)),
    "averaging": jr.ExponentialAverage(0.5),
    "epochs": 3,
    "stop": None,
    "batch_size": 16,
}
"""All that could move a weight."""


def table(classes: int, seed: int = 0, offset: float = 0.0) -> jr.Data:
    rng = np.random.default_rng(seed)
    x = rng.normal(offset, 3.0, (64, 3)).astype(np.float32)
    return jr.Data(x, rng.integers(0, classes, 64), feature_names=["a", "b", "c"])


@pytest.fixture(scope="module")
def source() -> jr.Run:
    return jr.train(jr.Recipe(network=BODY, epochs=2, seed=3), table(3))


@pytest.fixture(scope="module")
def tuned(source: jr.Run) -> jr.Run:
    recipe = jr.fine_tuning(source, jr.Recipe(**HARSH), freeze=3)
    return jr.train(recipe, table(4, seed=1, offset=5.0))


def same(one: Any, other: Any) -> bool:
    leaves, others = jax.tree.leaves(one), jax.tree.leaves(other)
    return len(leaves) == len(others) and all(
        np.asarray(a).tobytes() == np.asarray(b).tobytes()
        for a, b in zip(leaves, others, strict=True)
    )


def test_frozen_layers_change_by_no_bit(source: jr.Run, tuned: jr.Run) -> None:
    for place in range(3):
        assert tuned.params[place] == {}
        params, state = carried(tuned.network_state[place])
        assert same(params, source.params[place])
        assert same(state, source.network_state[place])


def test_what_is_not_frozen_moves(source: jr.Run, tuned: jr.Run) -> None:
    assert not same(tuned.params[3], source.params[3])
    assert np.shape(tuned.params[4]["weight"]) == (4, 4)


def test_every_kept_layer_begins_with_the_trained_weights(source: jr.Run) -> None:
    recipe = jr.fine_tuning(source, freeze=1)
    params, state = drawn_of(recipe, table(4))
    assert same(carried(state[0])[0], source.params[0])
    assert same((params[1], state[1]), (source.params[1], source.network_state[1]))
    assert same(params[3], source.params[3])


def drawn_of(recipe: jr.Recipe, data: jr.Data) -> Any:
    from jaram.defaults import complete

    prepared = prepare(data, prepare_options(recipe))
    return engine.drawn(complete(recipe, prepared)[0], prepared)


def test_frozen_layers_are_in_training_as_in_use(source: jr.Run, tuned: jr.Run) -> None:
    x = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    network = (tuned.recipe.network or ())[:3]
    own = tuned.params[:3], tuned.network_state[:3]
    training = Context(training=True, key=jax.random.key(0))
    as_trained, states = apply_each(network, *own, x, training)
    as_used, _ = apply_each(network, *own, x, Context())
    of_source, _ = apply_each(
        (source.recipe.network or ())[:3], source.params[:3], source.network_state[:3], x, Context()
    )
    assert same(as_trained, as_used)
    assert same(as_trained, of_source)
    assert same(states, own[1])


def test_nothing_is_computed_backwards_through_frozen_layers() -> None:
    """The gradient's program has the products of the forward pass and those of the head alone."""
    from jaram.network.network import initial_params, initial_state

    network = (
        *(jr.Frozen(jr.Dense(7, "tanh", bias=False)) for _ in range(4)),
        jr.Dense(1, bias=False),
    )
    params, state = initial_params(network, 0, (7,)), initial_state(network, (7,))

    def loss(params: Any, x: Any) -> Any:
        return apply_each(network, params, state, x)[0][-1].sum()

    program = str(jax.make_jaxpr(jax.grad(loss))(params, np.ones((5, 7), np.float32)))
    assert program.count("dot_general[") == 4 + 1 + 1


def test_the_preparation_is_the_sources(source: jr.Run, tuned: jr.Run) -> None:
    assert tuned.preparation.center == source.preparation.center
    assert tuned.preparation.scale == source.preparation.scale
    assert tuned.task.outputs == 4
    before = source.preparation.transform(np.ones((2, 3)))
    assert same(tuned.preparation.transform(np.ones((2, 3))), before)


def test_the_run_tells_where_it_began(source: jr.Run, tuned: jr.Run, tmp_path: Path) -> None:
    told = {choice.field: choice for choice in tuned.choices}
    assert told["begin"].values == {"layers": 4, "frozen": 3, "kept": 1, "new": 1}
    assert "3 of them frozen" in told["begin"].reason("en")
    assert tuned.recipe.layer_rates == (0.1, 0.1, 0.1, 0.1, 1.0)
    again = jr.open(tuned.save(tmp_path / "run").folder)
    assert again.recipe == tuned.recipe
    assert same((again.params, again.network_state), (tuned.params, tuned.network_state))
    x = np.ones((2, 3))
    assert same(again.predict_proba(x), tuned.predict_proba(x))


def test_all_frozen_extracts_features(source: jr.Run) -> None:
    recipe = jr.fine_tuning(source, jr.Recipe(epochs=2), freeze="all")
    run = jr.train(recipe, table(4))
    assert not any(run.params[:-1])
    assert run.recipe.layer_rates == ()
    x = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    assert same(run.features(x), source.features(x))
    weight, bias = run.params[-1]["weight"], run.params[-1]["bias"]
    np.testing.assert_allclose(run.logits(x), source.features(x) @ weight + bias, atol=1e-5)


def test_features_are_those_of_the_layer(source: jr.Run) -> None:
    x = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    prepared = source.preparation.transform(x)
    outputs, _ = apply_each(
        source.recipe.network or (), source.params, source.network_state, prepared, Context()
    )
    for layer in (1, 4, 5):
        np.testing.assert_allclose(source.features(x, layer), outputs[layer - 1], atol=1e-6)
    for wrong in (0, 6, True, "dense"):
        with pytest.raises(UsageError):
            source.features(x, wrong)  # type: ignore[arg-type]


def test_a_population_fine_tunes_each_as_alone(source: jr.Run) -> None:
    base = jr.fine_tuning(source, jr.Recipe(epochs=2, batch_size=16), freeze=1)
    recipes = [
        dataclasses.replace(base, optimizer=jr.Adam(rate), seed=seed)
        for seed, rate in enumerate((0.01, 0.001))
    ]
    together = jr.train([*recipes, jr.Recipe(network=BODY, epochs=2)], table(4))
    alone = jr.train(recipes[1], table(4))
    for one, other in zip(
        jax.tree.leaves(together[1].params), jax.tree.leaves(alone.params), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert same(carried(together[0].network_state[0]), carried(together[1].network_state[0]))


def test_a_fine_tuned_run_is_begun_with_again(source: jr.Run, tuned: jr.Run) -> None:
    """Unfrozen again: what was frozen is trained on."""
    recipe = jr.fine_tuning(tuned, jr.Recipe(epochs=1, penalties=()), freeze=0)
    assert not any(isinstance(layer, jr.Frozen) for layer in recipe.network or ())
    params, state = drawn_of(recipe, table(4))
    assert same((params[0], state[1]), (source.params[0], source.network_state[1]))


def test_a_kept_head_goes_on_where_it_was(source: jr.Run) -> None:
    recipe = jr.fine_tuning(source, jr.Recipe(epochs=1), keep_head=True)
    params, _ = drawn_of(recipe, table(3, seed=5))
    assert same(params, source.params)
    run = jr.train(recipe, table(3, seed=5))
    assert run.task == source.task
    with pytest.raises(DataError, match="none of the classes"):
        jr.train(recipe, table(4, seed=5))
    with pytest.raises(DataError, match="head that is kept"):
        rng = np.random.default_rng(0)
        jr.train(recipe, jr.Data(rng.normal(size=(30, 3)), rng.normal(size=30)))


def test_fewer_layers_are_taken(source: jr.Run) -> None:
    recipe = jr.fine_tuning(source, jr.Recipe(network="dense 4 tanh"), layers=2)
    params, _ = drawn_of(recipe, table(4))
    assert same(params[0], source.params[0])
    assert not same(params[2], source.params[3])


def test_new_layers_stand_before_the_new_head(source: jr.Run) -> None:
    recipe = jr.fine_tuning(source, jr.Recipe(network="dense 6 relu", epochs=1), freeze="all")
    run = jr.train(recipe, table(4))
    assert [type(layer).__name__ for layer in run.recipe.network or ()][-2:] == ["Dense", "Dense"]
    assert np.shape(run.params[-1]["weight"]) == (6, 4)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"freeze": 9}, "from 0 to 4"),
        ({"layers": 2, "freeze": 3}, "from 0 to 2"),
        ({"layers": 5}, "from 1 to 4"),
        ({"layers": 0}, "from 1 to 4"),
        ({"layers": 2, "keep_head": True}, "its own layers"),
        ({"freeze": -1}, "from 0 to 4"),
        ({"freeze": "some"}, "from 0 to 4"),
        ({"freeze": True}, "from 0 to 4"),
        ({"freeze": "all", "keep_head": True}, "nothing to train"),
        ({"keep_head": True, "recipe": jr.Recipe(network="dense 3")}, "its own layers"),
    ],
)
def test_wrong_wishes_are_told(source: jr.Run, said: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        jr.fine_tuning(source, said.pop("recipe", None), **said)


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="begins with a run"):
        jr.fine_tuning(3)  # type: ignore[arg-type]
    with pytest.raises(RunError):
        jr.fine_tuning(tmp_path / "nowhere")


def test_data_of_another_kind_is_told(source: jr.Run) -> None:
    recipe = jr.fine_tuning(source)
    rng = np.random.default_rng(0)
    y = np.arange(20) % 2
    pictures = jr.Data(rng.normal(size=(20, 4, 4, 1)), y)
    wide = jr.Data(rng.normal(size=(20, 5)), y)
    renamed = jr.Data(rng.normal(size=(20, 3)), y, feature_names=["a", "b", "d"])
    for data, problem in ((pictures, "another kind"), (wide, r"\(5,\)"), (renamed, ": c")):
        with pytest.raises(DataError, match=problem):
            jr.train(recipe, data)


def test_a_network_that_does_not_fit_is_told(source: jr.Run) -> None:
    recipe = jr.fine_tuning(source)
    other = dataclasses.replace(recipe, network="dense 9 relu, batch_norm, dropout, dense 4")
    with pytest.raises(RecipeError, match=r"Layer 1 \(dense 9 relu\)"):
        jr.train(other, table(4))
    short = dataclasses.replace(recipe, network="dense 8 relu")
    with pytest.raises(RecipeError, match="only 2 layers"):
        jr.train(short, table(4))


def test_the_source_is_read_from_its_folder(
    source: jr.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another process: by path, with the weights that the recipe knows."""
    source.save(tmp_path / "source")
    monkeypatch.setattr(origins, "_known", {})
    recipe = jr.fine_tuning(tmp_path / "source", jr.Recipe(epochs=1))
    written = jr.Recipe.from_toml(recipe.to_toml())
    assert written == recipe
    monkeypatch.setattr(origins, "_known", {})
    params, _ = drawn_of(written, table(4))
    assert same(params[0], source.params[0])

    monkeypatch.setattr(origins, "_known", {})
    other = dataclasses.replace(
        recipe, begin=jr.TrainedLayers(str(tmp_path / "source"), 4, "0" * 64)
    )
    with pytest.raises(RunError, match="does not hold the weights"):
        jr.train(other, table(4))
    unsaved = dataclasses.replace(recipe, begin=jr.TrainedLayers("", 4, "0" * 64))
    with pytest.raises(RunError, match="never saved"):
        jr.train(unsaved, table(4))


def test_an_interrupted_fine_tuning_goes_on(source: jr.Run, tmp_path: Path) -> None:
    class Stopper:
        def __call__(self, report: Any) -> None:
            raise KeyboardInterrupt

        def close(self) -> None: ...

    recipe = jr.fine_tuning(source, jr.Recipe(epochs=5, batch_size=16), freeze=2)
    whole = jr.train(recipe, table(4), out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        jr.train(recipe, table(4), out=tmp_path / "cut", progress=Stopper())
    resumed = jr.train(data=table(4), resume=tmp_path / "cut")
    assert same(resumed.params, whole.params)
    assert same(resumed.network_state, whole.network_state)


def test_the_doctor_treats_only_what_leaves_the_beginning_its_place(source: jr.Run) -> None:
    from jaram.defaults import complete
    from jaram.doctor.remedies.registry import all_remedies
    from jaram.training.beginning import still_fits

    recipe = jr.fine_tuning(source, freeze=1)
    prepared = prepare(table(4), prepare_options(recipe))
    completed = complete(recipe, prepared)[0]
    found = [
        one for known in all_remedies().values() for one in known.prescriptions(completed, prepared)
    ]
    assert found
    assert all(one.recipe.begin == completed.begin for one in found)
    assert all(still_fits(one.recipe, prepared) for one in found)


def test_a_network_of_one_layer_goes_on_with_its_head_and_says_so() -> None:
    """An anchored forecast network could not be fine-tuned, and nothing said how to go on."""
    data = jr.load({"sales": [float(place) for place in range(60)]}, "sales", forecast=2, window=4)
    run = jr.train(
        jr.Recipe(
            network=(jr.Anchored(jr.Sequential((jr.Flatten(), jr.Dense(2)))),),
            output=None,
            epochs=2,
            stop=None,
        ),
        data,
    )
    with pytest.raises(jr.UsageError, match=r"--keep-head \(keep_head=True\)"):
        jr.fine_tuning(run)
    recipe = jr.fine_tuning(run, jr.Recipe(epochs=1, stop=None), keep_head=True)
    before = jax.tree.leaves(run.params[0])[0]
    again = jr.train(recipe, data)
    moved = np.abs(np.asarray(jax.tree.leaves(again.params[0])[0]) - np.asarray(before)).max()
    assert 0 < moved < 0.1
