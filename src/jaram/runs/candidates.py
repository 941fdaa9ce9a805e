"""Before a training: data loaded and prepared, recipes completed and checked."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from jaram.data.data import Data
from jaram.data.options import PrepareOptions
from jaram.data.prepare import Prepared, prepare
from jaram.defaults import Choice, complete
from jaram.doctor.finding import Finding
from jaram.doctor.preflight import preflight
from jaram.errors import UsageError
from jaram.recipe import Recipe
from jaram.runs import store
from jaram.runs.files import read_json
from jaram.runs.origins import origin_of
from jaram.training import engine
from jaram.training.group import Group, structure


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A recipe ready for training."""

    recipe: Recipe
    choices: tuple[Choice, ...]
    prepared: Prepared
    findings: tuple[Finding, ...]


def as_data(data: Any, resumed: Path | None = None) -> Data:
    """What was given as data, loaded; the file of a ``resumed`` run has the target it had."""
    if isinstance(data, Data):
        return data
    if data is None:
        raise UsageError("runs.no_data")
    from jaram.data.builtin import is_made_of_arrays
    from jaram.data.load import load

    if resumed is None or is_made_of_arrays(data):
        return load(data)
    with store.damage_told(resumed):
        recorded = read_json(resumed / "data.json")
        target, how = recorded["task"]["target_names"], recorded["summary"].get("how")
    return load(data, target) if how is None else load(data, **how)


def candidates_of(
    recipes: list[Recipe], data: Data, prepared: dict[PrepareOptions, Prepared] | None = None
) -> list[Candidate]:
    """Recipes completed and checked; recipes that prepare the data alike share the prepared
    data, which is kept in ``prepared`` for later calls."""
    prepared = {} if prepared is None else prepared
    checked: dict[Any, tuple[Finding, ...]] = {}
    candidates = []
    for recipe in recipes:
        options = prepare_options(recipe)
        if options not in prepared:
            prepared[options] = prepare(data, options)
        completed, choices = complete(recipe, prepared[options])
        engine.check_memory(Group((completed,), prepared[options]))
        shape = structure(completed)
        if shape not in checked:  # the checks read no knob but the learning rate's kind
            checked[shape] = preflight(completed, prepared[options], data)
        candidates.append(Candidate(completed, choices, prepared[options], checked[shape]))
    return candidates


def prepare_options(recipe: Recipe) -> PrepareOptions:
    """What the recipe says about the preparation of data.

    Raises RunError if the trained network that it begins with is not to be found.
    """
    origin = None if recipe.begin is None else origin_of(recipe.begin)
    keeps_head = (
        recipe.begin is not None
        and origin is not None
        and recipe.begin.layers >= len(origin.network)
    )
    return PrepareOptions(
        scale=recipe.scale,
        categories=recipe.categories,
        validation=recipe.validation,
        test=recipe.test,
        split_seed=recipe.split_seed,
        split=recipe.split,
        scale_target=recipe.scale_target,
        class_weight=recipe.class_weight,
        origin=origin,
        keeps_answers=keeps_head,
    )
