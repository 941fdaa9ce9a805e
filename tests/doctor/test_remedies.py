"""What holds for every remedy: valid recipes, in any order, and only the change that it names."""

from __future__ import annotations

import dataclasses
from itertools import product

import jax
import numpy as np
import pytest
from remedied import DATA, SICK, completed, first, prescribed, ready, sick

import jaram
from jaram.defaults import complete
from jaram.doctor.remedies.registry import all_remedies
from jaram.messages import LANGUAGES, entry
from jaram.messages import _catalogue as catalogue
from jaram.network.network import shapes
from jaram.recipe import Recipe

REMEDIES = """
lower_learning_rate raise_learning_rate schedule_learning_rate warm_up larger_batch smaller_batch
change_activation add_nonlinearity match_initializer insert_batch_norm insert_layer_norm
residual_connections clip_gradients add_momentum change_optimizer scale_input scale_target
correct_loss correct_output class_weights add_dropout add_l2 add_noise stop_early simplify widen
deepen less_regularization more_epochs shuffle sound_defaults gated_memory orthogonal_recurrence
longer_memory attend_to_steps
"""
NAMES = REMEDIES.split()
ADVICE = "larger_validation shuffled_split drop_column check_labels more_data look_at_features"
TOUCHES = {
    "network": "change_activation add_nonlinearity match_initializer insert_batch_norm "
    "insert_layer_norm residual_connections add_dropout add_noise simplify widen deepen "
    "gated_memory orthogonal_recurrence longer_memory attend_to_steps",
    "optimizer": "lower_learning_rate raise_learning_rate add_momentum",
    "optimizer batch_size": "change_optimizer",
    "schedule": "schedule_learning_rate warm_up",
    "batch_size": "larger_batch smaller_batch",
    "clip": "clip_gradients",
    "scale": "scale_input",
    "scale_target": "scale_target",
    "network loss": "correct_loss correct_output",
    "class_weight": "class_weights",
    "penalties": "add_l2",
    "stop": "stop_early",
    "epochs stop schedule": "more_epochs",
    "shuffle": "shuffle",
    "network penalties averaging optimizer loss": "less_regularization",
}
"""The fields that remedies may change."""
AT_ONCE = """
schedule_learning_rate warm_up add_nonlinearity match_initializer insert_batch_norm
insert_layer_norm residual_connections add_momentum change_optimizer scale_input scale_target
correct_loss correct_output class_weights stop_early shuffle sound_defaults orthogonal_recurrence
longer_memory attend_to_steps
"""
"""Remedies with nothing left to do once they are applied."""


def check(data: str, recipe: Recipe) -> None:
    """A completed recipe that its data can be trained with, and that can be written and read."""
    prepared = ready(data, recipe)
    assert recipe.output is None
    assert complete(recipe, prepared) == (recipe, ())
    assert recipe.network is not None
    (outputs,) = shapes(recipe.network, prepared.input_shape)[-1]
    assert outputs >= 1
    assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_all_remedies_are_there_with_their_words() -> None:
    assert set(all_remedies()) == set(NAMES)
    for name in (*NAMES, *ADVICE.split()):
        for key in (name, f"{name}_why"):
            assert all(entry("remedies", key)[lang] for lang in LANGUAGES)
    assert len(catalogue("remedies")) == 2 * len((*NAMES, *ADVICE.split()))
    remedy = all_remedies()["shuffle"]
    assert remedy.title("en") == "shuffle the examples"
    assert remedy.reason("ko").endswith("가리킵니다.")


def test_the_sick_give_every_remedy_something_to_do() -> None:
    used = {name for name in NAMES for case in SICK if prescribed(name, *sick(case))}
    assert used == set(NAMES)


@pytest.mark.parametrize("case", SICK)
def test_every_dose_is_a_valid_recipe(case: str) -> None:
    data, recipe = sick(case)
    check(data, recipe)
    for name in NAMES:
        doses = prescribed(name, data, recipe)
        assert len({dose.dose for dose in doses}) == len(doses) <= 4
        for dose in doses:
            assert dose.recipe != recipe
            check(data, dose.recipe)


@pytest.mark.parametrize("case", SICK)
def test_any_two_compose(case: str) -> None:
    data, recipe = sick(case)
    for one, other in product(NAMES, NAMES):
        for dose in prescribed(one, data, recipe)[:1]:
            for second in prescribed(other, data, dose.recipe):
                prepared = ready(data, second.recipe)
                assert complete(second.recipe, prepared) == (second.recipe, ()), (one, other)
                shapes(second.recipe.network or (), prepared.input_shape)


@pytest.mark.parametrize("case", SICK)
def test_all_compose_in_a_row(case: str) -> None:
    data, recipe = sick(case)
    rng = np.random.default_rng(0)
    for _ in range(3):
        treated = recipe
        for name in rng.permutation(NAMES):
            doses = prescribed(str(name), data, treated)
            treated = doses[-1].recipe if doses else treated
        check(data, treated)


@pytest.mark.parametrize("case", SICK)
def test_only_what_is_named_changes(case: str) -> None:
    data, recipe = sick(case)
    fields = [field.name for field in dataclasses.fields(recipe)]
    for touched, names in TOUCHES.items():
        kept = set(fields) - set(touched.split())
        if "network" in touched:
            kept -= {"layer_rates"}
        for name in names.split():
            for dose in prescribed(name, data, recipe):
                changed = {f for f in kept if getattr(dose.recipe, f) != getattr(recipe, f)}
                assert not changed, name


@pytest.mark.parametrize("case", SICK)
def test_once_is_enough(case: str) -> None:
    data, recipe = sick(case)
    for name in AT_ONCE.split():
        for dose in prescribed(name, data, recipe)[:1]:
            again = prescribed(name, data, dose.recipe)
            # Another dose is still another recipe; the same one is not offered again.
            assert dose.dose not in [other.dose for other in again], name


@pytest.mark.parametrize("case", ["plain", "held back", "deep sigmoid"])
def test_doses_that_are_knobs_share_one_program(case: str) -> None:
    data, recipe = sick(case)
    structure = jax.tree.structure
    for name in ("lower_learning_rate", "raise_learning_rate", "add_momentum"):
        for dose in prescribed(name, data, recipe):
            assert structure(dose.recipe) == structure(recipe)
    for name in ("warm_up", "clip_gradients", "add_dropout", "add_l2", "add_noise"):
        doses = prescribed(name, data, recipe)
        assert len({structure(dose.recipe) for dose in doses}) <= 1
    weaker = [d for d in prescribed("less_regularization", data, recipe) if d.dose == "÷ 10"]
    assert all(structure(dose.recipe) == structure(recipe) for dose in weaker)


def test_a_treated_recipe_trains() -> None:
    """Two epochs of what several remedies made of one recipe."""
    recipe = completed("classes", network="dense 8 relu, dense 8 relu", epochs=2, stop=None)
    for name in (
        *("insert_batch_norm", "residual_connections", "add_dropout", "add_noise", "warm_up"),
        *("schedule_learning_rate", "clip_gradients", "add_l2"),
    ):
        recipe = first(name, "classes", recipe)
    run = jaram.train(recipe, DATA["classes"])
    assert run.result == "completed"
    assert np.isfinite(run.history["train/loss"].to_numpy()).all()


def test_a_remedy_is_defined_once() -> None:
    from jaram.doctor.remedies.registry import remedy

    with pytest.raises(ValueError, match="twice"):
        remedy("shuffle")(lambda recipe, prepared: ())


def test_recipes_without_hidden_layers_are_left_alone() -> None:
    linear = completed("two", network=())
    for name in ("widen", "simplify", "insert_batch_norm", "change_activation", "add_dropout"):
        assert prescribed(name, "two", linear) == ()


def test_every_remedy_that_a_finding_names_exists() -> None:
    from jaram.doctor.registry import all_definitions

    known = {*NAMES, *ADVICE.split()}
    for name, definition in all_definitions().items():
        assert set(definition.remedies) <= known, name
